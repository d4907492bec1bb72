import ArgumentParser
import Bytes
import Files
import Ingest
import Logging

/// How log lines look.
enum LogFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

/// Log lines on standard error: one an incident, for machines and people.
struct LogLines: LogHandler {
  let format: LogFormat
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  init(format: LogFormat) { self.format = format }

  func log(event: LogEvent) {
    var fields = [
      ("time", LogLines.text(ofTime: WallClock.system.now())), ("level", "\(event.level)"),
      ("message", "\(event.message)"),
    ]
    // Metadata has no order of its own, so the names give one.
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (name, value) in all.sorted(by: { $0.key < $1.key }) { fields.append((name, "\(value)")) }
    Talk.say(LogLines.line(fields, format))
  }

  /// One line without its end.
  static func line(_ fields: [(String, String)], _ format: LogFormat) -> String {
    switch format {
    case .json:
      return "{" + fields.map { jsonText($0.0) + ":" + jsonText($0.1) }.joined(separator: ",") + "}"
    case .text:
      return fields.map { name, value in
        let isPlain =
          !value.isEmpty
          && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3d && $0 != 0x7f }
        return name + "=" + (isPlain ? value : jsonText(value))
      }.joined(separator: " ")
    }
  }

  static func text(ofTime microseconds: Int64) -> String {
    var bytes: [UInt8] = []
    appendTime(microseconds, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Log lines from a level on.
  static func logger(_ format: LogFormat, level: Logger.Level) -> Logger {
    var logger = Logger(label: "daybook") { _ in LogLines(format: format) }
    logger.logLevel = level
    return logger
  }

  /// The same for a library's own lines: warnings and errors only.
  static func quiet(_ logger: Logger) -> Logger {
    var logger = logger
    logger.logLevel = max(.warning, logger.logLevel)
    return logger
  }

  /// What a subscriber says, as log lines.
  static func teller(_ logger: Logger) -> @Sendable (Incident) -> Void {
    { incident in
      var metadata = Logger.Metadata()
      for field in incident.fields { metadata[field.name] = .string(field.value) }
      let level: Logger.Level =
        switch incident.level {
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
      logger.log(level: level, "\(incident.message)", metadata: metadata)
    }
  }
}
