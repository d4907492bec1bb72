/// Which ids came together in a task's rows, and how early.
///
/// Of two events with the same visitor, customer, order and cart only the earlier one can decide
/// whose the order or cart is, and both count the same people; so the later one needs no row.
///
/// - Shape: one entry a slot; what comes later to a slot takes it, so some rows are kept in vain.
/// - Cost: 32 bytes a slot, few enough for the second-level cache and no more than rows need.
struct MetIDs: ~Copyable {
  /// Places + 1 of one event's ids in their units, or 0.
  struct Combination: Equatable {
    var visitor: UInt32
    var customer: UInt32
    var order: UInt32
    var cart: UInt32

    @inline(__always) var isLogin: Bool { visitor != 0 && customer != 0 }

    @inline(__always) fileprivate func slot(_ bits: UInt64) -> Int {
      let first = (UInt64(visitor) << 32 | UInt64(customer)) &* 0x9e37_79b9_7f4a_7c15
      let second = (UInt64(order) << 32 | UInt64(cart)) &* 0xd1b5_4a32_d192_ed03
      let mixed = (first ^ second) &* 0x9e37_79b9_7f4a_7c15
      return Int(mixed >> (64 &- bits))
    }
  }

  private struct Entry {
    var ids = Combination(visitor: 0, customer: 0, order: 0, cart: 0)
    var rank: UInt8 = 0
    var time = Int64.max
  }

  private let entries: UnsafeMutablePointer<Entry>
  private let bits: UInt64
  private var count: Int { 1 << Int(bits) }

  /// - Parameter rowCount: about how many rows a task may have.
  init(rowCount: Int) {
    let wanted = Int.bitWidth - max(rowCount, 1).leadingZeroBitCount
    bits = UInt64(min(wanted, Limits.metIDsBits))
    entries = .allocate(capacity: 1 << Int(bits))
    entries.initialize(repeating: Entry(), count: 1 << Int(bits))
  }

  deinit { entries.deallocate() }

  /// Whether an event with the same ids was met that stands before this one by time and rank alone;
  /// if not, this one is remembered.
  @inline(__always)
  mutating func haveEarlier(_ ids: Combination, time: Int64, rank: UInt8) -> Bool {
    let entry = entries + ids.slot(bits)
    if entry.pointee.ids == ids {
      let known = (entry.pointee.time, entry.pointee.rank)
      if known < (time, rank) { return true }
    }
    entry.pointee = Entry(ids: ids, rank: rank, time: time)
    return false
  }

  mutating func removeAll() {
    entries.update(repeating: Entry(), count: count)
  }
}
