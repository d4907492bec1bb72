import Events
import Parquet

extension NestedLayout {
  /// One row a sequence, the fields of the contract's table in its order, lists nested.
  static let sequences = NestedLayout(
    [
      .string("sequence_id", .required, fieldID: 1),
      .string("actor", .required, fieldID: 2),
      .string("outcome", .required, fieldID: 3),
      .string("level", .required, fieldID: 4),
      .string("reason", fieldID: 5),
      .timestamp("started_at", .required, fieldID: 6),
      .timestamp("ended_at", .required, fieldID: 7),
      .timestamp("abandoned_at", fieldID: 8),
      .timestamp("purchased_at", fieldID: 9),
      .timestamp("recovered_at", fieldID: 10),
      .string("recovered_by", fieldID: 11),
      .string("recovery", fieldID: 12),
      .column("sessions", .int32, .required, fieldID: 13),
      .column("attempts", .int32, .required, fieldID: 14),
      .column("failures", .int32, .required, fieldID: 15),
      texts("order_ids", id: 16),
      texts("cart_ids", id: 17),
      .string("channel", fieldID: 18),
      .string("campaign_id", fieldID: 19),
      list(
        "cart", [.string("item_id", .required), .column("quantity", .int64, .required)], id: 20),
      list(
        "bought",
        [
          .string("item_id", .required), .column("quantity", .int64, .required),
          .column("unit_price", .int64),
        ], id: 21, .optional),
      .string("currency", fieldID: 22),
      .column("paid", .int64, fieldID: 23),
      .column("refunded", .int64, fieldID: 24),
      .column("net", .int64, fieldID: 25),
      .timestamp("fulfilled_at", fieldID: 26),
      .timestamp("refunded_at", fieldID: 27),
      .timestamp("cancelled_at", fieldID: 28),
      list(
        "steps",
        [
          .string("event_id", .required), .timestamp("time", .required),
          .string("topic", .required), .string("role", .required), .column("session", .int32),
          .string("item_id"), .column("quantity", .int32), .column("unit_price", .int64),
        ], id: 29),
      list(
        "aftermath",
        [
          .string("event_id", .required), .timestamp("time", .required),
          .string("topic", .required), .string("role", .required), .column("amount", .int64),
        ], id: 30),
    ], name: "sequence")
}

/// Leaves of `NestedLayout.sequences` by index, as far as they are not simply counted through.
private enum SequenceLeaf {
  static let orderIDs = 15
  static let cartIDs = 16
  static let channel = 17
  static let campaign = 18
  static let cartItem = 19
  static let boughtItem = 21
  static let currency = 24
  static let stepEvent = 31
  static let aftermathEvent = 39
}

extension NestedColumns {
  /// Appends one sequence of the actor at hand.
  func append(sequence index: Int, of walk: borrowing ActorWalk) {
    let sequence = walk.sequences[index]
    appendHead(sequence, walk)
    appendLists(sequence, walk)
    appendMoney(sequence, walk)
    appendSteps(sequence, walk)
    appendAftermath(sequence, walk)
    endRow()
  }

  private func appendHead(_ sequence: WalkedSequence, _ walk: borrowing ActorWalk) {
    hex(0, sequence.id, definition: 0)
    actor(1, walk.actorLetter, walk.actorText)
    name(2, sequence.outcome.name, definition: 0)
    name(3, sequence.level.name, definition: 0)
    if let reason = sequence.reason {
      name(4, reason.name, definition: 1)
    } else {
      none(4, definition: 0)
    }
    integer(5, sequence.startedAt, definition: 0)
    integer(6, sequence.endedAt, definition: 0)
    optional(7, time: sequence.abandonedAt)
    optional(8, time: sequence.purchasedAt)
    optional(9, time: sequence.recoveredAt)
    if sequence.recovery == .recovered {
      hex(10, sequence.recoveredBy, definition: 1)
    } else {
      none(10, definition: 0)
    }
    switch sequence.recovery {
    case .notAsked: none(11, definition: 0)
    case .recovered: name(11, "recovered", definition: 1)
    case .lost: name(11, "lost", definition: 1)
    case .censored: name(11, "censored", definition: 1)
    }
    smallInteger(12, Int32(clamping: sequence.sessionCount), definition: 0)
    smallInteger(13, Int32(clamping: sequence.attemptCount), definition: 0)
    smallInteger(14, Int32(clamping: sequence.failureCount), definition: 0)
  }

  private func appendLists(_ sequence: WalkedSequence, _ walk: borrowing ActorWalk) {
    var order = sequence.firstOrder
    if order < 0 { none(SequenceLeaf.orderIDs, definition: 0) }
    while order >= 0 {
      text(
        SequenceLeaf.orderIDs, walk.orders[Int(order)].raw, definition: 1,
        repetition: order == sequence.firstOrder ? 0 : 1)
      order = walk.nextOrder[Int(order)]
    }
    if sequence.cartIDs.isEmpty { none(SequenceLeaf.cartIDs, definition: 0) }
    for place in sequence.cartIDs {
      text(
        SequenceLeaf.cartIDs, walk.cartNames[walk.cartIDs[place]].raw, definition: 1,
        repetition: place == sequence.cartIDs.lowerBound ? 0 : 1)
    }
    optional(SequenceLeaf.channel, text: sequence.channel)
    optional(SequenceLeaf.campaign, text: sequence.campaign)
    if sequence.cart.isEmpty {
      for leaf in 0..<2 { none(SequenceLeaf.cartItem + leaf, definition: 0) }
    }
    for place in sequence.cart {
      let repetition: UInt8 = place == sequence.cart.lowerBound ? 0 : 1
      let item = walk.carts[place]
      text(SequenceLeaf.cartItem, walk.items[item.item].raw, definition: 1, repetition: repetition)
      integer(SequenceLeaf.cartItem + 1, item.quantity, definition: 1, repetition: repetition)
    }
  }

