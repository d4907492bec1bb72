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

      Takes files in, catches up with the streams of a subscriber's configuration until they
      are idle, merges small segments, builds each recipe for each whole day without a
      version (a missed week day by day), and removes versions beyond retention. Run it
      again after any failure: what is done is not done twice. Exits with 0 when all went
      well, 1 when a recipe failed, 3 when one leaks, 5 when somebody else is at work.
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
    let settings = try NightlyConfiguration(parsing: try readFile(file), file: file)
    let today = dayNumber(WallClock.system.now())
    let lastDay = date.map { dayNumber($0.microseconds) } ?? today - 1
    var done: [NightlyEntry] = []
    done += intake(settings)
    for path in settings.recipes { done += build(path, settings, lastDay) }
    for path in settings.recipes { done += prune(path, settings, lastDay) }
    tell(done)
    let worst = done.map(\.code.rawValue).max() ?? 0
    if worst != 0 { throw ExitCode(worst) }
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
      what: "sources", outcome: "ok",
      detail: "\(grouped(fileCount)) files, \(grouped(counts.accepted)) new events, "
        + "\(grouped(rejected)) rejected")
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

  private func build(
    _ path: String, _ settings: NightlyConfiguration, _ lastDay: Int64
  ) -> [NightlyEntry] {
    var done: [NightlyEntry] = []
    do {
      let name = try RecipeFile(path: path).recipe.name
      let home = DatasetHome(files: Pipeline.files, output: settings.output, name: name)
      let built = try home.versionsByDay().map(\.day)
      let days = NightlyPlan.missingDays(built: built, first: settings.firstDay, last: lastDay)
      if days.isEmpty {
        done.append(NightlyEntry(what: name, outcome: "ok", detail: "nothing is missing"))
      }
      for day in days {
        let result = buildDay(path, name, settings, day)
        done.append(result)
        // A day that failed is tried again the next night, before later ones.
        if result.code != .ok { break }
      }
    } catch {
      done.append(NightlyEntry(path, failed: error))
    }
    return done
  }

  private func buildDay(
    _ path: String, _ name: String, _ settings: NightlyConfiguration, _ day: Int64
  ) -> NightlyEntry {
    let horizon = endOfDay(day)
    let what = "\(name) \(timeText(horizon).prefix(10))"
    do {
      let file = try RecipeFile(path: path, horizon: horizon)
      let request = try file.request(settings.ledger)
      let resources = Pipeline.resources(threads.pool(), memoryByteLimit: memory.byteCount)
      let result = try Publisher(output: settings.output, name: name, resources: resources)
        .build(request)
      let splits = result.manifest["splits"]?.elements ?? []
      let examples = splits.reduce(0) { $0 + ($1["examples"]?.integer ?? 0) }
      return NightlyEntry(
        what: what, outcome: result.isNew ? "built" : "there already",
        detail: "\(result.version), \(grouped(Int(examples))) examples")
    } catch BuildError.nothing(let why) {
      // A day before there was enough to learn from is no failure, and no day to wait for.
      return NightlyEntry(what: what, outcome: "empty", detail: why)
    } catch {
      return NightlyEntry(what, failed: error)
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
        NightlyEntry(what: name, outcome: "removed", detail: expired.joined(separator: ", "))
      ]
    } catch {
      return [NightlyEntry(path, failed: error)]
    }
  }

  private func tell(_ done: [NightlyEntry]) {
    if json {
      let rows = done.map { entry in
        JSONText.object([
          ("what", jsonText(entry.what)), ("outcome", jsonText(entry.outcome)),
          ("detail", jsonText(entry.detail)), ("code", "\(entry.code.rawValue)"),
        ])
      }
      Output.standardOutput.write(JSONText.object([("done", JSONText.array(rows))]) + "\n")
      Output.standardOutput.flush()
    }
    for entry in done where !talk.isQuiet || entry.code != .ok {
      Talk.say("\(entry.what): \(entry.outcome) · \(entry.detail)")
    }
  }
}
