import ArgumentParser
import Bytes
import Ledger
import Sequences

/// The rows' format.
enum RowFormat: String, ExpressibleByArgument, CaseIterable { case ndjson, csv, parquet }

/// What `sequences` and `sessions` share: ledger, options, filters and outputs.
struct RowOptions: ParsableArguments {
  @OptionGroup var ledger: LedgerOption
  @OptionGroup var talk: TalkOptions
  @OptionGroup var threads: ThreadOption
  @OptionGroup var contract: ContractOptions

  @Option(help: "Only rows that start at or after this time.")
  var since: TimeArgument?

  @Option(help: "Only rows that start before this time.")
  var until: TimeArgument?

  @Option(help: "Only this actor: c:<customer> or v:<visitor>.")
  var actor: String?

  @Option(help: "ndjson, csv or parquet; by default what each --output ends in, else ndjson.")
  var format: RowFormat?

  @Option(name: .shortAndLong, help: "A file to write; may be given several times.")
  var output: [String] = []

  @Option(help: "Memory to stay within; what does not fit goes to disk.")
  var memory = SizeArgument(byteCount: 512 << 20)

  @Flag(
    help: "Print the counts as JSON: on standard output, or on standard error when rows go there.")
  var json = false

  func validate() throws {
    if memory.byteCount < 64 << 20 {
      throw ValidationError("--memory must be at least 64MiB.")
    }
    for path in output where format == nil && formatByName(path) == nil {
      throw ValidationError("\(path) ends in none of .ndjson, .csv, .parquet: say --format.")
    }
  }

  func filter() -> SequenceFilter {
    var filter = SequenceFilter()
    filter.actor = actor.map { Array($0.utf8) }
    filter.since = since?.microseconds
    filter.until = until?.microseconds
    return filter
  }

  /// The outputs by path, nil for standard output.
  var targets: [(path: String?, format: RowFormat)] {
    if output.isEmpty { return [(nil, format ?? .ndjson)] }
    return output.map { ($0, format ?? formatByName($0) ?? .ndjson) }
  }

  private func formatByName(_ path: String) -> RowFormat? {
    let endings: [(String, RowFormat)] = [
      (".ndjson", .ndjson), (".jsonl", .ndjson), (".csv", .csv), (".parquet", .parquet),
    ]
    return endings.first { path.hasSuffix($0.0) }?.1
  }

  /// Opens ledger and targets, computes, and gives the files their names when all went well.
  func run(
    _ title: String,
    _ compute: (LedgerSnapshot, [(OutputTarget, RowFormat)], SequenceResources) throws ->
      SequenceCounts
  ) throws -> SequenceCounts {
    keepFreedMemory()
    let reader = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    let outputs = try targets.map { (try OutputTarget(path: $0.path), $0.format) }
    var resources = Pipeline.resources(threads.pool(), memoryByteLimit: memory.byteCount)
    let progress = StageProgress(title, isQuiet: talk.isQuiet)
    resources.report = { progress.update($0) }
    do {
      let counts = try compute(try reader.snapshot(), outputs, resources)
      progress.finish()
      for (target, _) in outputs { try target.finish() }
      return counts
    } catch {
      progress.finish()
      for (target, _) in outputs { target.abandon() }
      throw error
    }
  }

  func tell(_ json: String, _ text: String) {
    if self.json {
      if output.isEmpty { return Talk.say(json) }
      Output.standardOutput.write(json + "\n")
      Output.standardOutput.flush()
    } else if !talk.isQuiet {
      Talk.say(text)
    }
  }
}

