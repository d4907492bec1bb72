import Events

/// Writes rows as the contract's text: one object a line, keys in the table's order.
///
/// - Source: docs/semantics.md §5, "As text".
struct NDJSONRows: ~Copyable {
  private var days = DayCache()
  private let roles = RoleNames()
  private var fragments = TopicFragments()

  init() {}

  mutating func write(_ index: Int, of walk: borrowing ActorWalk, to bytes: inout OutputBytes) {
    let sequence = walk.sequences[index]
    var out = bytes.cursor()
    writeHead(sequence, walk, &out)
    writeTimes(sequence, &out)
    writeRecovery(sequence, &out)
    writeLists(sequence, walk, &out)
    writeMoney(sequence, walk, &out)
    writeSteps(sequence, walk, &out)
    writeAftermath(sequence, walk, &out)
    out.reserve(2)
    out.put("}\n")
    bytes.take(out)
  }

  @inline(__always)
  private mutating func writeHead(
    _ sequence: WalkedSequence, _ walk: borrowing ActorWalk, _ out: inout ByteCursor
  ) {
    let actor = walk.actorText
    out.reserve(256 + 6 * actor.count)
    out.put("{\"sequence_id\":\"")
    out.put(hex: sequence.id)
    out.put("\",\"actor\":\"")
    out.put(walk.actorLetter)
    out.put(":")
    out.putInside(json: actor)
    out.put("\",\"outcome\":\"")
    out.put(sequence.outcome.name)
    out.put("\",\"level\":\"")
    out.put(sequence.level.name)
    if let reason = sequence.reason {
      out.put("\",\"reason\":\"")
      out.put(reason.name)
      out.put("\"")
    } else {
      out.put("\",\"reason\":null")
    }
  }

  @inline(__always)
  private mutating func writeTimes(_ sequence: WalkedSequence, _ out: inout ByteCursor) {
    out.reserve(320)
    out.put(",\"started_at\":")
    time(sequence.startedAt, &out)
    out.put(",\"ended_at\":")
    time(sequence.endedAt, &out)
    out.put(",\"abandoned_at\":")
    time(sequence.abandonedAt, &out)
    out.put(",\"purchased_at\":")
    time(sequence.purchasedAt, &out)
  }

  @inline(__always)
  private mutating func writeRecovery(_ sequence: WalkedSequence, _ out: inout ByteCursor) {
    out.reserve(320)
    out.put(",\"recovered_at\":")
    time(sequence.recoveredAt, &out)
    out.put(",\"recovered_by\":")
    if sequence.recovery == .recovered {
      out.put("\"")
      out.put(hex: sequence.recoveredBy)
      out.put("\"")
    } else {
      out.put("null")
    }
    switch sequence.recovery {
    case .notAsked: out.put(",\"recovery\":null")
    case .recovered: out.put(",\"recovery\":\"recovered\"")
    case .lost: out.put(",\"recovery\":\"lost\"")
    case .censored: out.put(",\"recovery\":\"censored\"")
    }
    out.put(",\"sessions\":")
    out.put(decimal: Int64(sequence.sessionCount))
    out.put(",\"attempts\":")
    out.put(decimal: Int64(sequence.attemptCount))
    out.put(",\"failures\":")
    out.put(decimal: Int64(sequence.failureCount))
  }

  @inline(__always)
  private mutating func writeLists(
    _ sequence: WalkedSequence, _ walk: borrowing ActorWalk, _ out: inout ByteCursor
  ) {
    out.reserve(32)
    out.put(",\"order_ids\":[")
    var order = sequence.firstOrder
    while order >= 0 {
      listed(walk.orders[Int(order)], isFirst: order == sequence.firstOrder, &out)
      order = walk.nextOrder[Int(order)]
    }
    out.reserve(32)
    out.put("],\"cart_ids\":[")
    for place in sequence.cartIDs {
      let isFirst = place == sequence.cartIDs.lowerBound
      listed(walk.cartNames[walk.cartIDs[place]], isFirst: isFirst, &out)
    }
    out.reserve(64 + 6 * (sequence.channel.count + sequence.campaign.count))
    out.put("],\"channel\":")
    optional(sequence.channel, &out)
    out.put(",\"campaign_id\":")
    optional(sequence.campaign, &out)
    out.put(",\"cart\":[")
    for place in sequence.cart {
      let item = walk.carts[place]
      line(walk.items[item.item], item.quantity, place == sequence.cart.lowerBound, &out)
      out.put("}")
    }
    out.reserve(2)
    out.put("]")
  }

