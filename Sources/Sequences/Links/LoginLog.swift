import Files

/// Logins in the order of their arrival, until it is known which visitors have several customers.
///
/// - Cost: about 40 bytes a login, in memory up to a budget, then in a file.
struct LoginLog: ~Copyable {
  private static let chunkByteCount = 256 << 10
  private var chunk = OutputBytes(capacity: 4 << 10)
  private var chunks: [SpilledBytes] = []
  private let spill: SpillFile
  private var freeByteCount: Int

  /// - Units: `memoryByteLimit` in bytes; what goes beyond it lies in `spill`.
  init(spill: SpillFile, memoryByteLimit: Int) {
    self.spill = spill
    freeByteCount = memoryByteLimit
  }

  mutating func append(visitor: UInt32, customer: UInt32, _ candidate: Candidate) throws {
    let length = candidate.id.count + candidate.source.count + 40
    if chunk.count + length > LoginLog.chunkByteCount { try rotate() }
    chunk.reserve(length)
    chunk.put(raw: visitor)
    chunk.put(raw: customer)
    chunk.put(raw: candidate.time)
    chunk.put(candidate.rank)
    put(candidate.id)
    put(candidate.source)
  }

  private mutating func put(_ bytes: UnsafeRawBufferPointer) {
    chunk.put(varint: UInt64(bytes.count))
    if let start = bytes.baseAddress {
      chunk.put(start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
  }

  private mutating func rotate() throws {
    if chunk.count == 0 { return }
    if freeByteCount >= chunk.count {
      freeByteCount -= chunk.count
      chunks.append(SpilledBytes(copying: chunk.bytes))
    } else {
      chunks.append(try spill.append(chunk.bytes))
    }
    chunk.count = 0
  }

  /// Hands over every login in the order of arrival.
  mutating func visit(
    _ body: (_ visitor: UInt32, _ customer: UInt32, _ candidate: Candidate) -> Void
  ) throws {
    try rotate()
    for chunk in chunks {
      try chunk.withBytes(of: spill) { bytes in
        guard let base = bytes.baseAddress else { return }
        var cursor = RecordCursor(base.assumingMemoryBound(to: UInt8.self))
        let end = cursor.place + bytes.count
        while cursor.place < end {
          let visitor = cursor.raw(UInt32.self)
          let customer = cursor.raw(UInt32.self)
          let time = cursor.raw(Int64.self)
          let rank = cursor.byte()
          let id = cursor.bytes(cursor.varint())
          let source = cursor.bytes(cursor.varint())
          body(visitor, customer, Candidate(time: time, rank: rank, id: id, source: source))
        }
      }
    }
  }
}