/// `daybook sequences`: who looked, filled a cart, abandoned, bought, was refunded.
struct SequencesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sequences",
    abstract: "Rebuilds each actor's paths from first interest to an outcome.",
    discussion: """
      EXAMPLES
        daybook sequences --ledger shop > sequences.ndjson
        daybook sequences --ledger shop --output all.parquet --output all.csv
        daybook sequences --ledger shop --format csv --steps > steps.csv
        daybook sequences --ledger shop --outcome abandoned --level checkout
        daybook sequences --ledger shop --as-of 2026-03-15 --options options.yaml
        daybook sequences --ledger shop --keep kept --output all.ndjson
      """)

  @OptionGroup var rows: RowOptions

  @Option(help: "Only this outcome: purchased, abandoned or open; may be given several times.")
  var outcome: [OutcomeArgument] = []

  @Option(help: "Only this level: browse, cart, checkout or payment; may be given several times.")
  var level: [LevelArgument] = []

  @Flag(help: "CSV with one line a step instead of one line a sequence.")
  var steps = false

  @Option(
    help: """
      A folder that keeps the rows: made when it is missing, else brought up to date, at a cost \
      that follows what is new.
      """)
  var keep: String?

  @Flag(help: "Bring the folder of --keep up to date and write no rows.")
  var onlyKeep = false

  func validate() throws {
    if onlyKeep && (keep == nil || !rows.output.isEmpty) {
      throw ValidationError("--only-keep goes with --keep, and without --output.")
    }
    if keep != nil && rows.targets.contains(where: { $0.format == .parquet }) {
      throw ValidationError(
        "--keep keeps lines of NDJSON and CSV, which Parquet has none of: leave one out.")
    }
    if keep != nil && rows.contract.asOf != nil { throw SequencesCommand.keepsNoPast }
    if steps && !rows.targets.contains(where: { $0.format == .csv }) {
      throw ValidationError(
        "--steps shapes CSV: say --format csv, or an --output that ends in .csv.")
    }
  }

  func run() throws {
    let options = try rows.contract.sequenceOptions()
    var filter = rows.filter()
    filter.outcomes = outcome.map(\.outcome)
    filter.levels = level.map(\.level)
    if let keep { return try runKept(keep, options, filter) }
    let counts = try rows.run("sequences") { snapshot, targets, resources in
      try computeSequences(
        of: snapshot.runs, options: options, filter: filter,
        outputs: targets.map { target, format in
          SequenceOutput(sequenceFormat(format), to: { try target.write($0) })
        }, resources: resources)
    }
    rows.tell(SequencesText.json(counts), SequencesText.summary(counts))
  }

  private static let keepsNoPast = ValidationError(
    "--keep keeps what the ledger tells now; of another moment (as-of) compute without it.")

  private func runKept(
    _ folder: String, _ options: SequenceOptions, _ filter: SequenceFilter
  ) throws {
    guard options.asOf == nil else {
      throw CommandFailure(.usage, SequencesCommand.keepsNoPast.message)
    }
    let ledger = try LedgerReader.open(directory: rows.ledger.ledger, files: Pipeline.files)
    var report = KeptReport()
    let counts = try rows.run("sequences") { snapshot, targets, resources in
      let kept = try KeptSequences(
        in: folder, ledger: ledger.identity.id, program: Daybook.version, runs: snapshot.runs,
        options: options, formats: targets.map { sequenceFormat($0.1) }, resources: resources)
      report = kept.report
      if let why = report.rebuilt { Talk.say("daybook: \(folder) is made anew: \(why)") }
      if onlyKeep { return SequenceCounts() }
      return try kept.write(
        to: targets.map { target, format in
          SequenceOutput(sequenceFormat(format), to: { try target.write($0) })
        }, filter: filter)
    }
    if onlyKeep {
      // No rows go to standard output, so the report may.
      if rows.json {
        Output.standardOutput.write(SequencesText.json(report) + "\n")
        Output.standardOutput.flush()
      } else if !rows.talk.isQuiet {
        Talk.say(SequencesText.summary(report))
      }
    } else {
      if !rows.talk.isQuiet && !rows.json { Talk.say(SequencesText.summary(report)) }
      rows.tell(SequencesText.json(counts), SequencesText.summary(counts))
    }
  }

  private func sequenceFormat(_ format: RowFormat) -> SequenceOutput.Format {
    switch format {
    case .ndjson: .ndjson
    case .csv: steps ? .stepsCSV : .csv
    case .parquet: .parquet
    }
  }
}

/// `daybook sessions`: visits, cut by silence.
struct SessionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions",
    abstract: "Lists each actor's sessions: human events without a long silence.",
    discussion: """
      EXAMPLES
        daybook sessions --ledger shop --format csv
        daybook sessions --ledger shop --output sessions.parquet --since 2026-03-01
      """)

  @OptionGroup var rows: RowOptions

  func run() throws {
    let options = try rows.contract.sequenceOptions()
    let filter = rows.filter()
    let counts = try rows.run("sessions") { snapshot, targets, resources in
      try computeSessions(
        of: snapshot.runs, options: options, filter: filter,
        outputs: targets.map { target, format in
          SessionOutput(sessionFormat(format), to: { try target.write($0) })
        }, resources: resources)
    }
    rows.tell(
      JSONText.object([
        ("rows", "\(counts.rows)"), ("accepted", "\(counts.accepted)"),
        ("unattributed", "\(counts.unattributed)"),
      ]),
      "\(grouped(counts.rows)) sessions from \(grouped(counts.accepted)) events")
  }

  private func sessionFormat(_ format: RowFormat) -> SessionOutput.Format {
    switch format {
    case .ndjson: .ndjson
    case .csv: .csv
    case .parquet: .parquet
    }
  }
}

/// An outcome by its name in the contract.
struct OutcomeArgument: ExpressibleByArgument {
  let outcome: Outcome

  init?(argument: String) {
    guard let outcome = Outcome.allCases.first(where: { "\($0.name)" == argument }) else {
      return nil
    }
    self.outcome = outcome
  }

  static var allValueStrings: [String] { Outcome.allCases.map { "\($0.name)" } }
}

/// A level by its name in the contract.
struct LevelArgument: ExpressibleByArgument {
  let level: Level

  init?(argument: String) {
    guard let level = Level.allCases.first(where: { "\($0.name)" == argument }) else { return nil }
    self.level = level
  }

  static var allValueStrings: [String] { Level.allCases.map { "\($0.name)" } }
}