  @inline(__always)
  private mutating func writeMoney(
    _ sequence: WalkedSequence, _ walk: borrowing ActorWalk, _ out: inout ByteCursor
  ) {
    out.reserve(32)
    if sequence.outcome == .purchased {
      out.put(",\"bought\":[")
      for place in sequence.bought {
        let item = walk.bought[place]
        line(walk.items[item.item], item.quantity, place == sequence.bought.lowerBound, &out)
        out.put(",\"unit_price\":")
        number(item.unitPrice, &out)
        out.put("}")
      }
      out.reserve(2)
      out.put("]")
    } else {
      out.put(",\"bought\":null")
    }
    out.reserve(400 + 6 * sequence.currency.count)
    out.put(",\"currency\":")
    optional(sequence.currency, &out)
    out.put(",\"paid\":")
    number(sequence.paid, &out)
    out.put(",\"refunded\":")
    number(sequence.refunded, &out)
    out.put(",\"net\":")
    number(sequence.net, &out)
    out.put(",\"fulfilled_at\":")
    time(sequence.fulfilledAt, &out)
    out.put(",\"refunded_at\":")
    time(sequence.refundedAt, &out)
    out.put(",\"cancelled_at\":")
    time(sequence.cancelledAt, &out)
  }

  @inline(__always)
  private mutating func writeSteps(
    _ sequence: WalkedSequence, _ walk: borrowing ActorWalk, _ out: inout ByteCursor
  ) {
    out.reserve(16)
    out.put(",\"steps\":[")
    var step = sequence.firstStep
    while step >= 0 {
      let record = walk.record(step)
      event(record, &out)
      if record.topicCode < 0 || !fragments.put(record.topicCode, to: &out) {
        out.place = topicAndSession(record, out)
      }
      let session = walk.sessions[Int(step)]
      out.reserve(128 + 6 * record.item.count)
      if session >= 0 {
        out.put(decimal: Int64(session - sequence.firstSession))
      } else {
        out.put("null")
      }
      out.put(",\"item_id\":")
      optional(record.item, &out)
      out.put(",\"quantity\":")
      number(record.fields.contains(.quantity) ? record.quantity : nil, &out)
      out.put(",\"unit_price\":")
      number(record.fields.contains(.unitPrice) ? record.unitPrice : nil, &out)
      step = walk.next[Int(step)]
      out.put(step >= 0 ? "}," : "} ")
    }
    out.place -= 1
    out.put("]")
  }

  @inline(__always)
  private mutating func writeAftermath(
    _ sequence: WalkedSequence, _ walk: borrowing ActorWalk, _ out: inout ByteCursor
  ) {
    out.reserve(16)
    out.put(",\"aftermath\":[")
    var index = sequence.firstAftermath
    while index >= 0 {
      let record = walk.record(index)
      if index != sequence.firstAftermath { out.put(",") }
      event(record, &out)
      topicAndRole(record, &out)
      out.put(",\"amount\":")
      number(record.fields.contains(.amount) ? record.amount : nil, &out)
      out.put("}")
      index = walk.next[Int(index)]
    }
    out.reserve(2)
    out.put("]")
  }

  /// The members that steps and aftermath begin with; leaves room for those that follow.
  @inline(__always)
  private mutating func event(_ record: Record, _ out: inout ByteCursor) {
    out.reserve(320 + 6 * (record.eventID.count + record.topic.count))
    out.put("{\"event_id\":\"")
    out.putInside(json: record.eventID)
    out.put("\",\"time\":\"")
    days.write(record.time, to: &out)
  }

  /// The end of the time, topic, role and the next key, and keeps them; room is reserved already.
  @inline(never)
  private mutating func topicAndSession(
    _ record: Record, _ cursor: ByteCursor
  ) -> UnsafeMutablePointer<UInt8> {
    var out = cursor
    topicAndRole(record, &out)
    out.put(",\"session\":")
    if record.topicCode >= 0 { fragments.keep(record.topicCode, from: cursor.count, of: out) }
    return out.place
  }

  private func topicAndRole(_ record: Record, _ out: inout ByteCursor) {
    out.put("\",\"topic\":")
    out.put(json: record.topic)
    out.put(",\"role\":\"")
    roles.put(record.role, &out)
    out.put("\"")
  }

  @inline(__always)
  private mutating func listed(_ text: TextSlice, isFirst: Bool, _ out: inout ByteCursor) {
    out.reserve(6 * text.count + 4)
    if !isFirst { out.put(",") }
    out.put(json: text)
  }

  /// An item and its quantity; leaves room for a price and the end.
  @inline(__always)
  private mutating func line(
    _ item: TextSlice, _ quantity: Int64, _ isFirst: Bool, _ out: inout ByteCursor
  ) {
    out.reserve(6 * item.count + 128)
    out.put(isFirst ? "{\"item_id\":" : ",{\"item_id\":")
    out.put(json: item)
    out.put(",\"quantity\":")
    out.put(decimal: quantity)
  }

  @inline(__always) private mutating func time(_ time: Int64, _ out: inout ByteCursor) {
    if time == WalkedSequence.none {
      out.put("null")
      return
    }
    out.put("\"")
    days.write(time, to: &out)
    out.put("\"")
  }

  @inline(__always) private func optional(_ text: TextSlice, _ out: inout ByteCursor) {
    if text.isPresent { out.put(json: text) } else { out.put("null") }
  }

  @inline(__always) private func number(_ value: Int64?, _ out: inout ByteCursor) {
    if let value { out.put(decimal: value) } else { out.put("null") }
  }
}
