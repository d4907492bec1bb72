/// A row as one JSON object without spaces, its keys in the order of the contract's table, LF.
func text(_ row: NaiveRow) -> ByteText {
  let sequence = row.sequence
  let aftermath = sequence.aftermath
  func first(_ role: NaiveRole) -> ByteText {
    time(aftermath.first { $0.role == role }?.time)
  }
  let isClosedAsAbandoned = sequence.abandonedAt != nil
  let members: [(String, ByteText)] = [
    ("sequence_id", string(row.sequenceID)),
    ("actor", string(row.actor)),
    ("outcome", string(bytes(row.outcome))),
    ("level", string(bytes(sequence.path.level.rawValue))),
    ("reason", isClosedAsAbandoned ? string(bytes(sequence.path.reason)) : null),
    ("started_at", time(row.startedAt)),
    ("ended_at", time(sequence.path.endedAt)),
    ("abandoned_at", time(sequence.abandonedAt)),
    ("purchased_at", time(row.purchasedAt)),
    ("recovered_at", time(row.recoveredAt)),
    ("recovered_by", string(row.recoveredBy)),
    ("recovery", string(row.recovery.map(bytes))),
    ("sessions", integer(Set(row.sessions.values).count)),
    ("attempts", integer(sequence.steps.count { $0.role == .paymentAttempt })),
    ("failures", integer(sequence.steps.count { $0.role == .paymentFailure })),
    ("order_ids", array(distinct(sequence.steps.compactMap(\.event.orderID)).map(string))),
    ("cart_ids", array(distinct(sequence.steps.compactMap(\.event.cartID)).map(string))),
    ("channel", string(sequence.steps.compactMap(\.event.channel).first)),
    ("campaign_id", string(sequence.steps.compactMap(\.event.campaignID).first)),
    ("cart", array(sequence.path.cart.items.map(text))),
    ("bought", row.bought.map { array($0.map(text)) } ?? null),
    ("currency", string(row.currency)),
    ("paid", integer(row.paid)),
    ("refunded", integer(row.refunded)),
    ("net", integer(row.net)),
    ("fulfilled_at", first(.fulfilment)),
    ("refunded_at", first(.refund)),
    ("cancelled_at", first(.cancel)),
    ("steps", array(sequence.steps.map { stepText($0, row.sessions[$0.place]) })),
    ("aftermath", array(aftermath.map(aftermathText))),
  ]
  return object(members) + [0x0A]
}

private func text(_ item: NaiveCartItem) -> ByteText {
  object([("item_id", string(item.itemID)), ("quantity", integer(item.quantity))])
}

private func text(_ line: NaiveBoughtLine) -> ByteText {
  object([
    ("item_id", string(line.itemID)),
    ("quantity", integer(line.quantity.flatMap { Int64(exactly: $0) })),
    ("unit_price", integer(line.unitPrice)),
  ])
}

private func stepText(_ step: NaiveStep, _ session: Int?) -> ByteText {
  object(
    commonMembers(step) + [
      ("session", integer(session)),
      ("item_id", string(step.event.itemID)),
      ("quantity", integer(step.event.quantity)),
      ("unit_price", integer(step.event.unitPrice)),
    ])
}

private func aftermathText(_ step: NaiveStep) -> ByteText {
  object(commonMembers(step) + [("amount", integer(step.event.amount))])
}

private func commonMembers(_ step: NaiveStep) -> [(String, ByteText)] {
  [
    ("event_id", string(step.event.eventID)),
    ("time", time(step.time)),
    ("topic", string(step.event.topic)),
    ("role", string(bytes(step.role.rawValue))),
  ]
}

/// Distinct values in order of appearance.
private func distinct(_ values: [ByteText]) -> [ByteText] {
  var result: [ByteText] = []
  for value in values where !result.contains(value) { result.append(value) }
  return result
}

private let null = bytes("null")

private func object(_ members: [(String, ByteText)]) -> ByteText {
  let texts = members.map { bytes("\"\($0.0)\":") + $0.1 }
  return bytes("{") + texts.joined(separator: bytes(",")) + bytes("}")
}

private func array(_ values: [ByteText]) -> ByteText {
  bytes("[") + values.joined(separator: bytes(",")) + bytes("]")
}

private func integer(_ value: (some BinaryInteger)?) -> ByteText {
  value.map { bytes(String($0)) } ?? null
}

private func time(_ value: Microseconds?) -> ByteText {
  value.map { string(NaiveTime.text($0)) } ?? null
}

/// Only `"`, `\` and control characters below U+0020 are escaped.
private func string(_ value: ByteText?) -> ByteText {
  guard let value else { return null }
  return bytes("\"") + value.flatMap(escaped) + bytes("\"")
}

private func escaped(_ byte: UInt8) -> ByteText {
  switch byte {
  case UInt8(ascii: "\""): bytes("\\\"")
  case UInt8(ascii: "\\"): bytes("\\\\")
  case 0x0A: bytes("\\n")
  case 0x0D: bytes("\\r")
  case 0x09: bytes("\\t")
  case 0x08: bytes("\\b")
  case 0x0C: bytes("\\f")
  case 0x00..<0x20: bytes("\\u00") + hex([byte])
  default: [byte]
  }
}
