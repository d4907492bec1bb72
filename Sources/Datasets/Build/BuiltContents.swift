import Bytes
import Mappings
import Threads

/// A built dataset: finished examples on disk, with numbers and privacy applied as they are read.
///
/// - Concurrency: `@unchecked` because only `batches` changes, while one thread alone has the
///   contents; once all splits have theirs, any number of threads may read.
final class BuiltContents: DatasetContents, @unchecked Sendable {
  let recipe: Recipe
  let version: String
  let horizon: Int64
  let plan: SplitPlan
  let items: Vocabulary
  let users: VocabularySummary
  let actions: [DatasetAction]
  let exampleColumns: [DatasetColumn]
  let interactionColumns: [DatasetColumn]
  /// One a split.
  let stores: [ExampleStore]
  /// Each user's number by ordinal.
  let userNumbers: [Int32]
  /// Each item's number by code; `outOfVocabulary` for those without.
  let itemNumbers: [Int32]
  let pseudonyms: Pseudonyms
  private let work: BuildDirectory
  private let pool: WorkerPool
  /// What renderings read, one a split; made when a split is read for the first time.
  private var batches: [BatchStore?]
  private let fields: [InteractionField]
  /// Places of the columns that are kept among a unit's cells.
  private let keptCells: [Int]
  private let hidesPrices: Bool
  private let hidesAmounts: Bool
  private let hidesQuantities: Bool

  init(
    _ recipe: Recipe, _ plan: SplitPlan, version: String, horizon: Int64, stores: [ExampleStore],
    userNumbers: [Int32], itemNumbers: [Int32], items: Vocabulary,
    users: VocabularySummary, pseudonyms: Pseudonyms, work: BuildDirectory, pool: WorkerPool
  ) {
    self.work = work
    self.pool = pool
    batches = Array(repeating: nil, count: stores.count)
    self.recipe = recipe
    self.plan = plan
    self.version = version
    self.horizon = horizon
    self.stores = stores
    self.userNumbers = userNumbers
    self.itemNumbers = itemNumbers
    self.items = items
    self.users = users
    self.pseudonyms = pseudonyms
    actions = recipe.count.actions.map {
      DatasetAction(name: $0.name, weight: $0.weight, mask: DatasetAction.mask(of: $0.name))
    }
    let dropped = recipe.privacy.dropped
    let columns = recipe.taskColumns
    keptCells = columns.indices.filter { !dropped.contains(columns[$0].name) }
    exampleColumns = keptCells.map { columns[$0] }
    fields = recipe.interactionFields
    // A list and a value under one name would be one column for readers of tables.
    let taken = Set(exampleColumns.map(\.name))
    interactionColumns = fields.map(\.column).map { column in
      taken.contains(column.name)
        ? DatasetColumn("step_" + column.name, column.kind, column.use, column.meaning) : column
    }
    hidesPrices = dropped.contains("unit_price")
    hidesAmounts = dropped.contains("amount")
    hidesQuantities = dropped.contains("quantity")
  }

  var splits: [DatasetSplit] { plan.splits.map(\.split) }

  func place(of split: DatasetSplit) -> Int {
    plan.splits.firstIndex { $0.split.name == split.name } ?? 0
  }

  func counts(of split: DatasetSplit) -> SplitCounts { stores[place(of: split)].counts }

  func forEachBatch(of split: DatasetSplit, _ body: (ExampleBatch) throws -> Void) throws {
    let place = place(of: split)
    if batches[place] == nil { try makeBatches(place, nil) }
    try batches[place]?.forEach(exampleColumns, interactionColumns, body)
  }

  /// What a thread needs while it makes batches.
  private final class BatchWorker {
    var writer = ColumnWriter()
    let looker: LeakLooker?
    init(_ looker: LeakLooker?) { self.looker = looker }
  }

  /// Makes the batches of a split, and shows its examples to a gate, all threads at once.
  func makeBatches(_ place: Int, _ gate: LeakageGate?) throws {
    let makeLooker = try gate?.begin(place)
    let firstRow = stores[..<place].reduce(Int64(0)) { $0 + Int64($1.counts.examples) }
    guard let blocks = try stores[place].blocks(firstRow: firstRow) else { return }
    let isTrain = plan.splits[place].split.purpose == .train
    // The gate may come after somebody read batches already.
    let made = batches[place] == nil ? BatchStore(try work.spool("batches-\(place)")) : nil
    let workers = try BlockWork.run(
      pool, next: blocks.next, makeWorker: { BatchWorker(makeLooker?()) },
      { worker, block in
        worker.writer.removeAll()
        worker.writer.put(self.batch(of: block, worker.looker))
        return (bytes: worker.writer.bytes, findings: worker.looker?.take())
      },
      take: { outcome in
        try made?.append(framed: outcome.bytes)
        if let findings = outcome.findings { try gate?.take(findings, isTrain: isTrain) }
      })
    try made?.finish()
    try gate?.finish(workers.compactMap(\.looker))
    if let made { batches[place] = made }
  }

  /// One block's examples as columns; users that begin in it are shown to the gate.
  private func batch(of block: ExampleBlock, _ looker: LeakLooker?) -> ExampleBatch {
    var batch = ExampleBatch(exampleColumns, interactionColumns)
    block.forEachUser { user in
      if user.isWhole { looker?.look(user.ordinal, user.examples, firstRow: user.firstRow) }
      let times = TimeMasking(recipe.privacy, pseudonyms, user.actor)
      let word = pseudonyms.user(user.actor)
      // Units are numbered as rows are: by the row of their first example, from 1.
      var unit = user.firstRow + 1
      for (place, example) in user.examples.enumerated() {
        let row = user.firstRow + Int64(place)
        if example.isNewUnit { unit = row + 1 }
        guard user.range.contains(place) else { continue }
        batch.userWord.add(word[...])
        append(
          example, to: &batch, row: row, user: userNumbers[Int(user.ordinal)], unit: unit, times)
      }
    }
    return batch
  }

