import Bytes
import Events

// How much of a component an update computes anew.
//
// A *cut* is a moment at which nothing of a component is under way. What lies before it, its closed
// past, is left alone: its events are not read and its rows stay. By the contract that is right
// where all of these hold.
//
// * Whose the events are stands still on both sides. Either no event of the component names a
//   customer: then there is no login, visitors are themselves, and owners of orders and carts come
//   from these alone. Or all name one and the same, and every visitor is that customer: §3.2 gives
//   a visitor of one customer to it at all times, and only a second customer could change that. A
//   `plain` component is one of these; its *names* are kept, so that the present is computed with
//   the logins of the past. A new customer, compared by its bytes, makes it whole again, and so
//   does everything that unites it with another one that had rows.
// * No order and no cart lies on both sides. So no late payment, refund or fulfilment reaches back
//   (§5.1, §5.2), owners and hubs (§3.3) are made of events of one side, and the counting of
//   payments, which is by order, too.
// * The walk stands at its beginning: the sequence before the cut is purchased or the silence is
//   more than its patience (§5.3), which closes it, with nothing carried on: level, cart and
//   patience are the open sequence's alone.
// * The silence is more than the recovery window after the end of each abandoned sequence above
//   browse: no purchase behind the cut recovers it, and none takes its cart for an empty one
//   (`bought`).
// * It is more than `session_gap`: a session begins (§4). Numbers of sessions are told from a
//   sequence's first, so where counting began does not show.
//
// Channel, campaign, currency, sums are of one sequence. The horizon changes rows of the past by
// itself, as told in advance. An event that arrives late, at or before the end of such a silence,
// has the component computed whole.

/// What of a component is computed anew.
enum KeptCut {
  /// Everything.
  case whole
  /// What follows the closed past.
  case open
  /// Only what is new: all that there was is past now.
  case new
}

extension ComponentFacts {
  var oldRowCount: UInt32 { rowCount - newRowCount }

  /// What is to be computed anew, unless its events say otherwise.
  var cut: KeptCut {
    if oldRowCount == 0 || !flags.contains(.isPlain) || flags.contains(.isUnited) { return .whole }
    if earliestNew > settledAt && !flags.contains(.namesOld) { return .new }
    return closedRowCount > 0 && earliestNew > closedThrough ? .open : .whole
  }

  /// The rows that this takes.
  var cutRowCount: Int {
    switch cut {
    case .whole: Int(rowCount)
    case .open: Int(rowCount - closedRowCount)
    case .new: Int(newRowCount)
    }
  }
}

/// A plain component's customer and the visitors that are this customer.
struct ComponentNames {
  private let start: UnsafePointer<UInt8>

  /// - Shape: byte count of what follows; the customer, then each visitor, with its length.
  init(_ start: UnsafePointer<UInt8>) { self.start = start }

  var customer: UnsafeRawBufferPointer {
    var cursor = RecordCursor(start)
    _ = cursor.varint()
    return cursor.bytes(cursor.varint())
  }

  /// All of it, as it is kept.
  var bytes: UnsafeRawBufferPointer {
    var cursor = RecordCursor(start)
    let count = cursor.varint()
    return UnsafeRawBufferPointer(start: start, count: cursor.place - start + count)
  }

  var visitorCount: Int {
    var count = 0
    forEachVisitor { _ in count += 1 }
    return count
  }

  func forEachVisitor(_ body: (UnsafeRawBufferPointer) -> Void) {
    var cursor = RecordCursor(start)
    let count = cursor.varint()
    let end = cursor.place + count
    _ = cursor.bytes(cursor.varint())
    while cursor.place < end { body(cursor.bytes(cursor.varint())) }
  }

  /// Names as they are kept: the customer first.
  static func write(_ texts: [UnsafeRawBufferPointer], to out: inout OutputBytes) {
    var body = OutputBytes(capacity: 128)
    for text in texts {
      body.reserve(text.count + 10)
      body.put(varint: UInt64(text.count))
      if let start = text.baseAddress {
        body.put(start.assumingMemoryBound(to: UInt8.self), text.count)
      }
    }
    out.count = 0
    out.reserve(body.count + 10)
    out.put(varint: UInt64(body.count))
    out.put(UnsafePointer(body.base), body.count)
  }
}

extension Components {
  /// The names of a component, or nil where no customer is in it.
  func names(of facts: ComponentFacts) -> ComponentNames? {
    facts.names < 0 ? nil : ComponentNames(UnsafePointer(names.base) + Int(facts.names))
  }
}

/// What a cut is decided by, of one kept event: its time, and the hashes of its cart and order.
struct KeptEventLinks {
  private(set) var byteCount: Int
  private(set) var time: Int64
  private(set) var cart: UInt64?
  private(set) var order: UInt64?

  init(_ record: UnsafePointer<UInt8>) {
    var cursor = RecordCursor(record)
    byteCount = Int(cursor.raw(UInt32.self))
    _ = cursor.raw(UInt32.self)
    let fields = cursor.raw(UInt32.self)
    let occurredAt = cursor.raw(Int64.self)
    let isLate = fields & KeptField.recordedAt != 0
    time = effectiveTime(
      occurredAt: occurredAt, recordedAt: isLate ? cursor.raw(Int64.self) : occurredAt)
    if cursor.varint() == 0 { _ = cursor.bytes(cursor.varint()) }
    if cursor.varint() == 0 { _ = cursor.bytes(cursor.varint()) }
    _ = cursor.bytes(cursor.varint())
    for (index, isShared) in KeptField.columns where fields & 1 << UInt32(index) != 0 {
      if isShared { break }
      let text = cursor.bytes(cursor.varint())
      if index == KeptField.cartIndex { cart = fastHash(text, seed: KeptUpdate.cartSeed) }
      if index == KeptField.orderIndex { order = fastHash(text, seed: KeptUpdate.orderSeed) }
    }
  }

  /// Hands over each of some records that lie one after the other.
  static func forEach(
    in records: UnsafeRawBufferPointer, _ body: (KeptEventLinks, UnsafeRawBufferPointer) -> Void
  ) {
    guard let base = records.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    var offset = 0
    while offset < records.count {
      let links = KeptEventLinks(base + offset)
      body(links, UnsafeRawBufferPointer(rebasing: records[offset..<offset + links.byteCount]))
      offset += links.byteCount
    }
  }
}
