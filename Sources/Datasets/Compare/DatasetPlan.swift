import Files
package import Sequences
import Threads

/// What a plan knows before anything is computed: one look at the times of all events.
package struct PlanOutline: Sendable {
  /// A split's own range of time, and the events in it; nil where time does not part.
  package struct Split: Sendable {
    package var split: DatasetSplit
    package var eventCount: Int?
  }

  package var name: String
  package var task: String
  package var horizon: Int64
  package var splits: [Split]
  /// Events that exist for the dataset, with the first and latest time of any.
  package var events: (count: Int, first: Int64?, last: Int64?)
  /// Events recorded too late for the passes that would need them.
  package var lateCount: Int

  init(_ request: BuildRequest, horizon: Int64) throws {
    let recipe = request.recipe
    let plan = SplitPlan(recipe, horizon: horizon)
    var survey = TimeSurvey(plan, horizon: horizon, isHorizonNamed: recipe.split.horizon != nil)
    try survey.scan(request.inputs.runs)
    name = recipe.name
    task = recipe.task.rawValue
    self.horizon = horizon
    splits = plan.splits.indices.map { place in
      Split(
        split: plan.splits[place].split,
        eventCount: plan.isByTime ? survey.inRange[place] : nil)
    }
    events = (survey.eventCount, survey.firstTime, survey.lastTime)
    lateCount = survey.lateCount
  }
}