  func append(
    _ example: StoredExample, to batch: inout ExampleBatch, row: Int64, user: Int32, unit: Int64,
    _ times: TimeMasking
  ) {
    batch.row.append(row)
    batch.user.append(user)
    batch.unit.append(unit)
    for (place, cell) in keptCells.enumerated() {
      append(example.unit.cells[cell], exampleColumns[place], to: &batch.columns[place], times)
    }
    var baskets: [UInt64: Int32] = [:]
    var before: Int64?
    for draft in example.unit.drafts {
      let time = times.masked(draft.time)
      batch.item.append(draft.item == 0 ? 0 : itemNumbers[Int(draft.item) - 1])
      batch.action.append(draft.action)
      batch.time.append(time)
      batch.weight.append(draft.weight)
      batch.quantity.add(hidesQuantities ? nil : draft.quantity)
      batch.unitPrice.add(hidesPrices ? nil : draft.unitPrice.map(money))
      batch.amount.add(hidesAmounts ? nil : draft.amount.map(money))
      if draft.basket == 0 {
        batch.basket.append(-1)
      } else {
        let number = baskets[draft.basket] ?? Int32(baskets.count)
        baskets[draft.basket] = number
        batch.basket.append(number)
      }
      batch.isTarget.append(draft.isTarget ? 1 : 0)
      for (place, field) in fields.enumerated() {
        append(
          field, draft, example.unit, time, before: before, to: &batch.interactionColumns[place])
      }
      before = time
    }
    batch.starts.append(batch.item.count)
    for item in example.negatives { batch.negatives.append(itemNumbers[Int(item) - 1]) }
    batch.negativeStarts.append(batch.negatives.count)
  }

  private func append(
    _ cell: Cell, _ column: DatasetColumn, to values: inout ColumnValues, _ times: TimeMasking
  ) {
    switch values {
    case .integer(var numbers):
      values = .real([])
      var value: Int64?
      if case .integer(let number) = cell { value = number }
      if column.kind == .time { value = value.map(times.masked) }
      if BuiltContents.moneyColumns.contains(column.name) { value = value.map(money) }
      numbers.add(value)
      values = .integer(numbers)
    case .real(var reals):
      values = .real([])
      if case .real(let value) = cell { reals.append(value) } else { reals.append(.nan) }
      values = .real(reals)
    case .text(var texts):
      values = .real([])
      if case .text(let value) = cell {
        texts.add((column.name == "sequence_id" ? pseudonyms.name(value) : value)[...])
      } else {
        texts.add(nil)
      }
      values = .text(texts)
    }
  }

  private func append(
    _ field: InteractionField, _ draft: Draft, _ unit: Unit, _ time: Int64, before: Int64?,
    to values: inout ColumnValues
  ) {
    var number: Int64?
    var text: ArraySlice<UInt8>?
    switch field {
    case .session: number = draft.session >= 0 ? Int64(draft.session) : nil
    case .isMature: number = draft.isMature ? 1 : 0
    case .order: text = unit.bytes(draft.order).map { pseudonyms.name($0)[...] }
    case .channel: text = unit.bytes(draft.channel)
    case .campaign: text = unit.bytes(draft.campaign)
    case .creative: text = unit.bytes(draft.creative)
    case .delta: number = before.map { (time - $0) / 1_000_000 } ?? 0
    case .weekday, .hour:
      let seconds = recipe.shape.clock.localSeconds(at: time)
      let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
      number =
        field == .hour ? (seconds - day * 86_400) / 3_600 : ((day + 3) % 7 + 7) % 7 + 1
    }
    switch values {
    case .integer(var numbers):
      values = .real([])
      numbers.add(number)
      values = .integer(numbers)
    case .text(var texts):
      values = .real([])
      texts.add(text)
      values = .text(texts)
    case .real: break
    }
  }

  private static let moneyColumns: Set<String> = ["paid", "refunded", "net", "value", "cart_value"]

  private func money(_ value: Int64) -> Int64 {
    let step = recipe.privacy.amountRounding
    guard step > 1 else { return value }
    let rest = value % step
    return value - (rest < 0 ? rest + step : rest)
  }
}

/// One user's times as they leave the house.
struct TimeMasking {
  private let shift: Int64
  private let rounding: Int64

  init(_ privacy: PrivacyRules, _ pseudonyms: Pseudonyms, _ actor: [UInt8]) {
    shift = pseudonyms.shift(of: actor, within: privacy.timeShift)
    rounding = privacy.timeRounding
  }

  func masked(_ time: Int64) -> Int64 {
    let moved = time &+ shift
    guard rounding > 0 else { return moved }
    let rest = moved % rounding
    return moved - (rest < 0 ? rest + rounding : rest)
  }
}

extension DatasetAction {
  /// The bit of an action's name, the same in every dataset.
  static func mask(of name: String) -> Int64 {
    let names = [
      "view", "cart_add", "cart_remove", "checkout", "payment_attempt", "payment_failure",
      "purchase", "refund", "ad", "search", "cart", "cart_clear", "order", "payment_success",
      "fulfilment", "cancel",
    ]
    return names.firstIndex(of: name).map { 1 << Int64($0) } ?? 0
  }
}
