import ArgumentParser
import Files
import Ingest
import Ledger
import MessageSources

/// `daybook replay`: recorded messages back into a broker.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Publishes recorded messages again, byte for byte and in ledger order.",
    discussion: """
      EXAMPLES
        daybook replay --ledger shop --to file:bus
        daybook replay --ledger shop --to - --topic order.created
        daybook replay --ledger shop --to nats://127.0.0.1:4222 --since 2026-03-01
        daybook replay --ledger shop --to file:bus --speed 60x --state replay.state

      Messages go on the subject that is their topic, or on --subject. With --state the \
      command goes on where it was when it is run again. It refuses to publish into the \
      stream that messages came from, unless told twice: --into-its-own-origin --yes.
      """)

  @OptionGroup var ledger: LedgerOption
  @OptionGroup var talk: TalkOptions

  @Option(help: "Where to: \(ReplayCommand.forms), or '-' for standard output.")
  var to: String

  @Option(help: "full, original, or a multiple of it such as 10x.")
  var speed = SpeedArgument(speed: .full)

  @Option(help: "The subject of all messages; each one's topic by default.")
  var subject: String?

  @OptionGroup var range: RangeOptions

  @Option(help: "A file that remembers how far it came.")
  var state: String?

  @Flag(help: "Publish even into the stream that messages came from.")
  var intoItsOwnOrigin = false

  @Flag(help: "Yes, really.")
  var yes = false

  private static var forms: String {
    StreamSchemes.all.filter { $0.makeSink != nil }.map(\.form).joined(separator: ", ")
  }

  func validate() throws {
    if intoItsOwnOrigin != yes {
      throw ValidationError("--into-its-own-origin and --yes belong together.")
    }
  }

  func run() throws {
    let reader = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    var options = ReplayOptions()
    options.filter = range.filter(
      resumed: try state.flatMap { try ReplayState.read($0) })
    options.speed = speed.speed
    options.subject = subject.map { Array($0.utf8) }
    options.mayReturnToOrigin = intoItsOwnOrigin && yes
    let sink: any MessageSink = to == "-" ? StandardOutputSink() : try StreamSchemes.sink(to)
    try sink.open()
    defer { sink.close() }
    Interruption.watch()
    let replay = Replay(reader, to: sink, options: options, steady: .system)
    replay.isInterrupted = { Interruption.isAsked }
    let progress = Progress("replay", isQuiet: talk.isQuiet)
    let total = try reader.snapshot().rowCount
    var next = options.filter.offsets.lowerBound
    replay.onProgress = { [state] report in
      next = report.nextOffset
      if let state { try ReplayState.write(next, to: state) }
      progress.update(share: Int(min(next, Int64(total))), of: total)
    }
    do {
      let report = try replay.run()
      progress.finish()
      try tell(report)
    } catch let error as ReplayError {
      throw CommandFailure(
        .usage, error.description,
        advice: "To do it all the same, add --into-its-own-origin --yes.")
    } catch let error as SourceError {
      progress.finish()
      throw CommandFailure(
        .tryAgain, error.description,
        advice: "All before ledger offset \(next) is published; go on with --first-offset \(next).")
    }
  }

  private func tell(_ report: ReplayReport) throws {
    if !talk.isQuiet {
      Talk.say(
        "\(grouped(report.messageCount)) messages (\(byteText(report.byteCount))) published to "
          + to)
    }
    if report.wasInterrupted {
      throw CommandFailure(
        .interrupted, "interrupted; all before ledger offset \(report.nextOffset) is published",
        advice: state == nil
          ? "Go on with --first-offset \(report.nextOffset)." : "Run the same command again.")
    }
  }
}

/// A speed given on the command line.
struct SpeedArgument: ExpressibleByArgument {
  let speed: ReplayOptions.Speed

  init(speed: ReplayOptions.Speed) { self.speed = speed }

  init?(argument: String) {
    if argument == "full" {
      speed = .full
    } else if argument == "original" {
      speed = .times(1)
    } else if argument.hasSuffix("x"), let factor = Double(argument.dropLast()), factor > 0,
      factor.isFinite
    {
      speed = .times(factor)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { "full" }
}

/// Messages as lines on standard output.
private final class StandardOutputSink: MessageSink {
  var name: String { "-" }
  func publishesInto(origin: [UInt8]) -> Bool? { false }
  func open() throws {}

  /// - Shape: a line feed follows each message in a batch's text already.
  func publish(_ batch: MessageBatch) throws {
    batch.text.withUnsafeBytes { Output.standardOutput.write($0) }
  }

  func flush() throws { Output.standardOutput.flush() }
  func close() {}
}

/// The file of a replay that remembers how far it came.
private enum ReplayState {
  private static let prefix = "next_offset "

  /// Nil when there is no such file yet.
  static func read(_ path: String) throws -> Int64? {
    guard Pipeline.files.exists(path) else { return nil }
    let text = String(decoding: try readFile(path), as: UTF8.self)
    let line = text.split(separator: "\n").first ?? ""
    guard line.hasPrefix(prefix), let offset = Int64(line.dropFirst(prefix.count)), offset >= 0
    else {
      throw CommandFailure(
        .usage, "\(path) is no state of a replay", advice: "Remove it to begin anew.")
    }
    return offset
  }

  static func write(_ offset: Int64, to path: String) throws {
    let part = path + ".part"
    if Pipeline.files.exists(part) { try Pipeline.files.remove(part) }
    let file = try Pipeline.files.create(part)
    try Array("\(prefix)\(offset)\n".utf8).withUnsafeBytes { (bytes) throws in
      try file.write(bytes)
    }
    try file.synchronize()
    try file.close()
    try Pipeline.files.rename(part, to: path)
  }
}
