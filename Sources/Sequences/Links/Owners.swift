import Bytes

/// By what an order or a cart finds its owner, once it is known who the visitors are.
///
/// - Cost: 16 bytes.
struct OwnerClue {
  /// The rank of a customer, or of the visitor of the first guest's event, or nobody.
  var actor = ResolvedLinks.nobody
  /// Of orders without an owner of their own: a cart.
  var cart = InternTable.absent
  var guestTime: Int64 = 0
}

/// The orders or carts of one range, from all rows that name them.
///
/// - Source: docs/semantics.md §3.3.
struct OwnerRange {
  let rows: IdentityRows
  let ids: IdentityRows.IDRanges
  let kind: LinkKind
  let hubLimit: Int
  let customerCount: Int

  /// What is known of the range; its rows are forgotten.
  func facts(_ range: Int, _ shared: borrowing SharedStrings) throws -> KnownFacts {
    let codes = ids.codes(range)
    let known = KnownFacts(count: codes.count, haveCarts: kind == .orders)
    try rows.store.visit(ids.first + range) { bytes in
      guard let base = bytes.baseAddress else { return }
      var cursor = RecordCursor(base.assumingMemoryBound(to: UInt8.self))
      let end = cursor.place + bytes.count
      while cursor.place < end {
        let code = cursor.raw(UInt32.self)
        let visitor = cursor.raw(UInt32.self)
        let customer = cursor.raw(UInt32.self)
        let cart = cursor.raw(UInt32.self)
        let time = cursor.raw(Int64.self)
        let rank = cursor.byte()
        var candidate = cursor.candidate(time: time, rank: rank, shared)
        known.table.add(
          code - UInt32(codes.lowerBound), visitor: visitor, customer: customer, cart: cart,
          at: &candidate, places: &known.places, hubLimit: UInt32(clamping: hubLimit))
      }
    }
    rows.store.forget(ids.first + range)
    return known
  }

  /// The clues of a range's facts, in the order of its integers.
  func clues(_ known: KnownFacts) -> [OwnerClue] {
    known.table.facts.buffer.enumerated().map { index, facts in
      var clue = OwnerClue()
      if facts.isHub(hubLimit) { return clue }
      if facts.customerPlace.exists {
        clue.actor = facts.customer
      } else if facts.guestPlace.exists {
        clue.actor = UInt32(customerCount) + facts.guest
        clue.guestTime = facts.guestPlace.time
      }
      if kind == .orders && known.table.carts[index].place.exists {
        clue.cart = known.table.carts[index].cart
      }
      return clue
    }
  }

  /// Adds the logins that a range's orders or carts give.
  ///
  /// - Source: docs/semantics.md §3.1.
  func addLogins(
    of known: KnownFacts, to writer: IdentityRowWriter, _ shared: borrowing SharedStrings
  ) throws {
    var identity = OutputBytes(capacity: 256)
    for facts in known.table.facts.buffer
    where facts.guestPlace.exists && facts.customerPlace.exists && !facts.isHub(hubLimit) {
      let texts = known.places.texts(facts.guestPlace)
      identity.count = 0
      identity.reserve(texts.id.count + texts.source.count + 32)
      identity.put(varint: UInt64(texts.id.count))
      identity.put(texts.id)
      let source = shared.find(texts.source)
      if source != InternTable.absent {
        identity.put(varint: UInt64(source) + 1)
      } else {
        identity.put(0)
        identity.put(varint: UInt64(texts.source.count))
        identity.put(texts.source)
      }
      try writer.addLogin(
        facts.guest, facts.customer, facts.guestPlace.time, facts.guestPlace.rank,
        kind: kind == .orders ? 1 : 2, identity.bytes)
    }
  }
}
