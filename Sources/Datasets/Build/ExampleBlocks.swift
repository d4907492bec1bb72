/// Users' records of one split that make one batch of examples.
struct ExampleBlock: Sendable {
  /// A user's examples, of which a range belongs to the block.
  struct User {
    var ordinal: Int32
    var actor: [UInt8]
    var examples: [StoredExample]
    /// The row of the first of all its examples, and that of the last unit's first example.
    var firstRow: Int64
    /// Those of the examples that are in the block.
    var range: Range<Int>
    /// Whether the user begins in the block: then it is the one that answers for all examples.
    var isWhole: Bool
  }

  fileprivate struct Part: Sendable {
    var ordinal: Int32
    var firstRow: Int64
    var range: Range<Int>
    var isWhole: Bool
  }

  private(set) fileprivate var records = RecordBlock()
  fileprivate var parts: [Part] = []

  fileprivate mutating func append(_ part: Part, _ record: [UInt8]) {
    record.withUnsafeBytes { records.append($0) }
    parts.append(part)
  }

  func forEachUser(_ body: (User) throws -> Void) rethrows {
    try records.forEach { place, record in
      let part = parts[place]
      var reader = ByteReader(record)
      let actor = reader.text()
      let count = Int(reader.number())
      for _ in 0..<count { _ = reader.number() }
      var examples: [StoredExample] = []
      examples.reserveCapacity(count)
      for _ in 0..<count {
        let isNew = reader.byte() == 1
        var example = StoredExample(isNewUnit: isNew, unit: reader.unit())
        let negatives = Int(reader.number())
        for _ in 0..<negatives {
          example.negatives.append(UInt32(truncatingIfNeeded: reader.number()))
        }
        examples.append(example)
      }
      try body(
        User(
          ordinal: part.ordinal, actor: actor, examples: examples, firstRow: part.firstRow,
          range: part.range, isWhole: part.isWhole))
    }
  }
}

/// Cuts a split's examples into batches: as many as fit within `Limits.batchInteractionCount`
/// interactions, more only for a single longer one.
final class ExampleBlocks {
  private let reader: SpoolReader
  private let users: UserCursor
  private var ordinal: Int32 = -1
  private var expected = 0
  private var row: Int64
  /// The user at hand, how many interactions each of its examples has, and where it goes on.
  private var record: [UInt8] = []
  private var lengths: [Int] = []
  private var nextExample = 0
  private var firstRow: Int64 = 0

  init(_ reader: SpoolReader, _ users: UserCursor, firstRow: Int64) {
    self.reader = reader
    self.users = users
    row = firstRow
  }

  /// The next batch's examples, or nil at the end.
  func next() throws -> ExampleBlock? {
    var block = ExampleBlock()
    var (examples, interactions) = (0, 0)
    while examples < Limits.batchInteractionCount && interactions < Limits.batchInteractionCount {
      if nextExample == lengths.count {
        guard try open() else { break }
      }
      let first = nextExample
      while nextExample < lengths.count && examples < Limits.batchInteractionCount
        && interactions < Limits.batchInteractionCount
      {
        interactions += lengths[nextExample]
        examples += 1
        nextExample += 1
      }
      block.append(
        ExampleBlock.Part(
          ordinal: ordinal, firstRow: firstRow, range: first..<nextExample, isWhole: first == 0),
        record)
    }
    return block.parts.isEmpty ? nil : block
  }

  /// Reads the next user's record.
  private func open() throws -> Bool {
    guard let (ordinal, place) = try users.next() else { return false }
    if place != expected { reader.seek(place) }
    let isThere = try reader.next { bytes in
      record = Array(bytes)
      var header = ByteReader(bytes)
      _ = header.text()
      let count = Int(header.number())
      lengths.removeAll(keepingCapacity: true)
      for _ in 0..<count { lengths.append(Int(header.number())) }
    }
    guard isThere else { return false }
    expected = place + Spool.framedByteCount(record.count)
    self.ordinal = ordinal
    nextExample = 0
    firstRow = row
    row += Int64(lengths.count)
    return true
  }
}

extension Spool {
  static func framedByteCount(_ count: Int) -> Int {
    var writer = ByteWriter()
    writer.put(UInt64(count))
    return writer.count + count
  }
}
