/// What is learned from the data before examples are made: which items have support in train, which
/// are rare, which paths have company. Nothing but train decides support.
///
/// - Cost: some bytes an item and a unit; the parts are streamed, once a round.
struct Fitting {
  let recipe: Recipe
  let plan: SplitPlan
  /// Each item's code, or that of the item that stands for rare ones.
  private(set) var itemMap: [UInt32] = []
  /// Whether an item has support in a fold's train, by fold (0 where there are none), then code.
  private(set) var isSupported: [[Bool]] = []
  /// How many interactions of each part may stay, in the order of parts; empty for all.
  private(set) var allowedLengths: [Int32] = []

  init(_ recipe: Recipe, _ plan: SplitPlan, _ items: WordTable, _ parts: Spool) throws {
    self.recipe = recipe
    self.plan = plan
    let rare = recipe.privacy.peoplePerItem > 0 ? items.code("rare".utf8) : 0
    let count = items.count
    itemMap = (0..<UInt32(count)).map { $0 }
    if recipe.privacy.peoplePerItem > 0 { try findRare(rare, parts) }
    if recipe.privacy.peoplePerPrefix > 0 { try findPrefixes(parts) }
    let folds = plan.splits.map(\.split.fold).max() ?? 0
    isSupported = Array(repeating: Array(repeating: true, count: count), count: folds + 1)
    guard recipe.task == .nextItem || recipe.task == .interactions,
      recipe.shape.itemSupport > 1 || recipe.shape.userSupport > 1
    else { return }
    for fold in 0...folds where plan.splits.contains(where: { $0.split.fold == fold }) {
      try fitSupport(fold, count, parts)
    }
  }

  private mutating func findRare(_ rare: UInt32, _ parts: Spool) throws {
    var people = [Int32](repeating: 0, count: itemMap.count)
    try parts.forEachActor { actor in
      var own: Set<UInt32> = []
      for part in actor.parts {
        for draft in actor.unit(part).drafts where draft.item > 0 { own.insert(draft.item - 1) }
      }
      for item in own { people[Int(item)] += 1 }
    }
    for item in itemMap.indices where people[item] < recipe.privacy.peoplePerItem {
      itemMap[item] = rare
    }
  }

  /// The mapped item of a draft, plus one; 0 where there is none.
  func item(_ draft: Draft) -> UInt32 { draft.item == 0 ? 0 : itemMap[Int(draft.item) - 1] + 1 }

  /// Level by level: a path goes on as long as enough people's paths begin like it.
  private mutating func findPrefixes(_ parts: Spool) throws {
    let wanted = recipe.privacy.peoplePerPrefix
    var people: [UInt64: Int32] = [:]
    var lengths: [Int32] = []
    var level: Int32 = 0
    var isMoving = true
    while isMoving {
      isMoving = false
      var next: [UInt64: Int32] = [:]
      var place = 0
      try parts.forEachActor { actor in
        var own: Set<UInt64> = []
        for part in actor.parts {
          if place == lengths.count { lengths.append(0) }
          defer { place += 1 }
          guard lengths[place] == level else { continue }
          let unit = actor.unit(part)
          if level > 0 {
            let before = prefixHash(unit, Int(level))
            guard Int(people[before] ?? 0) >= wanted else {
              lengths[place] = -level
              continue
            }
          }
          guard unit.drafts.count > level else { continue }
          lengths[place] = level + 1
          isMoving = true
          own.insert(prefixHash(unit, Int(level) + 1))
        }
        for hash in own { next[hash, default: 0] += 1 }
      }
      people = next
      level += 1
    }
    // A part that stopped at level n without company keeps n − 1 interactions.
    allowedLengths = lengths.map { $0 < 0 ? -$0 - 1 : $0 }
  }

  private func prefixHash(_ unit: Unit, _ count: Int) -> UInt64 {
    var writer = ByteWriter()
    for draft in unit.drafts.prefix(count) {
      writer.put(UInt64(item(draft)))
      writer.bytes.append(draft.action)
    }
    return keyHash(writer.bytes, seed: UInt64(count))
  }

  private mutating func fitSupport(_ fold: Int, _ count: Int, _ parts: Spool) throws {
    let train = plan.splits.firstIndex {
      $0.split.fold == fold && $0.split.purpose == .train
    }
    guard let train else { return }
    var uncounted = FilterFunnel()
    var isChanged = true
    while isChanged {
      isChanged = false
      var counts = [Int32](repeating: 0, count: count)
      var place = 0
      try parts.forEachActor { actor in
        var own: [Unit] = []
        for part in actor.parts {
          defer { place += 1 }
          guard part.split == train else { continue }
          own.append(allowed(actor.unit(part), place))
        }
        for unit in survivors(own, fold, &uncounted) {
          for draft in unit.drafts { counts[Int(item(draft)) - 1] += 1 }
        }
      }
      for item in 0..<count where isSupported[fold][item] && counts[item] > 0 {
        if counts[item] < recipe.shape.itemSupport {
          isSupported[fold][item] = false
          isChanged = true
        }
      }
    }
  }

  /// A part without what privacy cuts off; `place` counts all parts in order.
  func allowed(_ unit: Unit, _ place: Int) -> Unit {
    guard !allowedLengths.isEmpty else { return unit }
    return unit.with(Array(unit.drafts.prefix(Int(allowedLengths[place]))))
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
