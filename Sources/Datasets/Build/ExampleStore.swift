/// An example as it is kept until renderings read it.
struct StoredExample: Equatable {
  /// False where it comes from the same unit as the example before it.
  var isNewUnit: Bool
  var unit: Unit
  /// Items by code plus one, not yet numbers.
  var negatives: [UInt32] = []
}

/// Some users' examples as records, and what they count.
struct FinishedExamples: Sendable {
  /// A user: the number of the actor, and where the record with its length begins.
  struct User: Sendable {
    var actor: Int
    var name: [UInt8]
    /// What users are sorted by; empty where they stay in the order of actors.
    var rank: [UInt8]
    var firstTime: Int64
    var offset: Int
  }

  var bytes: [UInt8] = []
  var users: [User] = []
  var counts = SplitCounts()
  /// Orders that the examples hold.
  var orders: [UInt64] = []
}

/// Writes users' examples, one a thread.
final class ExampleWriter {
  private var examples = ByteWriter()
  private var all = ByteWriter(capacity: Limits.blockByteCount)
  private var made = FinishedExamples()
  private let keepsExamples: Bool
  /// Whether an item was seen, by code.
  private(set) var isItemSeen: [Bool]

  init(items: Int, keepsExamples: Bool) {
    self.keepsExamples = keepsExamples
    isItemSeen = Array(repeating: false, count: items)
  }

  /// Appends one user's examples; there are some.
  func append(_ examples: [StoredExample], actor: Int, name: [UInt8], rank: [UInt8]) {
    var user = FinishedExamples.User(
      actor: actor, name: name, rank: rank, firstTime: Int64.max, offset: all.count)
    for example in examples {
      count(example.unit)
      user.firstTime = min(user.firstTime, example.unit.firstTime)
    }
    made.counts.users += 1
    if keepsExamples {
      self.examples.removeAll()
      write(examples, name)
      all.put(record: self.examples)
    }
    made.users.append(user)
  }

  private func write(_ examples: [StoredExample], _ name: [UInt8]) {
    self.examples.put(text: name)
    self.examples.put(UInt64(examples.count))
    for example in examples { self.examples.put(UInt64(example.unit.drafts.count)) }
    for example in examples {
      self.examples.put(byte: example.isNewUnit ? 1 : 0)
      self.examples.put(example.unit)
      self.examples.put(UInt64(example.negatives.count))
      for item in example.negatives { self.examples.put(UInt64(item)) }
    }
  }

  private func count(_ unit: Unit) {
    made.counts.examples += 1
    made.counts.interactions += unit.drafts.count
    made.counts.longest = max(made.counts.longest, unit.drafts.count)
    for draft in unit.drafts {
      if draft.isTarget { made.counts.targets += 1 }
      made.counts.firstTime = min(made.counts.firstTime ?? draft.time, draft.time)
      made.counts.lastTime = max(made.counts.lastTime ?? draft.time, draft.time)
      if draft.item > 0 { isItemSeen[Int(draft.item) - 1] = true }
    }
  }

  /// What was appended since the last time.
  func take() -> FinishedExamples {
    defer {
      made = FinishedExamples()
      all.removeAll()
    }
    made.bytes = all.bytes
    return made
  }
}

/// The finished examples of one split on disk, by user.
final class ExampleStore {
  /// Nil where examples are only counted.
  private let spool: Spool?
  /// Where each user's record lies, and its ordinal, in the order in which they are read.
  private let users: RecordRuns
  private var user = ByteWriter()
  private(set) var counts = SplitCounts()

  init(_ spool: Spool?, users: RecordRuns) {
    self.spool = spool
    self.users = users
  }

  /// Appends what a thread finished; ordinals are those of its users.
  func append(_ made: FinishedExamples, ordinals: [Int32]) throws {
    let place = spool?.nextPlace ?? 0
    for (user, ordinal) in zip(made.users, ordinals) {
      self.user.removeAll()
      user.rank.withUnsafeBytes { self.user.put(word: $0) }
      self.user.put(ascending: UInt64(place + user.offset))
      self.user.put(UInt64(ordinal))
      try users.append(self.user)
    }
    counts.add(made.counts)
    try spool?.append(framed: made.bytes)
  }

  /// Ends writing; `items` are the distinct ones.
  func finish(items: Int) throws {
    counts.items = items
    try spool?.finish()
    try users.finish()
  }

  /// All users' ordinals, and where their records lie.
  func sortedUsers() throws -> UserCursor { UserCursor(records: try users.sorted()) }

  /// Reads users' records in order, in blocks that are batches of examples.
  func blocks(firstRow: Int64) throws -> ExampleBlocks? {
    guard let spool else { return nil }
    return ExampleBlocks(try spool.reader(), try sortedUsers(), firstRow: firstRow)
  }

  /// Hands over each user's examples, in order.
  func forEachUser(_ body: (_ actor: [UInt8], _ examples: [StoredExample]) throws -> Void) throws {
    guard let blocks = try blocks(firstRow: 0) else { return }
    while let block = try blocks.next() {
      try block.forEachUser { user in
        if user.isWhole { try body(user.actor, user.examples) }
      }
    }
  }
}

/// Goes through a split's users.
struct UserCursor {
  fileprivate let records: RecordRuns.Cursor

  func next() throws -> (ordinal: Int32, place: Int)? {
    try records.next()?.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      _ = reader.word()
      let place = Int(reader.ascending())
      return (Int32(truncatingIfNeeded: reader.number()), place)
    }
  }
}

extension SplitCounts {
  /// Adds other examples' counts; distinct items cannot be added.
  mutating func add(_ other: SplitCounts) {
    examples += other.examples
    interactions += other.interactions
    targets += other.targets
    users += other.users
    longest = max(longest, other.longest)
    if let first = other.firstTime { firstTime = min(firstTime ?? first, first) }
    if let last = other.lastTime { lastTime = max(lastTime ?? last, last) }
  }
}
