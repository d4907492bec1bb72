import Threads

/// What is learned from the data before examples are made: which items have support in train, which
/// are rare, which paths have company. Nothing but train decides support.
///
/// - Cost: some bytes an item, and 8 a beginning of paths that enough people share; the parts are
///   streamed, once a round, and so is how much of each may stay.
struct Fitting {
  let recipe: Recipe
  let plan: SplitPlan
  /// Each item's code, or that of the item that stands for rare ones.
  private(set) var itemMap: [UInt32] = []
  /// Whether an item has support in a fold's train, by fold (0 where there are none), then code.
  private(set) var isSupported: [[Bool]] = []
  private let parts: Spool
  /// How many interactions of each part may stay; nil for all.
  private var lengths: Spool?
  private let work: BuildDirectory

  init(
    _ recipe: Recipe, _ plan: SplitPlan, _ items: WordTable, _ parts: Spool,
    _ work: BuildDirectory, _ pool: WorkerPool
  ) throws {
    self.recipe = recipe
    self.plan = plan
    self.parts = parts
    self.work = work
    let rare = recipe.privacy.peoplePerItem > 0 ? items.code("rare".utf8) : 0
    let count = items.count
    itemMap = (0..<UInt32(count)).map { $0 }
    if recipe.privacy.peoplePerItem > 0 { try findRare(rare, pool) }
    if recipe.privacy.peoplePerPrefix > 0 { try findPrefixes() }
    let folds = plan.splits.map(\.split.fold).max() ?? 0
    isSupported = Array(repeating: Array(repeating: true, count: count), count: folds + 1)
    guard recipe.task == .nextItem || recipe.task == .interactions,
      recipe.shape.itemSupport > 1 || recipe.shape.userSupport > 1
    else { return }
    for fold in 0...folds where plan.splits.contains(where: { $0.split.fold == fold }) {
      try fitSupport(fold, count, pool)
    }
  }

  /// All parts, from the first on.
  func blocks() throws -> PartBlocks { try PartBlocks(parts, lengths: lengths) }

  /// Counts of items that one thread makes.
  private final class Counter {
    var counts: [Int32]
    init(_ count: Int) { counts = Array(repeating: 0, count: count) }

    static func sum(_ counters: [Counter], _ count: Int) -> [Int32] {
      var sum = [Int32](repeating: 0, count: count)
      for counter in counters { for item in sum.indices { sum[item] &+= counter.counts[item] } }
      return sum
    }
  }

  private mutating func findRare(_ rare: UInt32, _ pool: WorkerPool) throws {
    let blocks = try blocks()
    let count = itemMap.count
    let counters = try BlockWork.run(
      pool, next: blocks.next, makeWorker: { Counter(count) },
      { counter, block in
        block.forEach { _, actor, _ in
          var own: Set<UInt32> = []
          for part in actor.parts {
            for draft in actor.unit(part).drafts where draft.item > 0 { own.insert(draft.item - 1) }
          }
          for item in own { counter.counts[Int(item)] += 1 }
        }
      }, take: { _ in })
    let people = Counter.sum(counters, count)
    for item in itemMap.indices where people[item] < recipe.privacy.peoplePerItem {
      itemMap[item] = rare
    }
  }

  /// The mapped item of a draft, plus one; 0 where there is none.
  func item(_ draft: Draft) -> UInt32 { draft.item == 0 ? 0 : itemMap[Int(draft.item) - 1] + 1 }

  /// Level by level: a path goes on as long as enough people's paths begin like it.
  private mutating func findPrefixes() throws {
    var shared: Set<UInt64> = []
    var level: Int32 = 0
    var isMoving = true
    while isMoving {
      let before = lengths
      let next = try work.spool("lengths-\(level)")
      let people = KeyRuns(work, "prefixes-\(level)")
      isMoving = try lengthen(from: level, shared, people, to: next)
      try next.finish()
      try before?.remove()
      lengths = next
      shared = try common(people)
      level += 1
    }
    try settle()
  }

  /// Moves every part that has company at a level one interaction on; false where none moved.
  private func lengthen(
    from level: Int32, _ shared: Set<UInt64>, _ people: KeyRuns, to next: Spool
  ) throws -> Bool {
    let blocks = try blocks()
    var isMoving = false
    var record = ByteWriter()
    while let block = try blocks.next() {
      var lengths = block.allowed
      try block.forEach { _, actor, first in
        var own: Set<UInt64> = []
        for (offset, part) in actor.parts.enumerated() {
          let place = first + offset
          if place == lengths.count { lengths.append(0) }
          guard lengths[place] == level else { continue }
          let unit = actor.unit(part)
          if level > 0, !shared.contains(prefixHash(unit, Int(level))) {
            lengths[place] = -level
            continue
          }
          guard unit.drafts.count > level else { continue }
          lengths[place] = level + 1
          isMoving = true
          own.insert(prefixHash(unit, Int(level) + 1))
        }
        for hash in own { try people.append(hash, 0) }
      }
      record.removeAll()
      for length in lengths { record.put(signed: Int64(length)) }
      try next.append(record)
    }
    return isMoving
  }

