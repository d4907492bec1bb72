/// An example as it is kept until renderings read it.
struct StoredExample: Equatable {
  /// False where it comes from the same unit as the example before it.
  var isNewUnit: Bool
  var unit: Unit
  /// Items by code plus one, not yet numbers.
  var negatives: [UInt32] = []
}

/// The finished examples of one split on disk, by user.
final class ExampleStore {
  /// Nil where examples are only counted.
  private let spool: Spool?
  /// Each user's record and its ordinal, in the order in which they are read.
  private(set) var users: [(ordinal: Int32, place: Int)] = []
  private(set) var counts = SplitCounts()
  private var isItemSeen: [Bool] = []

  init(_ spool: Spool?) { self.spool = spool }

  /// Appends one user's examples.
  func append(_ examples: [StoredExample], user ordinal: Int32) throws {
    for example in examples { count(example.unit) }
    counts.users += 1
    users.append((ordinal, spool?.nextPlace ?? 0))
    guard let spool else { return }
    var writer = ByteWriter()
    writer.put(UInt64(examples.count))
    for example in examples {
      writer.bytes.append(example.isNewUnit ? 1 : 0)
      writer.put(example.unit)
      writer.put(UInt64(example.negatives.count))
      for item in example.negatives { writer.put(UInt64(item)) }
    }
    try spool.append(writer.bytes)
  }

  private func count(_ unit: Unit) {
    counts.examples += 1
    counts.interactions += unit.drafts.count
    counts.longest = max(counts.longest, unit.drafts.count)
    for draft in unit.drafts {
      if draft.isTarget { counts.targets += 1 }
      counts.firstTime = min(counts.firstTime ?? draft.time, draft.time)
      counts.lastTime = max(counts.lastTime ?? draft.time, draft.time)
      let item = Int(draft.item)
      guard item > 0 else { continue }
      if isItemSeen.count < item {
        isItemSeen.append(contentsOf: repeatElement(false, count: item - isItemSeen.count))
      }
      if !isItemSeen[item - 1] {
        isItemSeen[item - 1] = true
        counts.items += 1
      }
    }
  }

  func finish() throws { try spool?.finish() }

  /// Orders users anew, before the first reading.
  func sortUsers(by precedes: (Int32, Int32) -> Bool) {
    users.sort { precedes($0.ordinal, $1.ordinal) }
  }

  /// Hands over each user's examples, in order.
  func forEachUser(_ body: (Int32, [StoredExample]) throws -> Void) throws {
    guard let spool else { return }
    let reader = try spool.reader()
    var expected = 0
    for user in users {
      if user.place != expected { reader.seek(user.place) }
      guard let record = try reader.next() else { return }
      expected = user.place + Spool.framedByteCount(record.count)
      var bytes = ByteReader(record)
      let count = bytes.number()
      var examples: [StoredExample] = []
      for _ in 0..<count {
        let isNew = bytes.byte() == 1
        var example = StoredExample(isNewUnit: isNew, unit: bytes.unit())
        let negatives = bytes.number()
        for _ in 0..<negatives {
          example.negatives.append(UInt32(truncatingIfNeeded: bytes.number()))
        }
        examples.append(example)
      }
      try body(user.ordinal, examples)
    }
  }
}

extension Spool {
  static func framedByteCount(_ count: Int) -> Int {
    var writer = ByteWriter()
    writer.put(UInt64(count))
    return writer.bytes.count + count
  }
}
