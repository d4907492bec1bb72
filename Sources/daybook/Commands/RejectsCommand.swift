import ArgumentParser
import Files
import Ingest
import Ledger

/// `daybook rejects`: messages that were refused, kept byte for byte.
struct RejectsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rejects",
    abstract: "Lists, shows and replays messages that were refused.",
    discussion: """
      EXAMPLES
        daybook rejects list --ledger shop
        daybook rejects list --ledger shop --reason time --format csv
        daybook rejects show 17 --ledger shop > message.json
        daybook rejects replay 17 18 --ledger shop --from repaired.ndjson
      """,
    subcommands: [RejectsListCommand.self, RejectsShowCommand.self, RejectsReplayCommand.self])
}

/// The columns of a reject in listings.
private enum RejectColumns {
  static let names = [
    "id", "origin", "position", "reason", "field", "rejected_at", "bytes", "detail", "closed_by",
  ]

  static func row(_ entry: RejectEntry) -> [ListValue] {
    [
      .integer(Int(entry.id)), .text(String(decoding: entry.origin, as: UTF8.self)),
      .integer(Int(entry.position)), .text(entry.reason),
      entry.field.isEmpty ? .null : .text(entry.field), .text(timeText(entry.rejectedAt)),
      .bytes(entry.byteCount), .text(entry.detail), entry.closedBy.map { .text($0) } ?? .null,
    ]
  }
}

struct RejectsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists refused messages, one a line.")

  @OptionGroup var ledger: LedgerOption
  @OptionGroup var list: ListOptions

  @Option(help: "Only this reason code.")
  var reason: String?

  @Option(help: "Only this origin.")
  var origin: String?

  @Flag(help: "Closed ones too: those a repaired message took the place of.")
  var all = false

  func run() throws {
    let reader = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    var filter = RejectFilter()
    filter.reason = reason
    filter.origin = origin.map { Array($0.utf8) }
    filter.includesClosed = all
    filter.limit = 10_000
    var isFirst = true
    // A page at a time: the list may be longer than memory.
    while true {
      let entries = try reader.rejects(filter)
      guard let last = entries.last else { break }
      var listing = Listing(columns: RejectColumns.names)
      for entry in entries { listing.add(RejectColumns.row(entry)) }
      listing.write(as: list.format, hasHeader: isFirst)
      isFirst = false
      filter.afterID = last.id
    }
    if isFirst && list.format != .ndjson {
      Listing(columns: RejectColumns.names).write(as: list.format)
    }
    Output.standardOutput.flush()
  }
}

struct RejectsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows refused messages: their bytes, or with --format one entry a line.")

  @OptionGroup var ledger: LedgerOption

  @Argument(help: "Numbers of rejects.")
  var ids: [Int64]

  @Option(help: "table, ndjson or csv: the entry with its message; without it, the bytes alone.")
  var format: ListFormat?

  func run() throws {
    let reader = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    var listing = Listing(columns: RejectColumns.names + ["message"])
    for id in ids {
      guard let entry = try reader.reject(id: id) else {
        throw CommandFailure(
          .failure, "there is no reject \(id) in \(ledger.ledger)",
          advice: "'daybook rejects list --all' shows their numbers.")
      }
      if format == nil {
        try reader.readReject(entry) { Output.standardOutput.write($0) }
        Output.standardOutput.write("\n")
        Talk.say("reject \(id): \(entry.reason), \(entry.detail)")
      } else {
        let message = String(decoding: try reader.rejectBytes(entry), as: UTF8.self)
        listing.add(RejectColumns.row(entry) + [.text(message)])
      }
    }
    if let format { listing.write(as: format) }
    Output.standardOutput.flush()
  }
}

struct RejectsReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Takes repaired messages and closes the rejects they take the place of.",
    discussion: """
      The rejects are closed only when every repaired message is recorded (or was there \
      before); otherwise they stay open and the new faults are listed beside them.
      """)

  @OptionGroup var ledger: LedgerOption
  @OptionGroup var talk: TalkOptions
  @OptionGroup var threads: ThreadOption

  @Argument(help: "Numbers of the rejects that the messages repair.")
  var ids: [Int64]

  @OptionGroup var decoding: DecodingOptions

  @Option(help: "A file of repaired messages, or '-' for standard input.")
  var from: String

  @Flag(help: "The messages are frames as 'dump --framed' writes them.")
  var framed = false

  func validate() throws {
    if ids.isEmpty { throw ValidationError("Name the rejects that the messages repair.") }
  }

  func run() throws {
    if from != "-" { _ = try SequentialFile(path: from) }
    var options = IntakeOptions()
    options.decoder = try decoding.options()
    options.isFramed = framed
    let pool = threads.pool()
    let writer = try Pipeline.openWriter(ledger.ledger, pool: pool)
    let reader = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    for id in ids where try reader.reject(id: id) == nil {
      try writer.close()
      throw CommandFailure(.failure, "there is no reject \(id) in \(ledger.ledger)")
    }
    let intake = Intake(writer: writer, pool: pool, clock: .system, options: options)
    let report = try intake.take(
      from == "-" ? SequentialFile.standardInput() : SequentialFile(path: from), origin: from)
    let isRepaired = report.rejectedCount == 0 && report.end == .whole
    if isRepaired { writer.closeRejects(ids, by: from) }
    try intake.commit()
    try writer.close()
    guard isRepaired else {
      throw CommandFailure(
        .rejected,
        "\(report.rejectedCount) repaired messages were refused again; the rejects stay open",
        advice: "'daybook rejects list --ledger \(ledger.ledger)' says what is still wrong.")
    }
    if !talk.isQuiet {
      Talk.say(
        "\(grouped(report.counts.accepted)) messages recorded, "
          + "\(grouped(report.counts.redelivered)) were there before, "
          + "\(grouped(ids.count)) rejects closed")
    }
  }
}