/// What a build would make: all examples are made and counted, none is kept or written. Where the
/// same was built before, its manifest tells it at once.
package struct DatasetPlan: Sendable {
  package var name: String
  package var task: String
  package var horizon: Int64
  package var passes: [(knowledge: Int64, funnel: FilterFunnel)] = []
  package var funnel: FilterFunnel
  /// Nil unless asked for: it needs examples kept on disk and looked at again.
  package var leakage: LeakageReport?
  package var warnings: [DatasetWarning]
  /// Events that exist for the dataset, with the first and latest time of any.
  package var events: (count: Int, first: Int64?, last: Int64?)
  package var formatCount: Int
  /// From what the last build took for an interaction and format, else from 45 bytes.
  package var estimatedByteCount: Int
  package var previousVersion: String?
  /// What is other than in the last build, a line each.
  package var changes: [String] = []
  /// Whether the same was built before and a build would do nothing.
  package var isBuilt = false
  private let splits: JSONValue
  private let threadCount: Int

  /// What a build takes, from what the plan took: the gate and the formats come on top, the formats
  /// side by side on the threads.
  /// - Source: docs/performance.md, "Datasets".
  package func estimatedSeconds(planSeconds: Double) -> Double {
    if isBuilt { return 0 }
    let lanes = Double(max(1, min(threadCount, formatCount)))
    let gate = leakage == nil ? Limits.gateShare * planSeconds : 0
    return planSeconds + gate + Double(estimatedByteCount) / Limits.formatBytesPerSecond / lanes
  }

  /// - Shape: `looksForLeaks` runs the leakage gate too; `tell` gets what is known before anything
  ///   is computed.
  package init(
    _ request: BuildRequest, previous home: DatasetHome?, resources: SequenceResources,
    looksForLeaks: Bool = false, tell: (PlanOutline) -> Void = { _ in }
  ) throws {
    let horizon = try DatasetBuild.horizon(request.recipe, request.inputs)
    let outline = try PlanOutline(request, horizon: horizon)
    tell(outline)
    if let built = try DatasetPlan.built(request, outline, home, resources) {
      self = built
      return
    }
    threadCount = resources.pool.threadCount
    let files = resources.files
    let folder = resources.spillDirectory + "-plan"
    try files.makeDirectory(resources.spillDirectory)
    try files.removeTree(folder)
    try files.makeDirectory(folder)
    defer { try? files.removeTree(folder) }
    let build = try DatasetBuild.make(
      request.recipe, request.inputs, horizon: horizon, directory: folder, resources: resources,
      keepsExamples: looksForLeaks)
    name = request.recipe.name
    task = request.recipe.task.rawValue
    self.horizon = horizon
    passes = zip(build.plan.passes, build.passFunnels).map { ($0, $1) }
    funnel = build.funnel
    warnings = build.warnings
    events = build.events
    leakage = looksForLeaks ? try build.leakage() : nil
    formatCount = request.recipe.formats.count
    let manifest = Manifest.make(request, build, leakage, [], version: "", base: nil)
    splits = manifest["splits"] ?? .null
    let interactions = DatasetPlan.sum(manifest, "interactions")
    var perInteraction = 45.0
    if let home, let version = try home.latest(), let before = try home.manifest(of: version) {
      previousVersion = version
      let bytes = (before["files"]?.elements ?? []).reduce(0) { $0 + ($1["bytes"]?.integer ?? 0) }
      let formats = before["formats"]?.elements?.count ?? 0
      let many = DatasetPlan.sum(before, "interactions") * Int64(formats)
      if many > 0 { perInteraction = Double(bytes) / Double(many) }
      let recipe = try home.read("\(version)/recipe.yaml")
      changes = DatasetDifference.changes(
        from: (before, recipe), to: (manifest, request.recipeText))
    }
    estimatedByteCount = Int(perInteraction * Double(interactions) * Double(formatCount))
  }

  /// A plan out of the manifest of the same build, where there is one.
  private static func built(
    _ request: BuildRequest, _ outline: PlanOutline, _ home: DatasetHome?,
    _ resources: SequenceResources
  ) throws -> DatasetPlan? {
    guard let home,
      let found = try Publisher(home: home, resources: resources).existing(request)
    else { return nil }
    let report = try home.read("\(found.version)/leakage.json")
    return DatasetPlan(
      found, outline, leakage: JSONValue(parsing: report).map { LeakageReport($0) },
      formatCount: request.recipe.formats.count, threadCount: resources.pool.threadCount)
  }

  private init(
    _ found: PublishedDataset, _ outline: PlanOutline, leakage: LeakageReport?, formatCount: Int,
    threadCount: Int
  ) {
    let manifest = found.manifest
    name = outline.name
    task = outline.task
    horizon = outline.horizon
    events = outline.events
    isBuilt = true
    previousVersion = found.version
    self.leakage = leakage
    self.formatCount = formatCount
    self.threadCount = threadCount
    splits = manifest["splits"] ?? .null
    funnel = FilterFunnel(manifest["filters"])
    passes = (manifest["knowledge"]?.elements ?? []).map { pass in
      let time = Array((pass["as_of"]?.text ?? "").utf8).withUnsafeBytes { parseTime($0) }
      return (time ?? 0, FilterFunnel(pass["filters"]))
    }
    warnings = (manifest["warnings"]?.elements ?? []).map { warning in
      DatasetWarning(
        split: warning["split"]?.text ?? "", why: warning["why"]?.text ?? "",
        advice: warning["advice"]?.text ?? "")
    }
    estimatedByteCount = (manifest["files"]?.elements ?? []).reduce(0) {
      $0 + Int($1["bytes"]?.integer ?? 0)
    }
  }

  private static func sum(_ manifest: JSONValue, _ key: String) -> Int64 {
    (manifest["splits"]?.elements ?? []).reduce(0) { $0 + ($1[key]?.integer ?? 0) }
  }

  package func json(seconds: Double) -> JSONValue {
    .members([
      ("name", JSONValue(name)), ("task", JSONValue(task)), ("horizon", .time(horizon)),
      (
        "events",
        .members([
          ("existing", JSONValue(events.count)), ("first", .time(events.first)),
          ("last", .time(events.last)),
        ])
      ),
      (
        "knowledge",
        .array(
          passes.map { pass in
            .members([
              ("as_of", .time(pass.knowledge)), ("filters", Manifest.filterCounts(pass.funnel)),
            ])
          })
      ),
      ("splits", splits), ("filters", Manifest.filterCounts(funnel)),
      ("warnings", .array(warnings.map(\.json))), ("leakage", leakage?.json ?? .null),
      ("previous", previousVersion.map { JSONValue($0) } ?? .null),
      ("changes", .array(changes.map { JSONValue($0) })),
      ("is_built", .boolean(isBuilt)),
      ("estimated_bytes", JSONValue(estimatedByteCount)),
      ("estimated_seconds", JSONValue(Int(estimatedSeconds(planSeconds: seconds) + 0.5))),
    ])
  }
}
