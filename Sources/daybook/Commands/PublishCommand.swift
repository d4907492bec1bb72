import ArgumentParser
import EmbeddedBus
import Files
import Ingest
import MessageSources

/// `daybook publish`: lines of files or standard input as messages on an embedded bus.
struct PublishCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Publishes lines as messages on an embedded bus: durable topics in a folder.",
    discussion: """
      EXAMPLES
        daybook publish --bus bus events.ndjson
        tail -F shop.ndjson | daybook publish --bus bus -
        echo '{"mail":1}' | daybook publish --bus bus --subject mail.requested -

      The folder is made when it is not there. Every line is one message; its subject is \
      --subject, else its "type", else "untyped". What is said to be published is on the disk. \
      Several processes may publish at once. Lines that were being published when a process was \
      killed are there as a whole batch or not at all.
      """)

  @Option(help: "The bus's folder.")
  var bus: String

  @Option(help: "The subject of all messages: words between dots.")
  var subject: String?

  @Flag(help: "Messages end with a zero byte instead of a line feed, as 'bus read --null' writes.")
  var null = false

  @OptionGroup var talk: TalkOptions

  @Argument(help: "Files of one message a line; '-' is standard input.")
  var inputs: [String] = ["-"]

  func validate() throws {
    if let subject, !Subject.isValid(Array(subject.utf8)) {
      throw ValidationError(
        "'\(subject)' is no subject: words between dots, without blanks, '*' and '>'.")
    }
  }

  func run() throws {
    for path in inputs where path != "-" { _ = try SequentialFile(path: path) }
    var random = SystemRandomNumberGenerator()
    let bus = try EmbeddedBus.open(
      directory: StreamSchemes.wholePath(bus), files: Pipeline.files, clock: .system,
      random: &random, makesNew: true)
    defer { bus.close() }
    Interruption.watch()
    var publisher = LinePublisher(
      bus: bus, subject: subject.map { Array($0.utf8) }, end: null ? 0 : 0x0a)
    for path in inputs {
      let file = path == "-" ? SequentialFile.standardInput() : try SequentialFile(path: path)
      try publisher.publish(decompressed(file))
      if Interruption.isAsked { break }
    }
    try bus.prune()
    if !talk.isQuiet {
      let count = publisher.messageCount
      Talk.say(
        count == 0
          ? "nothing to publish"
          : "published \(grouped(count)) messages on \(self.bus), up to position "
            + "\(grouped(Int(publisher.lastPosition)))")
    }
    if Interruption.isAsked {
      throw CommandFailure(.interrupted, "interrupted; what was published stays")
    }
  }
}

/// Cuts an input into lines and publishes what is there at once as one batch.
struct LinePublisher {
  private let bus: EmbeddedBus
  private let subject: [UInt8]?
  /// What ends a message: a line feed or a zero.
  private let end: UInt8
  private(set) var messageCount = 0
  private(set) var lastPosition: Int64 = 0
  private var batch = MessageBatch()
  /// Bytes after the last end.
  private var rest: [UInt8] = []

  init(bus: EmbeddedBus, subject: [UInt8]?, end: UInt8 = 0x0a) {
    self.bus = bus
    self.subject = subject
    self.end = end
  }

  /// Publishes every line of an input; a read's lines are on the disk before the next read waits.
  mutating func publish(_ input: any ByteInput) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while !Interruption.isAsked {
      let got = try buffer.withUnsafeMutableBytes { try input.read(into: $0) }
      if got == 0 { break }
      buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
      if rest.count > Limits.messageByteCount {
        throw CommandFailure(.failure, "a message has more than 8 MiB; nothing of it is published")
      }
      try flush()
    }
    if !rest.isEmpty {
      let line = rest
      rest = []
      line.withUnsafeBytes { append($0) }
    }
    try flush()
  }

  private mutating func take(_ bytes: UnsafeRawBufferPointer) {
    var start = 0
    while let stop = bytes[start...].firstIndex(of: end) {
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<stop])
      if rest.isEmpty {
        append(line)
      } else {
        rest += line
        let whole = rest
        rest.removeAll(keepingCapacity: true)
        whole.withUnsafeBytes { append($0) }
      }
      start = stop + 1
    }
    rest += bytes[start...]
  }

  private mutating func append(_ line: UnsafeRawBufferPointer) {
    let hasReturn = end == 0x0a && line.last == 0x0d
    let line = hasReturn ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0a }) { return }
    let found = subject ?? TypeField.find(line).map { Array($0) }
    let name = found.flatMap { Subject.isValid($0) ? $0 : nil } ?? Subject.untyped
    let code = batch.code(forSubject: name)
    batch.beginPart(origin: [])
    batch.append(
      line, position: Int64(batch.count), recordedAt: MessageBatch.noTime, subjectCode: code)
  }

  private mutating func flush() throws {
    if let positions = try bus.publish(batch) {
      messageCount += batch.count
      lastPosition = positions.upperBound
    }
    batch.removeAll()
  }
}