  /// The beginnings that enough people share.
  private func common(_ people: KeyRuns) throws -> Set<UInt64> {
    var common: Set<UInt64> = []
    var (key, count) = (UInt64(0), 0)
    try people.forEachSorted { entry in
      count = entry.key == key ? count + 1 : 1
      key = entry.key
      if count == recipe.privacy.peoplePerPrefix { common.insert(key) }
    }
    try people.removeAll()
    return common
  }

  /// A part that stopped at level n without company keeps n − 1 interactions.
  private mutating func settle() throws {
    guard let before = lengths else { return }
    let next = try work.spool("lengths")
    let reader = try before.reader()
    var record = ByteWriter()
    while try reader.next({ bytes in
      record.removeAll()
      var reader = ByteReader(bytes)
      while !reader.isAtEnd {
        let length = reader.signed()
        record.put(signed: length < 0 ? -length - 1 : length)
      }
    }) {
      try next.append(record)
    }
    try next.finish()
    try before.remove()
    lengths = next
  }

  private func prefixHash(_ unit: Unit, _ count: Int) -> UInt64 {
    var writer = ByteWriter()
    for draft in unit.drafts.prefix(count) {
      writer.put(UInt64(item(draft)))
      writer.put(byte: draft.action)
    }
    return keyHash(writer.raw, seed: UInt64(count))
  }

  private mutating func fitSupport(_ fold: Int, _ count: Int, _ pool: WorkerPool) throws {
    let train = plan.splits.firstIndex {
      $0.split.fold == fold && $0.split.purpose == .train
    }
    guard let train else { return }
    var isChanged = true
    while isChanged {
      isChanged = false
      let blocks = try blocks()
      let fitting = self
      let counters = try BlockWork.run(
        pool, next: blocks.next, makeWorker: { Counter(count) },
        { counter, block in
          var uncounted = FilterFunnel()
          block.forEach { _, actor, first in
            var own: [Unit] = []
            for (offset, part) in actor.parts.enumerated() where part.split == train {
              own.append(block.unit(first + offset, actor.unit(part)))
            }
            for unit in fitting.survivors(own, fold, &uncounted) {
              for draft in unit.drafts where draft.item > 0 {
                counter.counts[Int(fitting.item(draft)) - 1] += 1
              }
            }
          }
        }, take: { _ in })
      let counts = Counter.sum(counters, count)
      for item in 0..<count where isSupported[fold][item] && counts[item] > 0 {
        if counts[item] < recipe.shape.itemSupport {
          isSupported[fold][item] = false
          isChanged = true
        }
      }
    }
  }

  /// An actor's train units with supported items only; none when too little is left of them.
  func survivors(_ units: [Unit], _ fold: Int, _ funnel: inout FilterFunnel) -> [Unit] {
    let shape = recipe.shape
    var kept: [Unit] = []
    for unit in units {
      var drafts = unit.drafts.filter { draft in
        let item = item(draft)
        return item == 0 || isSupported[fold][Int(item) - 1]
      }
      if drafts.count < unit.drafts.count {
        funnel[.unsupported] += unit.drafts.count - drafts.count
      }
      if drafts.isEmpty || drafts.count < shape.minLength && recipe.task == .nextItem {
        funnel[.short] += 1
        continue
      }
      if shape.expand == .none, shape.maxLength > 0, drafts.count > shape.maxLength {
        let count = drafts.count
        drafts = newest(drafts, shape.maxLength)
        funnel[.trimmed] += count - drafts.count
      }
      kept.append(unit.with(drafts))
    }
    let total = kept.reduce(0) { $0 + $1.drafts.count }
    if total >= shape.userSupport { return kept }
    funnel[.unsupported] += total
    return []
  }
}

/// The newest interactions up to a length (0 for all); a basket that does not fit is left out.
func newest(_ drafts: [Draft], _ length: Int) -> [Draft] {
  guard length > 0, drafts.count > length else { return drafts }
  let start = drafts.count - length
  for group in baskets(drafts) where group.lowerBound >= start {
    return Array(drafts[group.lowerBound...])
  }
  // A single basket longer than that: its last lines.
  return Array(drafts[start...])
}
