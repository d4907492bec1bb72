import Bytes

/// `manifest.json`: what a dataset was made of, counted, and how to make it again.
///
/// - Source: docs/formats/dataset.md, "The manifest".
package enum Manifest {
  package static let formatVersion = 1

  static func make(
    _ request: BuildRequest, _ build: DatasetBuild, _ leakage: LeakageReport?,
    _ files: [DatasetFile], version: String, base: String?
  ) -> JSONValue {
    let recipe = request.recipe
    return .members([
      ("format_version", JSONValue(formatVersion)), ("name", JSONValue(recipe.name)),
      ("version", JSONValue(version)), ("task", JSONValue(recipe.task.rawValue)),
      ("software", .members([("name", "daybook"), ("version", JSONValue(request.software))])),
      ("key", JSONValue(request.key)),
      (
        "recipe",
        .members([
          ("file", "recipe.yaml"), ("sha256", JSONValue(request.recipeHash)),
          ("horizon", .time(recipe.split.horizon)),
        ])
      ),
      ("ledger", request.ledger.json),
      ("watermark", .time(build.horizon)),
      ("events", events(build, request.ledger)),
      ("knowledge", knowledge(build)),
      ("splits", .array(build.plan.splits.map { split(build, $0) })),
      ("filters", filterCounts(build.funnel)),
      ("warnings", .array(build.warnings.map(\.json))),
      ("vocabulary", vocabulary(build, files, base, request.inputs)),
      ("privacy", privacy(request)),
      (
        "leakage",
        .members([
          ("passed", leakage.map { .boolean($0.passed) } ?? .null),
          (
            "allowed",
            .array((leakage?.checks ?? []).filter { $0.count > 0 }.map { JSONValue($0.code) })
          ),
        ])
      ),
      ("formats", .array(recipe.formats.map { JSONValue($0.name) })),
      ("files", list(files)),
    ])
  }

  /// Files with rows, bytes and hashes.
  static func list(_ files: [DatasetFile]) -> JSONValue {
    .array(
      files.map {
        .members([
          ("path", JSONValue($0.path)), ("rows", JSONValue($0.rowCount)),
          ("bytes", JSONValue($0.byteCount)), ("sha256", JSONValue($0.sha256)),
        ])
      })
  }

  /// What became of events as a whole: those that exist, and those that cuts or the ledger missed.
  private static func events(_ build: DatasetBuild, _ ledger: LedgerPin) -> JSONValue {
    .members([
      ("existing", JSONValue(build.survey.eventCount)),
      ("first", .time(build.survey.firstTime)), ("last", .time(build.survey.lastTime)),
      ("late", JSONValue(build.survey.lateCount)),
      ("unattributed", JSONValue(build.passFunnels.last?[.unattributed] ?? 0)),
      ("rejected", JSONValue(ledger.rejectCount)),
    ])
  }

  /// What each pass over the ledger knew and counted.
  private static func knowledge(_ build: DatasetBuild) -> JSONValue {
    .array(
      zip(build.plan.passes, build.passFunnels).map { time, funnel in
        .members([("as_of", .time(time)), ("filters", filterCounts(funnel))])
      })
  }

  static func filterCounts(_ funnel: FilterFunnel) -> JSONValue {
    .members(
      FilterFunnel.Step.allCases.filter { funnel[$0] > 0 }
        .map { ($0.rawValue, JSONValue(funnel[$0])) })
  }

  private static func split(_ build: DatasetBuild, _ planned: PlannedSplit) -> JSONValue {
    let split = planned.split
    let counts = build.contents.counts(of: split)
    return .members([
      ("name", JSONValue(split.name)), ("purpose", JSONValue(split.purpose.rawValue)),
      ("fold", JSONValue(split.fold)),
      ("from", split.from == Int64.min ? .null : .time(split.from)),
      ("until", .time(split.until)),
      ("inputs_as_of", .time(build.plan.passes[planned.inputPass])),
      ("targets_as_of", .time(build.plan.passes[planned.targetPass])),
      ("examples", JSONValue(counts.examples)), ("interactions", JSONValue(counts.interactions)),
      ("targets", JSONValue(counts.targets)), ("users", JSONValue(counts.users)),
      ("items", JSONValue(counts.items)), ("first", .time(counts.firstTime)),
      ("last", .time(counts.lastTime)), ("longest", JSONValue(counts.longest)),
    ])
  }

  private static func vocabulary(
    _ build: DatasetBuild, _ files: [DatasetFile], _ base: String?, _ inputs: BuildInputs
  ) -> JSONValue {
    let both = build.vocabularies.map(\.summary).map { vocabulary in
      let file = files.first { $0.path == "vocab/\(vocabulary.name).csv" }
      return (
        vocabulary.name,
        JSONValue.members([
          ("count", JSONValue(vocabulary.count)), ("used", JSONValue(vocabulary.usedCount)),
          ("words_sha256", JSONValue(vocabulary.wordsHash)),
          ("file_sha256", JSONValue(file?.sha256 ?? "")),
        ])
      )
    }
    // What the words before this build's were: the first ones of its own files.
    let before = base.map { version in
      JSONValue.members(
        [("version", JSONValue(version))]
          + Vocabulary.names.map { name in
            (
              name,
              .members([
                ("count", JSONValue(inputs[base: name]?.count ?? 0)),
                ("words_sha256", JSONValue(inputs[base: name]?.wordsHash ?? "")),
              ])
            )
          })
    }
    return .members([("base", before ?? .null)] + both)
  }

  private static func privacy(_ request: BuildRequest) -> JSONValue {
    let rules = request.recipe.privacy
    return .members([
      ("profile", JSONValue(rules.profile.rawValue)),
      ("pseudonyms", .boolean(request.inputs.key != nil)),
      ("key_id", request.keyID.map { JSONValue($0) } ?? .null),
      ("dropped", .array(rules.dropped.map { JSONValue($0) })),
    ])
  }

  /// Each file's hash, by its path.
  static func files(_ manifest: JSONValue) -> [String: String] {
    var files: [String: String] = [:]
    for file in manifest["files"]?.elements ?? [] {
      if let path = file["path"]?.text { files[path] = file["sha256"]?.text ?? "" }
    }
    return files
  }
}