  private func appendMoney(_ sequence: WalkedSequence, _ walk: borrowing ActorWalk) {
    if sequence.bought.isEmpty {
      let level: UInt8 = sequence.outcome == .purchased ? 1 : 0
      for leaf in 0..<3 { none(SequenceLeaf.boughtItem + leaf, definition: level) }
    }
    for place in sequence.bought {
      let repetition: UInt8 = place == sequence.bought.lowerBound ? 0 : 1
      let line = walk.bought[place]
      text(
        SequenceLeaf.boughtItem, walk.items[line.item].raw, definition: 2, repetition: repetition)
      integer(SequenceLeaf.boughtItem + 1, line.quantity, definition: 2, repetition: repetition)
      optional(
        SequenceLeaf.boughtItem + 2, integer: line.unitPrice, definition: 3, repetition: repetition)
    }
    optional(SequenceLeaf.currency, text: sequence.currency)
    optional(SequenceLeaf.currency + 1, integer: sequence.paid)
    optional(SequenceLeaf.currency + 2, integer: sequence.refunded)
    optional(SequenceLeaf.currency + 3, integer: sequence.net)
    optional(SequenceLeaf.currency + 4, time: sequence.fulfilledAt)
    optional(SequenceLeaf.currency + 5, time: sequence.refundedAt)
    optional(SequenceLeaf.currency + 6, time: sequence.cancelledAt)
  }

  private func appendSteps(_ sequence: WalkedSequence, _ walk: borrowing ActorWalk) {
    var step = sequence.firstStep
    while step >= 0 {
      let record = walk.record(step)
      let repetition: UInt8 = step == sequence.firstStep ? 0 : 1
      event(SequenceLeaf.stepEvent, record, repetition)
      let session = walk.sessions[Int(step)]
      if session >= 0 {
        smallInteger(
          SequenceLeaf.stepEvent + 4, session - sequence.firstSession, definition: 2,
          repetition: repetition)
      } else {
        none(SequenceLeaf.stepEvent + 4, definition: 1, repetition: repetition)
      }
      optional(SequenceLeaf.stepEvent + 5, text: record.item, definition: 2, repetition: repetition)
      if record.fields.contains(.quantity) {
        smallInteger(
          SequenceLeaf.stepEvent + 6, Int32(clamping: record.quantity), definition: 2,
          repetition: repetition)
      } else {
        none(SequenceLeaf.stepEvent + 6, definition: 1, repetition: repetition)
      }
      let price = record.fields.contains(.unitPrice) ? record.unitPrice : nil
      optional(SequenceLeaf.stepEvent + 7, integer: price, definition: 2, repetition: repetition)
      step = walk.next[Int(step)]
    }
  }

  private func appendAftermath(_ sequence: WalkedSequence, _ walk: borrowing ActorWalk) {
    var index = sequence.firstAftermath
    if index < 0 {
      for leaf in 0..<5 { none(SequenceLeaf.aftermathEvent + leaf, definition: 0) }
    }
    while index >= 0 {
      let record = walk.record(index)
      let repetition: UInt8 = index == sequence.firstAftermath ? 0 : 1
      event(SequenceLeaf.aftermathEvent, record, repetition)
      let amount = record.fields.contains(.amount) ? record.amount : nil
      optional(
        SequenceLeaf.aftermathEvent + 4, integer: amount, definition: 2, repetition: repetition)
      index = walk.next[Int(index)]
    }
  }

  /// The fields that steps and aftermath begin with.
  private func event(_ leaf: Int, _ record: Record, _ repetition: UInt8) {
    text(leaf, record.eventID.raw, definition: 1, repetition: repetition)
    integer(leaf + 1, record.time, definition: 1, repetition: repetition)
    text(leaf + 2, record.topic.raw, definition: 1, repetition: repetition)
    roleNames.with(record.role) { text(leaf + 3, $0, definition: 1, repetition: repetition) }
  }

  // Small strings of our own.

  func name(_ leaf: Int, _ name: StaticString, definition: UInt8) {
    let bytes = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    text(leaf, bytes, definition: definition)
  }

  func hex(_ leaf: Int, _ id: UInt64, definition: UInt8) {
    scratch.count = 0
    scratch.reserve(16)
    scratch.write { $0.put(hex: id) }
    text(leaf, scratch.bytes, definition: definition)
  }

  func actor(_ leaf: Int, _ letter: UInt8, _ name: TextSlice) {
    scratch.count = 0
    scratch.reserve(name.count + 2)
    scratch.put(letter)
    scratch.put(UInt8(ascii: ":"))
    if let start = name.start { scratch.put(start, name.count) }
    text(leaf, scratch.bytes, definition: 0)
  }
}
