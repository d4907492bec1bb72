/// Keys of later splits, and whether earlier ones have them too.
///
/// Splits come from the last to the first. What a split asks is set aside where the filter does not
/// rule it out, and joined in the keys' order when the split is done.
/// - Cost: two sorted sets that spill, and a filter of a limited size.
final class KeyJoin {
  private let work: BuildDirectory
  private let later: KeyRuns
  private let asked: KeyRuns
  private let found: KeyRuns
  /// What is certainly not in later splits; does not change while a split is looked at.
  private(set) var filter: KeyFilter

  init(_ work: BuildDirectory, _ name: String) {
    self.work = work
    later = KeyRuns(work, name + "-later")
    asked = KeyRuns(work, name + "-asked")
    found = KeyRuns(work, name + "-found")
    filter = KeyFilter(count: 0, byteLimit: 0)
  }

  func ask(_ entries: [KeyRuns.Entry]) throws {
    for entry in entries { try asked.append(entry.key, entry.value) }
  }

  func find(_ entries: [KeyRuns.Entry]) throws {
    for entry in entries { try found.append(entry.key, entry.value) }
  }

  /// Answers what a split asked, each time with the least and greatest value that later splits
  /// have for the key; then the split's own keys are later ones for those before it.
  func finishSplit(_ body: (_ asked: KeyRuns.Entry, _ values: ClosedRange<UInt64>) -> Void) throws {
    if asked.count > 0, later.count > 0 {
      let cursor = try later.sorted()
      var next = try cursor.next()
      var group: (key: UInt64, values: ClosedRange<UInt64>)?
      try asked.forEachSorted { entry in
        while let head = next, head.key <= entry.key {
          let values = head.key == group?.key ? group?.values : nil
          let (least, most) = (values?.lowerBound ?? head.value, values?.upperBound ?? head.value)
          group = (head.key, min(least, head.value)...max(most, head.value))
          next = try cursor.next()
        }
        if let group, group.key == entry.key { body(entry, group.values) }
      }
    }
    try asked.removeAll()
    guard found.count > 0 else { return }
    try found.forEachSorted { try later.append($0.key, $0.value) }
    try found.removeAll()
    filter = KeyFilter(count: later.count, byteLimit: work.memoryByteLimit / Limits.filterShare)
    try later.forEachSorted { filter.insert($0.key) }
  }

  /// Forgets everything: another fold begins.
  func removeAll() throws {
    for runs in [later, asked, found] { try runs.removeAll() }
    filter = KeyFilter(count: 0, byteLimit: 0)
  }
}

/// Which users are in train, and which in later splits.
struct UserFlags {
  private var flags: [UInt8] = []

  mutating func set(_ user: Int32, isTrain: Bool) {
    let place = Int(user)
    if flags.count <= place {
      flags.append(contentsOf: repeatElement(0, count: place + 1 - flags.count))
    }
    flags[place] |= isTrain ? 1 : 2
  }

  /// Users of later splits that train does not have.
  var coldCount: Int { flags.count { $0 == 2 } }
}
