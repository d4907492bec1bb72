import ArgumentParser
import EmbeddedBus
import Files
import MessageSources

/// `daybook bus`: what is on an embedded bus, and who reads it.
struct BusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bus",
    abstract: "Looks after an embedded bus: subjects, subscribers, retention.",
    discussion: """
      EXAMPLES
        daybook bus list --bus bus
        daybook bus add mail --bus bus --filter 'order.*'
        daybook bus read --bus bus --subscriber mail --follow | ./send-mails.sh
        daybook bus retain --bus bus --age 30d
        daybook bus prune --bus bus
      """,
    subcommands: [
      BusListCommand.self, BusAddCommand.self, BusRemoveCommand.self, BusSeekCommand.self,
      BusReadCommand.self, BusRetainCommand.self, BusPruneCommand.self,
    ])
}

/// Which bus.
struct BusOption: ParsableArguments {
  @Option(help: "The bus's folder.")
  var bus: String

  /// Opens a bus that is there.
  func open() throws -> EmbeddedBus {
    var random = SystemRandomNumberGenerator()
    return try EmbeddedBus.open(
      directory: StreamSchemes.wholePath(bus), files: Pipeline.files, clock: .system,
      random: &random, makesNew: false)
  }
}

/// An action on a bus that is there: opens it, acts, closes it.
protocol BusAction: ParsableCommand {
  var bus: BusOption { get }
  func act(on bus: EmbeddedBus) throws
}

extension BusAction {
  func run() throws {
    let bus = try bus.open()
    defer { bus.close() }
    try act(on: bus)
  }
}

/// A filter given on the command line.
extension SubjectFilter: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public var defaultValueDescription: String { description }
}

/// Where a subscriber begins or goes on: `start`, `end`, a position, or a time.
enum BusPlace: ExpressibleByArgument {
  case start, end
  case position(Int64)
  case time(Int64)

  init?(argument: String) {
    if argument == "start" {
      self = .start
    } else if argument == "end" {
      self = .end
    } else if let position = Int64(argument), position >= 0 {
      self = .position(position)
    } else if let time = TimeArgument(argument: argument) {
      self = .time(time.microseconds)
    } else {
      return nil
    }
  }

  /// The position behind which to read.
  func position(in bus: EmbeddedBus) throws -> Int64 {
    switch self {
    case .start: 0
    case .end: try bus.lastPosition()
    case .position(let position): position
    case .time(let time): try bus.position(before: time)
    }
  }
}

private func unknownSubscriber(_ name: String, _ bus: EmbeddedBus) throws -> CommandFailure {
  let names = try bus.subscribers().map(\.name)
  return CommandFailure(
    .failure, "the bus has no subscriber '\(name)'",
    advice: names.isEmpty ? "It has none." : "It has: \(names.joined(separator: ", ")).")
}

struct BusListCommand: BusAction {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists subscribers with their backlogs, and subjects.")

  enum What: String, ExpressibleByArgument, CaseIterable { case all, subscribers, subjects }

  @OptionGroup var bus: BusOption
  @OptionGroup var list: ListOptions

  @Option(help: "all, subscribers or subjects.")
  var what = What.all

  func act(on bus: EmbeddedBus) throws {
    if what != .subjects { try subscribers(bus).write(as: list.format) }
    if what == .all { Output.standardOutput.write("\n") }
    if what != .subscribers { try subjects(bus).write(as: list.format) }
    if what == .all, list.format == .table {
      let counts = try bus.counts()
      Output.standardOutput.write(
        "\n\(grouped(Int(counts.messageCount))) messages, \(byteText(Int(counts.byteCount))), "
          + "positions \(counts.prunedThrough + 1) to \(counts.lastPosition)\n")
    }
    Output.standardOutput.flush()
  }

  private func subscribers(_ bus: EmbeddedBus) throws -> Listing {
    var listing = Listing(
      columns: ["subscriber", "filter", "position", "backlog", "oldest_waiting", "seen"])
    for subscriber in try bus.subscribers() {
      listing.add([
        .text(subscriber.name), .text(subscriber.filter.description),
        .integer(Int(subscriber.position)), .integer(Int(subscriber.backlogCount)),
        subscriber.oldestWaitingAt.map { .text(LogLines.text(ofTime: $0)) } ?? .null,
        .text(LogLines.text(ofTime: subscriber.seenAt)),
      ])
    }
    return listing
  }

  private func subjects(_ bus: EmbeddedBus) throws -> Listing {
    var listing = Listing(columns: ["subject", "messages"])
    for count in try bus.subjectCounts() {
      listing.add([
        .text(String(decoding: count.subject, as: UTF8.self)), .integer(Int(count.messageCount)),
      ])
    }
    return listing
  }
}

struct BusAddCommand: BusAction {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Makes a durable subscriber; the others notice nothing.")

  @Argument(help: "Its name.")
  var name: String

  @OptionGroup var bus: BusOption

  @Option(help: "Which subjects: '*' stands for one word, '>' at the end for the rest.")
  var filter = SubjectFilter.all

  @Option(help: "Where it begins: start, end, a position, or a time.")
  var from: BusPlace = .start

  func act(on bus: EmbeddedBus) throws {
    let position = try from.position(in: bus)
    guard try bus.addSubscriber(name, filter: filter, position: position) else {
      throw CommandFailure(
        .failure, "there is a subscriber '\(name)' already",
        advice: "'daybook bus seek' moves it, 'daybook bus remove' forgets it.")
    }
    Talk.say("\(name) reads \(filter) behind position \(position)")
  }
}

