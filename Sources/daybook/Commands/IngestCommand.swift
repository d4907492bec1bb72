import ArgumentParser
import Bytes
import ConfigurationFiles
import Events
import Files
import Ingest
import Ledger
import Mappings
import Parquet

/// `daybook ingest`: events in, a ledger on disk.
struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Records events in a ledger, each exactly once.",
    discussion: """
      EXAMPLES
        daybook ingest --ledger shop events.ndjson
        daybook ingest --ledger shop 2026-*.ndjson.gz
        zcat dump.ndjson.gz | daybook ingest --ledger shop -
        daybook ingest --ledger shop --mapping otto train.jsonl

      Files hold one CloudEvents message a line; gzip and zstd are recognised. Other \
      people's files (CSV, TSV, JSON) come in through --mapping. What breaks a rule is \
      kept among the rejects: see 'daybook rejects'.
      """)

  enum RecordedAt: String, ExpressibleByArgument, CaseIterable { case event, clock }
  enum Codec: String, ExpressibleByArgument, CaseIterable { case zstd, gzip, none }

  @OptionGroup var ledger: LedgerOption
  @OptionGroup var talk: TalkOptions
  @OptionGroup var threads: ThreadOption

  @Argument(help: "Files to take in, in this order; '-' is standard input.")
  var inputs: [String]

  @Option(help: "A mapping: a YAML file, or the name of a shipped one.")
  var mapping: String?

  @OptionGroup var decoding: DecodingOptions

  @Flag(help: "Inputs are frames as 'dump --framed' writes them: a message may hold line feeds.")
  var framed = false

  @Option(help: "When the ledger learned of an event: with the event, or by the clock.")
  var recordedAt = RecordedAt.event

  @Option(help: "How segments are compressed.")
  var compression = Codec.zstd

  @Option(help: ArgumentHelp("Rows of a full segment.", visibility: .hidden))
  var segmentRows: Int?

  @Flag(help: "Exit with 3 when anything was rejected.")
  var strict = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  func validate() throws {
    if mapping != nil && decoding.decoder != nil {
      throw ValidationError("--mapping reads files of records, --decoder lines of messages: one.")
    }
    if mapping != nil && framed {
      throw ValidationError("--framed reads what dump wrote, --mapping files of records: one.")
    }
    if inputs.isEmpty { throw ValidationError("Name a file to take in, or '-'.") }
    if let segmentRows, !(1...(1 << 24)).contains(segmentRows) {
      throw ValidationError("--segment-rows must be between 1 and 16777216.")
    }
  }

  func run() throws {
    // Whatever can be wrong with the request is said before anything is made.
    var options = IntakeOptions()
    options.mapping = try mapping.map { try MappingChoice.load($0) }
    options.decoder = try decoding.options()
    options.isFramed = framed
    options.recordedAtPolicy = recordedAt == .clock ? .clock : .fromEvent
    for path in inputs where path != "-" { _ = try SequentialFile(path: path) }
    keepFreedMemory()
    let reports = try take(options)
    try tell(reports)
  }

  private func take(_ options: IntakeOptions) throws -> [InputReport] {
    let pool = threads.pool()
    let writer = try Pipeline.openWriter(
      ledger.ledger, pool: pool, compression: compression, segmentRows: segmentRows)
    Interruption.watch()
    let intake = Intake(writer: writer, pool: pool, clock: .system, options: options)
    intake.isInterrupted = { Interruption.isAsked }
    var reports: [InputReport] = []
    do {
      for path in inputs {
        let progress = Progress(path == "-" ? "ingest" : lastComponent(path), isQuiet: talk.isQuiet)
        let total = path == "-" ? nil : plainByteCount(path)
        intake.onProgress = { done, counts in
          progress.update(
            done: done, total: total, note: "\(grouped(counts.accepted)) events")
        }
        reports.append(
          path == "-"
            ? try intake.take(SequentialFile.standardInput(), origin: "-")
            : try intake.take(file: path))
        progress.finish()
      }
      try intake.commit()
    } catch IntakeError.interrupted {
      try writer.close()
      throw CommandFailure(
        .interrupted, "interrupted; the ledger is clean and holds what was committed",
        advice: "Run the same command again: what is there already is not taken twice.")
    }
    try writer.close()
    return reports
  }

  /// The size to measure progress by; nil when decompression makes it another.
  private func plainByteCount(_ path: String) -> Int? {
    for ending in [".gz", ".zst"] where path.hasSuffix(ending) { return nil }
    return (try? SequentialFile(path: path))?.byteCount ?? nil
  }

  private func tell(_ reports: [InputReport]) throws {
    var total = AppendCounts()
    for report in reports { total += report.counts }
    let rejected = total.rejected + total.conflicts
    if json {
      Output.standardOutput.write(IngestText.json(reports, total) + "\n")
      Output.standardOutput.flush()
    }
    for report in reports { tell(report) }
    if !json && !talk.isQuiet { Talk.say(IngestText.summary(reports, total, ledger.ledger)) }
    if reports.contains(where: { if case .cutOff = $0.end { true } else { false } }) {
      throw ExitCode(ExitStatus.failure.rawValue)
    }
    if strict && rejected > 0 { throw ExitCode(ExitStatus.rejected.rawValue) }
  }

  private func tell(_ report: InputReport) {
    switch report.end {
    case .whole: break
    case .alreadyTaken(let origin):
      if talk.isQuiet { return }
      Talk.say(
        "\(report.origin): this content is already in the ledger (as \(origin)); nothing to do")
    case .cutOff(let how):
      Talk.say("\(report.origin): \(how); what was whole before it is recorded")
    }
  }
}

/// The last component of a path.
func lastComponent(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}
