import Bytes
import CKernels

/// The identities of rows not yet sealed, in the order of the rows, and an open-addressing table
/// that finds them.
///
/// A row is here by the hash of its identity and the hash of its message, both keyed by the
/// ledger's own random seed. Two equal pairs are taken for the same bytes: with a million open
/// rows the chance of an error is below 2^-80.
///
/// - Shape: a slot holds the upper half of an identity and its row + 1, which has 32 bits: a
///   segment has at most 2^24 rows. 0 is free.
/// - Cost: 16 bytes a row and 8 a slot, at most half of the slots used. Fresh memory is a good part
///   of what a new segment costs, so slots say only where to look.
struct OpenRowTable {
  private var slots: [UInt64]
  private(set) var identities: [UInt64] = []
  private var messages: [UInt64] = []

  enum Outcome { case new, redelivered, conflict }

  init(minimumCapacity: Int = 1024) {
    var capacity = 16
    while capacity < 2 * minimumCapacity { capacity *= 2 }
    slots = largeTable(repeating: 0, count: capacity)
    identities.reserveCapacity(minimumCapacity)
    messages.reserveCapacity(minimumCapacity)
  }

  var count: Int { identities.count }

  /// Looks an identity up without adding it.
  @inline(__always)
  func find(identity: UInt64, message: UInt64) -> Outcome {
    probe(identity, message).outcome
  }

  /// Adds an identity unless it is there already.
  @inline(__always)
  mutating func insert(identity: UInt64, message: UInt64) -> Outcome {
    if 2 * (count + 1) > slots.count { grow() }
    let (outcome, place) = probe(identity, message)
    if outcome == .new {
      identities.append(identity)
      messages.append(message)
      slots[place] = OpenRowTable.slot(identity, count)
    }
    return outcome
  }

  @inline(__always)
  private static func slot(_ identity: UInt64, _ rowNumber: Int) -> UInt64 {
    identity & ~0xffff_ffff | UInt64(rowNumber)
  }

  /// What is known of an identity, and where it stands or would stand.
  @inline(__always)
  private func probe(_ identity: UInt64, _ message: UInt64) -> (outcome: Outcome, place: Int) {
    slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      var place = Int(truncatingIfNeeded: identity) & mask
      while true {
        let slot = slots[place]
        if slot == 0 { return (.new, place) }
        if slot >> 32 == identity >> 32 {
          let row = Int(UInt32(truncatingIfNeeded: slot)) - 1
          if identities[row] == identity {
            return (messages[row] == message ? .redelivered : .conflict, place)
          }
        }
        place = (place + 1) & mask
      }
    }
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
    let slotCount = 2 * slots.count
    slots = []
    slots = largeTable(repeating: 0, count: slotCount)
    let mask = slotCount - 1
    for (row, identity) in identities.enumerated() {
      var place = Int(truncatingIfNeeded: identity) & mask
      while slots[place] != 0 { place = (place + 1) & mask }
      slots[place] = OpenRowTable.slot(identity, row + 1)
    }
  }
}
