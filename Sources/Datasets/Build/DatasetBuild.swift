import Bytes
package import Events
import Files
package import Sequences

/// What a build stands on.
package struct BuildInputs: Sendable {
  /// The snapshot's events.
  package var runs: [any EventRun]
  /// Each run's latest time of occurrence, as far as it is known.
  package var latestTimes: [Int64?]
  /// The key of pseudonyms, when the recipe asks for one.
  package var key: [UInt8]?
  /// Vocabularies to go on from.
  package var baseItems: VocabularyFile?
  package var baseUsers: VocabularyFile?

  package init(runs: [any EventRun], latestTimes: [Int64?], key: [UInt8]? = nil) {
    self.runs = runs
    self.latestTimes = latestTimes
    self.key = key
  }

  /// The vocabulary to go on from, by its name.
  subscript(base name: String) -> VocabularyFile? {
    get { name == "users" ? baseUsers : baseItems }
    set { if name == "users" { baseUsers = newValue } else { baseItems = newValue } }
  }
}

/// What went wrong with a build that is nobody's bug.
package enum BuildError: Error, Equatable, CustomStringConvertible {
  /// The ledger has no events, or none that count.
  case nothing(why: String)
  /// The recipe cannot be followed here.
  case recipe(why: String, advice: String)

  package var description: String {
    switch self {
    case .nothing(let why): "there is nothing to build: \(why)"
    case .recipe(let why, let advice): "\(why); \(advice)"
    }
  }
}

/// The examples of one dataset, made and kept on disk until everything is written.
package struct DatasetBuild {
  let recipe: Recipe
  let plan: SplitPlan
  let contents: BuiltContents
  /// Items and users, as they are to be published.
  let vocabularies: [MadeVocabulary]
  /// What each pass saw, in the order of `plan.passes`.
  let passFunnels: [FilterFunnel]
  let funnel: FilterFunnel
  let firstSeen: [Int64]
  let work: BuildDirectory
  let survey: TimeSurvey
  package let warnings: [DatasetWarning]

  package var horizon: Int64 { contents.horizon }
  package var dataset: any DatasetContents { contents }

  /// Events that exist for the dataset, with the first and latest time of any.
  package var events: (count: Int, first: Int64?, last: Int64?) {
    (survey.eventCount, survey.firstTime, survey.lastTime)
  }

  /// The latest time that exists for a recipe.
  ///
  /// - Errors: `BuildError.nothing` when there are no events.
  package static func horizon(_ recipe: Recipe, _ inputs: BuildInputs) throws -> Int64 {
    if let given = recipe.split.horizon { return given }
    guard let latest = try latestTime(of: inputs.runs, bounds: inputs.latestTimes) else {
      throw BuildError.nothing(why: "the ledger has no events")
    }
    return latest
  }

  /// Runs all stages.
  ///
  /// - Shape: `directory` is a folder of this build alone, which exists. Only a horizon that the
  ///   recipe names hides events that were recorded after it. Without `keepsExamples` they are
  ///   counted, and nothing can read them.
  package static func make(
    _ recipe: Recipe, _ inputs: BuildInputs, horizon: Int64, directory: String,
    version: String = "", resources: SequenceResources, keepsExamples: Bool = true
  ) throws -> DatasetBuild {
    let work = BuildDirectory(
      files: resources.files, path: directory, memoryByteLimit: resources.memoryByteLimit)
    var stage = try BuildStage(
      recipe: recipe, plan: SplitPlan(recipe, horizon: horizon), horizon: horizon,
      inputs: inputs, work: work, resources: resources, keepsExamples: keepsExamples)
    return try stage.run(version: version)
  }

  /// Looks for leaks in what was made, and makes the batches that formats read along the way.
  package func leakage() throws -> LeakageReport {
    var isNumbered = contents.itemNumbers.map { $0 > 0 }
    // The item that stands for rare ones is nobody's.
    for code in isNumbered.indices where code >= firstSeen.count { isNumbered[code] = false }
    let gate = LeakageGate(
      LeakageInputs(
        recipe: recipe, plan: plan, horizon: horizon, isNumbered: isNumbered,
        firstSeen: firstSeen, reportedColdUsers: funnel[.coldUsers], work: work))
    for index in gate.order { try contents.makeBatches(index, gate) }
    return try gate.report()
  }

  /// Removes what waits on disk.
  package func removeWork() throws { try work.removeAll() }
}

/// The folder of a build's own files.
struct BuildDirectory: Sendable {
  let files: any FileSystem
  let path: String
  /// For the whole process; parts of it are this build's keys'.
  let memoryByteLimit: Int
  /// A set of keys holds at least this many in memory.
  var smallestKeyCount = Limits.smallestKeyCount

  /// How many keys a set of them holds in memory.
  var keyLimit: Int {
    let byteCount = memoryByteLimit / Limits.keyShare
    return max(smallestKeyCount, byteCount / MemoryLayout<KeyRuns.Entry>.stride)
  }

  func spool(_ name: String) throws -> Spool {
    try Spool(files: files, path: path + "/" + name + ".spool")
  }

  /// How many bytes of words a set of them holds in memory.
  var wordByteLimit: Int { max(smallestKeyCount, memoryByteLimit / Limits.wordShare) }

  /// The store of a split's examples, or one that only counts them.
  func store(_ split: Int, keepsExamples: Bool) throws -> ExampleStore {
    ExampleStore(
      keepsExamples ? try spool("examples-\(split)") : nil,
      users: RecordRuns(
        self, "users-\(split)", byteLimit: keyLimit * MemoryLayout<KeyRuns.Entry>.stride))
  }

  func removeAll() throws {
    for name in try files.list(path) where name.hasSuffix(".spool") {
      try files.remove(path + "/" + name)
    }
  }
}
