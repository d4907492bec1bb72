import ArgumentParser
import ConfigurationFiles
import Datasets
import Files
import Ingest
import Ledger
import Mappings
import Sequences

/// `daybook nightly`: everything a night has to do.
struct NightlyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nightly",
    abstract: "Takes in what is new and builds every dataset for each day that is missing.",
    discussion: """
      EXAMPLES
        daybook nightly shop.yaml
        daybook nightly shop.yaml --date 2026-03-31
        daybook nightly shop.yaml --json

      Takes files in, catches up with the streams of a subscriber's configuration until they \
      are idle, merges small segments, writes the sequences anew when there are new events, \
      builds each recipe for each whole day without a version (a missed week day by day), and \
      removes versions beyond retention. Run it again after any failure: what is done is not \
      done twice. Exits with 0 when all went well, 1 when a part failed, 2 when a file is \
      wrong, 3 when a dataset leaks, 5 when somebody else is at work: the highest of these.
      """)

  @Argument(help: "The night's file: YAML or JSON.")
  var file: String

  @Option(help: "The last day to build (a date), instead of yesterday in UTC.")
  var date: TimeArgument?

  @OptionGroup var talk: TalkOptions
  @OptionGroup var threads: ThreadOption

  @Option(help: "Memory to stay within; what does not fit goes to disk.")
  var memory = SizeArgument(byteCount: 512 << 20)

  @Flag(help: "Print the summary as JSON.")
  var json = false

  func run() throws {
    let started = monotonicSeconds()
    let settings = try NightlyConfiguration(parsing: try readFile(file), file: file)
    let today = dayNumber(WallClock.system.now())
    let lastDay = date.map { dayNumber($0.microseconds) } ?? today - 1
    var done: [NightlyEntry] = []
    done += intake(settings)
    if let sequences = settings.sequences { done += export(sequences, settings) }
    for path in settings.recipes { done += build(path, settings, lastDay) }
    for path in settings.recipes { done += prune(path, settings, lastDay) }
    let report = NightlyReport(
      lastDay: lastDay, seconds: monotonicSeconds() - started, done: done)
    for line in report.lines(isQuiet: talk.isQuiet) { Talk.say(line) }
    if json {
      Output.standardOutput.write(report.json + "\n")
      Output.standardOutput.flush()
    }
    if report.code != 0 { throw ExitCode(report.code) }
  }

  private func takeIn(_ settings: NightlyConfiguration) throws -> NightlyEntry {
    let pool = threads.pool()
    let writer = try Pipeline.openWriter(settings.ledger, pool: pool)
    var counts = AppendCounts()
    var fileCount = 0
    for source in settings.sources {
      var options = IntakeOptions()
      options.mapping = try source.mapping.map { try MappingChoice.load($0) }
      let intake = Intake(writer: writer, pool: pool, clock: .system, options: options)
      for name in try Pipeline.files.list(source.folder) where name.hasSuffix(source.ending) {
        counts += try intake.take(file: "\(source.folder)/\(name)").counts
        fileCount += 1
      }
      try intake.commit()
    }
    try writer.close()
    let rejected = counts.rejected + counts.conflicts
    return NightlyEntry(
      "sources", outcome: "ok",
      detail: "\(grouped(fileCount)) files, \(grouped(counts.accepted)) new events, "
        + "\(grouped(rejected)) rejected",
      facts: [
        ("files", "\(fileCount)"), ("events", "\(counts.accepted)"), ("rejected", "\(rejected)"),
      ])
  }

  /// Everything that changes the ledger; datasets are built of what is there whatever fails here.
  private func intake(_ settings: NightlyConfiguration) -> [NightlyEntry] {
    var done: [NightlyEntry] = []
    let streams = NightlyStreams(pool: threads.pool())
    if !settings.sources.isEmpty {
      done.append(NightlyEntry.attempt("sources") { try takeIn(settings) })
    }
    if let file = settings.subscription {
      done.append(
        NightlyEntry.attempt("streams", lockedIsFine: true) {
          try streams.catchUp(file, ledger: settings.ledger)
        })
    }
    if settings.compacts {
      done.append(
        NightlyEntry.attempt("ledger", lockedIsFine: true) { try streams.compact(settings.ledger) })
    }
    return done
  }

  /// Brings the sequences' files up to date, and removes old ones.
  private func export(
    _ files: NightlyConfiguration.SequenceFiles, _ settings: NightlyConfiguration
  ) -> [NightlyEntry] {
    var done: [NightlyEntry] = []
    done.append(
      NightlyEntry.attempt("sequences") {
        let text = try files.options.map { try readFile($0) } ?? []
        var options = SequenceOptions()
        if let file = files.options { options = try SequenceOptions(parsing: text, file: file) }
        let reader = try LedgerReader.open(directory: settings.ledger, files: Pipeline.files)
        let export = SequenceExport(
          files, options: options, optionsText: text, resources: resources(),
          software: Daybook.version)
        let result = try export.update(SequenceExport.State(reader, try reader.snapshot()))
        let removed = try export.prune(keep: files.keptCount)
        var detail = "\(result.version), \(grouped(result.rowCount)) rows"
        if let kept = result.kept {
          detail +=
            ", computed with \(grouped(kept.computedRowCount)) events for "
            + "\(grouped(kept.newRowCount)) new ones"
          if let why = kept.rebuilt { detail += " (made anew: \(why))" }
        }
        if !removed.isEmpty { detail += ", removed \(removed.joined(separator: ", "))" }
        return NightlyEntry(
          "sequences", outcome: result.isNew ? "built" : "there already", detail: detail,
          facts: [
            ("version", jsonText(result.version)), ("rows", "\(result.rowCount)"),
            ("new", result.kept.map { "\($0.newRowCount)" } ?? "null"),
            ("computed", result.kept.map { "\($0.computedRowCount)" } ?? "null"),
          ])
      })
    return done
  }

  private func resources() -> SequenceResources {
    Pipeline.resources(threads.pool(), memoryByteLimit: memory.byteCount)
  }

  private func build(
    _ path: String, _ settings: NightlyConfiguration, _ lastDay: Int64
  ) -> [NightlyEntry] {
    var done: [NightlyEntry] = []
    do {
      let name = try RecipeFile(path: path).recipe.name
      let home = DatasetHome(files: Pipeline.files, output: settings.output, name: name)
      let built = try home.versionsByDay().map(\.day)
      var days = NightlyPlan.missingDays(built: built, first: settings.firstDay, last: lastDay)
      if days.isEmpty {
        done.append(NightlyEntry("dataset", name, outcome: "ok", detail: "nothing is missing"))
      }
      // Days before any event need no look at the events.
      if let first = try firstDay(settings.ledger), let start = days.first, start < first {
        let end = min(first, days.last.map { $0 + 1 } ?? first)
        done.append(
          NightlyEntry(
            "dataset", name, outcome: "empty",
            detail: "no event until \(dayText(end - 1)); nothing to build from \(dayText(start))"))
        days.removeAll { $0 < first }
      }
      for day in days {
        let result = buildDay(path, name, settings, day)
        done.append(result)
        // A day that failed is tried again the next night, before later ones.
        if result.code != .ok { break }
      }
    } catch {
      done.append(NightlyEntry("dataset", path, failed: error))
    }
    return done
  }

  /// The day of the ledger's first event, as far as its segments tell; nil where they do not.
  private func firstDay(_ ledger: String) throws -> Int64? {
    let snapshot = try LedgerReader.open(directory: ledger, files: Pipeline.files).snapshot()
    guard snapshot.freshRowCount == 0 else { return nil }
    // Where a clock ran ahead, the time of recording counts.
    return snapshot.segmentRecords.map {
      dayNumber(min($0.occurredAt.lowerBound, $0.recordedAt.lowerBound))
    }.min()
  }

  private func buildDay(
    _ path: String, _ name: String, _ settings: NightlyConfiguration, _ day: Int64
  ) -> NightlyEntry {
    let what = "\(name) \(dayText(day))"
    let date = ("day", jsonText(dayText(day)))
    do {
      let file = try RecipeFile(path: path, horizon: endOfDay(day))
      let request = try file.request(settings.ledger)
      let result = try Publisher(output: settings.output, name: name, resources: resources())
        .build(request)
      let splits = result.manifest["splits"]?.elements ?? []
      let examples = splits.reduce(0) { $0 + ($1["examples"]?.integer ?? 0) }
      var entry = NightlyEntry(
        "dataset", what, outcome: result.isNew ? "built" : "there already",
        detail: "\(result.version), \(grouped(Int(examples))) examples",
        facts: [
          date, ("dataset", jsonText(name)), ("version", jsonText(result.version)),
          ("examples", "\(examples)"),
        ])
      entry.warnings = BuildText.warnings(result.manifest)
      let texts = (result.manifest["warnings"]?.elements ?? []).map { warning in
        jsonText("\(warning["split"]?.text ?? "") \(warning["why"]?.text ?? "")")
      }
      entry.facts.append(("warnings", JSONText.array(texts)))
      return entry
    } catch BuildError.nothing(let why) {
      // A day before there was enough to learn from is no failure, and no day to wait for.
      return NightlyEntry(
        "dataset", what, outcome: "empty", detail: why, facts: [date, ("dataset", jsonText(name))])
    } catch {
      var entry = NightlyEntry("dataset", what, failed: error)
      entry.facts += [date, ("dataset", jsonText(name))]
      return entry
    }
  }

  private func prune(
    _ path: String, _ settings: NightlyConfiguration, _ lastDay: Int64
  ) -> [NightlyEntry] {
    do {
      let name = try RecipeFile(path: path).recipe.name
      let home = DatasetHome(files: Pipeline.files, output: settings.output, name: name)
      var kept = Set(try home.pinned())
      if let latest = try home.latest() { kept.insert(latest) }
      let expired = NightlyPlan.expired(
        try home.versionsByDay(), today: lastDay + 1, keptDays: settings.keptDays,
        keptCount: settings.keptCount, kept: kept)
      guard !expired.isEmpty else { return [] }
      let lock = try home.lock()
      defer { lock.unlock() }
      for version in expired { try home.remove(version: version) }
      return [
        NightlyEntry(
          "retention", name, outcome: "removed", detail: expired.joined(separator: ", "),
          facts: [("versions", JSONText.array(expired.map { jsonText($0) }))])
      ]
    } catch {
      return [NightlyEntry("retention", path, failed: error)]
    }
  }
}