struct BusRemoveCommand: BusAction {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Forgets a subscriber; messages stay.")

  @Argument(help: "Its name.")
  var name: String

  @OptionGroup var bus: BusOption

  func act(on bus: EmbeddedBus) throws {
    guard try bus.removeSubscriber(name) else { throw try unknownSubscriber(name, bus) }
    Talk.say("\(name) is forgotten")
  }
}

struct BusSeekCommand: BusAction {
  static let configuration = CommandConfiguration(
    commandName: "seek", abstract: "Moves a subscriber, forward or back, to read again.")

  @Argument(help: "Its name.")
  var name: String

  @OptionGroup var bus: BusOption

  @Option(help: "Where it goes on: start, end, a position, or a time.")
  var to: BusPlace

  func act(on bus: EmbeddedBus) throws {
    let position = try to.position(in: bus)
    guard try bus.setSubscriber(name, position: position) else {
      throw try unknownSubscriber(name, bus)
    }
    Talk.say("\(name) goes on behind position \(position)")
  }
}

struct BusReadCommand: BusAction {
  static let configuration = CommandConfiguration(
    commandName: "read",
    abstract: "Prints a subscriber's messages, one a line, and confirms them.",
    discussion: """
      EXAMPLES
        daybook bus read --bus bus --subscriber mail --follow | ./send-mails.sh
        daybook bus read --bus bus --subscriber stock --count 10 --peek

      A message is confirmed when it was written to standard output: a reader that dies may see \
      the last batch again, and loses nothing. A line feed inside a message is printed as a blank; \
      --null keeps every byte and ends messages with a zero instead.
      """)

  @OptionGroup var bus: BusOption

  @Option(help: "The subscriber's name; see 'daybook bus add'.")
  var subscriber: String

  @Option(help: "The most messages to print.")
  var count: Int?

  @Flag(help: "Wait for more, until interrupted.")
  var follow = false

  @Flag(help: "Print, but confirm nothing.")
  var peek = false

  @Flag(help: "End messages with a zero byte instead of a line feed.")
  var null = false

  func act(on bus: EmbeddedBus) throws {
    guard let known = try bus.subscriber(subscriber) else {
      throw try unknownSubscriber(subscriber, bus)
    }
    Interruption.watch()
    let source = BusSource(
      BusSubscription(
        directory: bus.directory, subscriber: subscriber, filter: known.filter, follows: follow),
      files: Pipeline.files, clock: .system)
    try source.open(
      resumeAfter: CommittedPositions([
        SourcePosition(origin: bus.origin, position: known.position, detail: bus.directory)
      ]))
    defer { source.close() }
    var left = count ?? Int.max
    var batch = MessageBatch()
    while left > 0, !Interruption.isAsked {
      batch.removeAll()
      let limit = PullLimit(messageCount: min(left, 1000), byteCount: 4 << 20)
      switch try source.pull(into: &batch, limit: limit, wait: .milliseconds(250)) {
      case .ended: return
      case .notice(let notice): Talk.say("daybook: \(notice.text)")
      case .idle: continue
      case .messages:
        left -= batch.count
        write(batch)
        if !peek, !source.acknowledge(batch.endPositions) {
          throw CommandFailure(.tryAgain, "the messages printed last could not be confirmed")
        }
      }
    }
  }

  private func write(_ batch: MessageBatch) {
    for row in 0..<batch.count {
      var message = Array(batch.message(row))
      if null {
        message.append(0)
      } else {
        for index in message.indices where message[index] == 0x0a || message[index] == 0x0d {
          message[index] = 0x20
        }
        message.append(0x0a)
      }
      message.withUnsafeBytes { Output.standardOutput.write($0) }
    }
    Output.standardOutput.flush()
  }
}

/// How much to keep.
struct RetentionOptions: ParsableArguments {
  @Option(help: "Remove messages older than this, for instance 30d.")
  var age: DelayArgument?

  @Option(help: "Remove the oldest messages beyond so many bytes, for instance 2GiB.")
  var bytes: SizeArgument?

  @Option(help: "Remove the oldest messages beyond so many.")
  var messages: Int64?

  var value: BusRetention {
    BusRetention(
      seconds: age.map { $0.microseconds / 1_000_000 },
      byteCount: bytes.map { Int64($0.byteCount) }, messageCount: messages)
  }
}

struct BusRetainCommand: BusAction {
  static let configuration = CommandConfiguration(
    commandName: "retain",
    abstract: "Says how much publishers leave on the bus; without options: everything.")

  @OptionGroup var bus: BusOption
  @OptionGroup var keep: RetentionOptions

  func act(on bus: EmbeddedBus) throws {
    try bus.setRetention(keep.value)
    Talk.say(
      keep.value.keepsAll
        ? "the bus keeps everything"
        : "publishers remove what is older or more, but nothing that a subscriber still needs")
  }
}

struct BusPruneCommand: BusAction {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Removes old messages now, by the bus's retention or by these options.")

  @OptionGroup var bus: BusOption
  @OptionGroup var keep: RetentionOptions

  @Flag(help: "Remove also what a subscriber has not read yet.")
  var evenUnread = false

  func act(on bus: EmbeddedBus) throws {
    let pruned = try bus.prune(keep.value.keepsAll ? nil : keep.value, evenUnread: evenUnread)
    Talk.say("\(grouped(Int(pruned.removedCount))) messages removed")
    if !pruned.heldBackBy.isEmpty {
      let names = pruned.heldBackBy.joined(separator: ", ")
      Talk.say("more would go, but is still needed by: \(names)")
    }
  }
}
