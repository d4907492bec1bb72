/// One accepted event: the ledger's columns, each absent or there.
package struct NaiveEvent {
  package var eventID: ByteText = []
  package var topic: ByteText = []
  package var source: ByteText = []
  package var occurredAt: Microseconds = 0
  package var recordedAt: Microseconds = 0
  package var origin: ByteText?
  package var position: Int64 = 0
  package var visitorID: ByteText?
  package var customerID: ByteText?
  package var sessionID: ByteText?
  package var cartID: ByteText?
  package var orderID: ByteText?
  package var paymentID: ByteText?
  package var itemID: ByteText?
  package var channel: ByteText?
  package var campaignID: ByteText?
  package var creativeID: ByteText?
  package var currency: ByteText?
  package var quantity: Int32?
  package var unitPrice: Int64?
  package var amount: Int64?
  package var lines: [NaiveLine] = []
  package var message: ByteText = []

  /// The effective time: a clock that runs more than 5 minutes ahead is held to `recordedAt`.
  package var time: Microseconds {
    occurredAt > NaiveTime.after(recordedAt, 5 * NaiveTime.minute) ? recordedAt : occurredAt
  }
}

/// One of an event's lines.
package struct NaiveLine {
  package var itemID: ByteText?
  package var quantity: Int32?
  package var unitPrice: Int64?
}

/// What is wrong with a message: the reason code.
struct NaiveFault: Error {
  var reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}

/// Reads the columns of a message, in the order in which faults are asked for.
func decodeEvent(_ message: NaiveJSON) throws(NaiveFault) -> NaiveEvent {
  var event = NaiveEvent()
  event.eventID = try requiredText(message, "id", longest: 256, allowsControls: false)
  event.topic = try requiredText(message, "type", longest: 256, allowsControls: true)
  event.source = try requiredText(message, "source", longest: .max, allowsControls: false)
  event.occurredAt = try requiredTime(message.member("time"))
  let data = try dataObject(message)
  event.visitorID = try idColumn(data, "visitor_id")
  event.customerID = try idColumn(data, "customer_id")
  event.sessionID = try idColumn(data, "session_id")
  event.cartID = try idColumn(data, "cart_id")
  event.orderID = try idColumn(data, "order_id")
  event.paymentID = try idColumn(data, "payment_id")
  event.itemID = try idColumn(data, "item_id")
  event.channel = try textColumn(data, "channel")
  event.campaignID = try idColumn(data, "campaign_id")
  event.creativeID = try idColumn(data, "creative_id")
  event.currency = try textColumn(data, "currency")
  event.quantity = try quantityColumn(data)
  event.unitPrice = try moneyColumn(data, "unit_price")
  event.amount = try moneyColumn(data, "amount")
  event.lines = try lineList(data)
  return event
}

private func requiredText(
  _ message: NaiveJSON, _ name: String, longest: Int, allowsControls: Bool
) throws(NaiveFault) -> ByteText {
  guard case .string(let text) = message.member(name) else { throw NaiveFault(name) }
  guard !text.isEmpty, text.count <= longest else { throw NaiveFault(name) }
  guard allowsControls || text.allSatisfy({ $0 >= 0x20 }) else { throw NaiveFault(name) }
  return text
}

/// A time that must be there.
func requiredTime(_ value: NaiveJSON?) throws(NaiveFault) -> Microseconds {
  guard case .string(let text) = value, let time = NaiveTime.parse(text) else {
    throw NaiveFault("time")
  }
  return time
}

private func dataObject(_ message: NaiveJSON) throws(NaiveFault) -> NaiveJSON {
  guard let data = message.member("data") else { return .object([]) }
  guard case .object = data else { throw NaiveFault("data") }
  return data
}

/// A JSON number is taken as the text it is written with; an empty string is absent.
private func textColumn(_ object: NaiveJSON, _ name: String) throws(NaiveFault) -> ByteText? {
  switch object.member(name) {
  case nil: return nil
  case .string(let text), .number(let text): return text.isEmpty ? nil : text
  default: throw NaiveFault(name)
  }
}

private func idColumn(_ object: NaiveJSON, _ name: String) throws(NaiveFault) -> ByteText? {
  guard let text = try textColumn(object, name) else { return nil }
  return isJunk(text) ? nil : text
}

private let junkIDs = [
  "null", "undefined", "none", "nil", "nan", "0", "-1", "guest", "anonymous", "unknown",
  "(not set)",
].map(bytes)

/// Junk ids stand for "absent": ASCII case-insensitive, after trimming U+0020.
private func isJunk(_ text: ByteText) -> Bool {
  var trimmed = text[...].drop { $0 == 0x20 }
  while trimmed.last == 0x20 { trimmed.removeLast() }
  let lowered = trimmed.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 }
  return junkIDs.contains(lowered)
}

private func integer(_ object: NaiveJSON, _ name: String) throws(NaiveFault) -> Int64? {
  switch object.member(name) {
  case nil: return nil
  case .number(let text):
    guard let number = wholeNumber(text) else { throw NaiveFault(name) }
    return number
  default: throw NaiveFault(name)
  }
}

private func quantityColumn(_ object: NaiveJSON) throws(NaiveFault) -> Int32? {
  guard let number = try integer(object, "quantity") else { return nil }
  guard let quantity = Int32(exactly: number) else { throw NaiveFault("quantity") }
  return quantity
}

private func moneyColumn(_ object: NaiveJSON, _ name: String) throws(NaiveFault) -> Int64? {
  try integer(object, name)
}

/// Whatever is wrong inside `items` has the reason `items`.
private func lineList(_ data: NaiveJSON) throws(NaiveFault) -> [NaiveLine] {
  guard let items = data.member("items") else { return [] }
  guard case .array(let values) = items else { throw NaiveFault("items") }
  var lines: [NaiveLine] = []
  for value in values {
    guard case .object = value else { throw NaiveFault("items") }
    do throws(NaiveFault) {
      lines.append(
        NaiveLine(
          itemID: try idColumn(value, "item_id"), quantity: try quantityColumn(value),
          unitPrice: try moneyColumn(value, "unit_price")))
    } catch {
      throw NaiveFault("items")
    }
  }
  return lines
}
