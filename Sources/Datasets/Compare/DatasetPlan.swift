import Files
package import Sequences

/// What a build would make: all examples are made and counted, none is kept or written.
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
  private let splits: JSONValue

  /// Writing and reading again goes at about this many bytes a second on one core.
  package var estimatedWriteSeconds: Double { Double(estimatedByteCount) / 40_000_000 }

  /// - Shape: `looksForLeaks` runs the leakage gate too, which takes about as long again.
  package init(
    _ request: BuildRequest, previous home: DatasetHome?, resources: SequenceResources,
    looksForLeaks: Bool = false
  ) throws {
    let files = resources.files
    let folder = resources.spillDirectory + "-plan"
    try files.makeDirectory(resources.spillDirectory)
    try files.removeTree(folder)
    try files.makeDirectory(folder)
    defer { try? files.removeTree(folder) }
    let horizon = try DatasetBuild.horizon(request.recipe, request.inputs)
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
      ("estimated_bytes", JSONValue(estimatedByteCount)),
      ("estimated_seconds", JSONValue(Int(seconds + estimatedWriteSeconds + 1))),
    ])
  }
}
