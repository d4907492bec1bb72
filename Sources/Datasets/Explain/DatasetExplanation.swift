import Bytes
package import Events
import Files
package import Sequences

/// One row of a dataset, down to the recorded events, and what became of the events around it.
///
/// The build is run again, because a dataset keeps no way back to people.
/// - Cost: as a build without its formats.
package struct DatasetExplanation: Sendable {
  /// An event of the example's actor and its part in the row.
  package struct Step: Sendable {
    package var ledgerOffset: Int64
    package var time: Int64
    package var role: Role
    package var item: [UInt8]
    /// `input`, `target`, or why it is neither.
    package var part: String
    package var isInRow: Bool
  }

  package var row: Int64
  package var split: DatasetSplit
  /// As sequences name it.
  package var actor: [UInt8]
  package var user: [UInt8]
  package var inputsKnownBy: Int64
  package var targetsKnownBy: Int64
  /// The example's own columns.
  package var columns: [(name: String, value: String)] = []
  package var steps: [Step] = []

  /// - Errors: `BuildError.recipe` when there is no such row.
  package init(
    row: Int64, of request: BuildRequest, resources: SequenceResources
  ) throws {
    let files = resources.files
    let folder = resources.spillDirectory + "-explain"
    try files.makeDirectory(resources.spillDirectory)
    try files.removeTree(folder)
    try files.makeDirectory(folder)
    defer { try? files.removeTree(folder) }
    let horizon = try DatasetBuild.horizon(request.recipe, request.inputs)
    let build = try DatasetBuild.make(
      request.recipe, request.inputs, horizon: horizon, directory: folder, resources: resources)
    guard let found = try DatasetExplanation.find(row, in: build) else {
      let count = build.contents.stores.reduce(0) { $0 + $1.counts.examples }
      throw BuildError.recipe(
        why: "there is no row \(row)", advice: "the dataset has rows 0 to \(count - 1)")
    }
    let planned = build.plan.splits[found.split]
    self.row = row
    split = planned.split
    actor = found.actor
    user = build.contents.pseudonyms.user(actor)
    inputsKnownBy = build.plan.passes[planned.inputPass]
    targetsKnownBy = build.plan.passes[planned.targetPass]
    for (column, cell) in zip(request.recipe.taskColumns, found.example.unit.cells) {
      columns.append((column.name, DatasetExplanation.text(cell, column)))
    }
    let history = try DatasetExplanation.history(
      of: actor, request, knowledge: targetsKnownBy, isLast: targetsKnownBy == horizon, resources)
    steps = DatasetExplanation.steps(history, found.example, build, planned)
  }

  private static func find(
    _ row: Int64, in build: DatasetBuild
  ) throws -> (split: Int, actor: [UInt8], example: StoredExample)? {
    var first: Int64 = 0
    for (index, store) in build.contents.stores.enumerated() {
      let count = Int64(store.counts.examples)
      defer { first += count }
      guard row >= first, row < first + count else { continue }
      var place = first
      var found: (Int, [UInt8], StoredExample)?
      try store.forEachUser { actor, examples in
        if row >= place, row < place + Int64(examples.count) {
          found = (index, actor, examples[Int(row - place)])
        }
        place += Int64(examples.count)
      }
      return found
    }
    return nil
  }

  /// The actor's history as the split's targets know it.
  private static func history(
    of actor: [UInt8], _ request: BuildRequest, knowledge: Int64, isLast: Bool,
    _ resources: SequenceResources
  ) throws -> ActorHistory {
    var options = request.recipe.sequence
    options.asOf = isLast && request.recipe.split.horizon == nil ? nil : knowledge
    let keeper = HistoryKeeper(actor: actor)
    _ = try computeHistories(
      of: request.inputs.runs, options: options, resources: resources, makeWorker: { keeper },
      sink: { _ in })
    return keeper.history
  }

  private static func steps(
    _ history: ActorHistory, _ example: StoredExample, _ build: DatasetBuild,
    _ planned: PlannedSplit
  ) -> [Step] {
    var parts: [Int64: Bool] = [:]
    for draft in example.unit.drafts { parts[draft.ledgerOffset] = draft.isTarget }
    let recipe = build.recipe
    return history.events.map { event in
      var step = Step(
        ledgerOffset: event.ledgerOffset, time: event.time, role: event.role,
        item: Array(history[text: event.item]), part: "", isInRow: false)
      if let isTarget = parts[event.ledgerOffset] {
        step.part = isTarget ? "target" : "input"
        step.isInRow = true
      } else {
        step.part = whyNot(event, history, recipe, planned, example.unit)
      }
      return step
    }
  }

  private static func whyNot(
    _ event: HistoryEvent, _ history: ActorHistory, _ recipe: Recipe, _ planned: PlannedSplit,
    _ unit: Unit
  ) -> String {
    let isPurchase =
      event.role == .paymentSuccess && recipe.count.actions.contains { $0.name == "purchase" }
    guard isPurchase || recipe.count.actions.contains(where: { $0.name == event.role.name }) else {
      return "its role '\(event.role.name)' does not count"
    }
    if event.order.isPresent,
      recipe.count.testOrders.contains(where: { matches(history[text: event.order], $0) })
    {
      return "an order of a test"
    }
    if event.time >= planned.split.until { return "after the end of the split" }
    if !isPurchase && event.lines.isEmpty && event.item.count <= 0 { return "without item" }
    if isPurchase, event.sequence >= 0,
      let refunded = history.sequences[Int(event.sequence)].refunded, refunded > 0,
      recipe.count.refunds == .net
    {
      return "refunded"
    }
    if let first = unit.drafts.first, event.time < first.time {
      return "before the row begins: another unit, or beyond the longest length"
    }
    if let target = unit.drafts.first(where: \.isTarget), event.recordedAt > target.time,
      event.time < target.time
    {
      return "recorded after what it would predict"
    }
    return "left out: a repeat, an order told before, an item that train does not have, "
      + "or another unit"
  }

  private static func text(_ cell: Cell, _ column: DatasetColumn) -> String {
    switch cell {
    case .null: "–"
    case .integer(let value):
      column.kind == .time ? JSONValue.time(value).text ?? "" : "\(value)"
    case .real(let value): "\(value)"
    case .text(let bytes): String(decoding: bytes, as: UTF8.self)
    }
  }
}

/// Keeps one actor's history.
///
/// - Concurrency: `@unchecked` because only the worker that meets the actor writes, once, and it is
///   read after all have ended.
private final class HistoryKeeper: HistoryWorker, @unchecked Sendable {
  private let actor: [UInt8]
  private(set) var history = ActorHistory()

  init(actor: [UInt8]) { self.actor = actor }

  func add(_ history: ActorHistory, to bytes: inout [UInt8]) throws {
    if history.actor == actor { self.history = history }
  }
}
