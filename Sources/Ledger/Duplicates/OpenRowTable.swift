import Bytes
import CKernels

/// The identities of rows not yet sealed: an open-addressing table of 128-bit keys.
///
/// A row is here by the hash of its identity and the hash of its message, both keyed by the
/// ledger's own random seed. Two equal pairs are taken for the same bytes: with a million open
/// rows the chance of an error is below 2^-80.
///
/// - Cost: 16 bytes a slot, at most half of the slots used.
struct OpenRowTable {
  private var slots: [Slot]
  private(set) var count = 0
  private var hasZero = false
  private var zeroMessage: UInt64 = 0

  private struct Slot {
    var identity: UInt64
    var message: UInt64
  }

  enum Outcome { case new, redelivered, conflict }

  init(minimumCapacity: Int = 1024) {
    var capacity = 16
    while capacity < 2 * minimumCapacity { capacity *= 2 }
    slots = largeTable(repeating: Slot(identity: 0, message: 0), count: capacity)
  }

  /// Looks an identity up without adding it.
  @inline(__always)
  func find(identity: UInt64, message: UInt64) -> Outcome {
    if identity == 0 {
      return !hasZero ? .new : zeroMessage == message ? .redelivered : .conflict
    }
    return slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      var index = Int(truncatingIfNeeded: identity) & mask
      while slots[index].identity != 0 {
        if slots[index].identity == identity {
          return slots[index].message == message ? .redelivered : .conflict
        }
        index = (index + 1) & mask
      }
      return .new
    }
  }

  /// Adds an identity unless it is there already.
  @inline(__always)
  mutating func insert(identity: UInt64, message: UInt64) -> Outcome {
    if 2 * (count + 1) > slots.count { grow() }
    if identity == 0 {
      let outcome = find(identity: identity, message: message)
      if !hasZero { (hasZero, zeroMessage) = (true, message) }
      return outcome
    }
    let outcome = slots.withUnsafeMutableBufferPointer { slots -> Outcome in
      let mask = slots.count - 1
      var index = Int(truncatingIfNeeded: identity) & mask
      while slots[index].identity != 0 {
        if slots[index].identity == identity {
          return slots[index].message == message ? .redelivered : .conflict
        }
        index = (index + 1) & mask
      }
      slots[index] = Slot(identity: identity, message: message)
      return .new
    }
    if outcome == .new { count += 1 }
    return outcome
  }

  /// Asks for the slots of many identities, so that the look-ups that follow find them in the
  /// cache.
  func prefetch(_ identities: ArraySlice<UInt64>) {
    slots.withUnsafeBufferPointer { slots in
      guard let base = slots.baseAddress else { return }
      for identity in identities {
        daybook_prefetch(base + (Int(truncatingIfNeeded: identity) & (slots.count - 1)))
      }
    }
  }

  private mutating func grow() {
    let old = slots
    slots = largeTable(repeating: Slot(identity: 0, message: 0), count: 2 * old.count)
    let mask = slots.count - 1
    for slot in old where slot.identity != 0 {
      var index = Int(truncatingIfNeeded: slot.identity) & mask
      while slots[index].identity != 0 { index = (index + 1) & mask }
      slots[index] = slot
    }
  }
}
