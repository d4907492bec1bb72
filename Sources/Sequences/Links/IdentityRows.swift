import Bytes
import Threads

/// Rows that name an order, a cart or a login, brought together by ranges of their integers.
///
/// - Shape: an order's row: order, visitor, customer, cart (each 4 bytes), time, rank; a cart's the
///   same, its cart first; a login's: visitor, customer, time, rank, kind (`DerivedLogin`).
///   Id and source follow as in `LinkTask`.
struct IdentityRows: Sendable {
  let store: PartitionStore
  let orders: IDRanges
  let carts: IDRanges
  let visitors: IDRanges

  /// The integers of one kind in ranges of about the same size.
  struct IDRanges: Sendable {
    let count: Int
    let rangeCount: Int
    /// The number of the first range among the partitions of the store.
    let first: Int

    @inline(__always) func partition(of code: UInt32) -> Int {
      first + Int(UInt64(code) * UInt64(rangeCount) / UInt64(count))
    }

    func codes(_ range: Int) -> Range<Int> {
      lower(range)..<lower(range + 1)
    }

    private func lower(_ range: Int) -> Int { (range * count + rangeCount - 1) / rangeCount }
  }

  /// - Parameter idsOfRange: how many ids a range should have.
  init(
    orders: Int, carts: Int, visitors: Int, idsOfRange: (order: Int, visitor: Int),
    memoryByteLimit: Int, threadCount: Int, spill: SpillFile
  ) {
    func ranges(_ count: Int, _ ids: Int, after first: Int) -> IDRanges {
      IDRanges(
        count: count, rangeCount: min(count / ids + 1, Limits.identityRangeCount, max(count, 1)),
        first: first)
    }
    self.orders = ranges(orders, idsOfRange.order, after: 0)
    self.carts = ranges(carts, idsOfRange.order, after: self.orders.rangeCount)
    self.visitors = ranges(
      visitors, idsOfRange.visitor, after: self.carts.first + self.carts.rangeCount)
    let count = self.visitors.first + self.visitors.rangeCount
    let fair = memoryByteLimit / 4 / count / threadCount
    store = PartitionStore(
      partitionCount: count,
      chunkByteCount: min(max(fair, Limits.smallestChunkByteCount), Limits.largestChunkByteCount),
      memoryByteLimit: memoryByteLimit, spill: spill)
  }
}

/// Puts the rows of tasks where they belong; one a thread.
final class IdentityRowWriter {
  private let target: IdentityRows
  private let buffers: PartitionBuffers
  private let dropsLogins: Bool
  private var row = OutputBytes(capacity: 1_024)

  /// - Parameter wantsLogins: whether visitors become customers at all.
  init(_ target: IdentityRows, wantsLogins: Bool) {
    self.target = target
    buffers = PartitionBuffers(store: target.store)
    dropsLogins = !wantsLogins
  }

  /// The integers of a task's ids, by their places in their units.
  struct Codes {
    var visitors: [UInt32]
    var customers: [UInt32]
    var orders: [UInt32]
    var carts: [UInt32]
  }

  /// Takes in rows as `LinkTask` writes them.
  func add(_ bytes: UnsafeRawBufferPointer, _ codes: Codes) throws {
    guard let base = bytes.baseAddress else { return }
    var cursor = RecordCursor(base.assumingMemoryBound(to: UInt8.self))
    let end = cursor.place + bytes.count
    func code(_ codes: [UInt32]) -> UInt32 {
      let place = cursor.varint()
      return place == 0 ? InternTable.absent : codes[place - 1]
    }
    while cursor.place < end {
      let time = cursor.raw(Int64.self)
      let rank = cursor.byte()
      let visitor = code(codes.visitors)
      let customer = code(codes.customers)
      let order = code(codes.orders)
      let cart = code(codes.carts)
      let tail = cursor.place
      cursor.skipIdentity()
      let identity = UnsafeRawBufferPointer(start: tail, count: cursor.place - tail)
      if order != InternTable.absent {
        try put(
          order, (visitor, customer, cart), time, rank, identity,
          to: target.orders.partition(of: order))
      }
      if cart != InternTable.absent {
        try put(
          cart, (visitor, customer, InternTable.absent), time, rank, identity,
          to: target.carts.partition(of: cart))
      }
      if visitor != InternTable.absent && customer != InternTable.absent {
        try addLogin(visitor, customer, time, rank, kind: 0, identity)
      }
    }
  }

  /// Takes in further logins as `LinkTask` writes them, of those visitors whom `isWanted` knows.
  func addLogins(
    _ bytes: UnsafeRawBufferPointer, _ codes: Codes, of isWanted: [Bool]
  ) throws {
    guard let base = bytes.baseAddress else { return }
    var cursor = RecordCursor(base.assumingMemoryBound(to: UInt8.self))
    let end = cursor.place + bytes.count
    while cursor.place < end {
      let time = cursor.raw(Int64.self)
      let rank = cursor.byte()
      let visitor = codes.visitors[cursor.varint() - 1]
      let customer = codes.customers[cursor.varint() - 1]
      let tail = cursor.place
      cursor.skipIdentity()
      if !isWanted[Int(visitor)] { continue }
      let identity = UnsafeRawBufferPointer(start: tail, count: cursor.place - tail)
      try addLogin(visitor, customer, time, rank, kind: 0, identity)
    }
  }

  private func put(
    _ code: UInt32, _ others: (UInt32, UInt32, UInt32), _ time: Int64, _ rank: UInt8,
    _ identity: UnsafeRawBufferPointer, to partition: Int
  ) throws {
    row.count = 0
    row.reserve(identity.count + 32)
    row.put(raw: code)
    row.put(raw: others.0)
    row.put(raw: others.1)
    row.put(raw: others.2)
    row.put(raw: time)
    row.put(rank)
    row.put(identity)
    try buffers.append(row.base, row.count, to: partition)
  }

  /// Takes in a login of an event, an order or a cart.
  func addLogin(
    _ visitor: UInt32, _ customer: UInt32, _ time: Int64, _ rank: UInt8, kind: UInt8,
    _ identity: UnsafeRawBufferPointer
  ) throws {
    if dropsLogins { return }
    row.count = 0
    row.reserve(identity.count + 32)
    row.put(raw: visitor)
    row.put(raw: customer)
    row.put(raw: time)
    row.put(rank)
    row.put(kind)
    row.put(identity)
    try buffers.append(row.base, row.count, to: target.visitors.partition(of: visitor))
  }

  func flush() throws { try buffers.flush() }
}

extension RecordCursor {
  /// Passes over id and source.
  @inline(__always) mutating func skipIdentity() {
    let idLength = varint()
    place += idLength
    if varint() == 0 {
      let sourceLength = varint()
      place += sourceLength
    }
  }

  /// An event's place with its id and source.
  @inline(__always) mutating func candidate(
    time: Int64, rank: UInt8, _ shared: borrowing SharedStrings
  ) -> Candidate {
    let idLength = varint()
    let id = bytes(idLength)
    let known = varint()
    var source = UnsafeRawBufferPointer(start: nil, count: 0)
    if known == 0 {
      let sourceLength = varint()
      source = bytes(sourceLength)
    } else {
      source = shared[known - 1].raw
    }
    return Candidate(time: time, rank: rank, id: id, source: source)
  }
}
