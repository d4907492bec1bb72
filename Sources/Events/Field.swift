/// The places of a message that the contract reads, in the order in which their faults count.
///
/// - Shape: a raw value is a bit of the fault mask, so the lowest bit set is the reason. The string
///   columns from `visitorID` to `currency` are in the order of `IDColumn`.
/// - Source: docs/semantics.md §1.
enum Field: UInt8 {
  case recordedAt, id, type, source, time, data
  case visitorID, customerID, sessionID, cartID, orderID, paymentID, itemID, channel, campaignID
  case creativeID, currency
  case quantity, unitPrice, amount, items
  /// Keys of the recorded form.
  case origin, position, message
  /// Any other key.
  case unknown

  /// The key as it is written in JSON.
  static let keys: [(Field, StaticString)] = [
    (.recordedAt, "recorded_at"), (.id, "id"), (.type, "type"), (.source, "source"),
    (.time, "time"), (.data, "data"), (.visitorID, "visitor_id"), (.customerID, "customer_id"),
    (.sessionID, "session_id"), (.cartID, "cart_id"), (.orderID, "order_id"),
    (.paymentID, "payment_id"), (.itemID, "item_id"), (.channel, "channel"),
    (.campaignID, "campaign_id"), (.creativeID, "creative_id"), (.currency, "currency"),
    (.quantity, "quantity"), (.unitPrice, "unit_price"), (.amount, "amount"), (.items, "items"),
    (.origin, "origin"), (.position, "position"), (.message, "message"),
  ]

  /// The reject reason of a fault here: a bad `recorded_at` counts as `time`.
  var reason: RejectReason {
    if self == .recordedAt { return .field("time") }
    for (field, key) in Field.keys where field == self { return .field("\(key)") }
    return .json
  }

  /// Its bit in the fault mask.
  @inline(__always) var bit: UInt32 { 1 << UInt32(rawValue) }

  /// Required fields: at fault until a good value is seen.
  static let required: UInt32 = Field.id.bit | Field.type.bit | Field.source.bit | Field.time.bit
  /// Fields inside `data`.
  static let ofData: UInt32 = (Field.items.bit << 1) &- Field.visitorID.bit
}

/// What can be wrong with a message, for the words of a reject.
enum Fault: UInt8 {
  case none, wrongType, wrongLength, controlCharacter, notATime, fraction, outOfRange
  case syntax, control, escape, surrogate, number, depth, trailing, wrapper

  /// Says what was wrong, in words for people.
  var text: StaticString {
    switch self {
    case .none: "missing"
    case .wrongType: "a value of the wrong type"
    case .wrongLength: "empty, or longer than 256 bytes"
    case .controlCharacter: "a control character below U+0020"
    case .notATime: "not an RFC 3339 time of the years 0001 to 9999"
    case .fraction: "a number that is not whole"
    case .outOfRange: "a number out of range"
    case .syntax: "not JSON"
    case .control: "a string that is not closed, or has a raw control character"
    case .escape: "an unknown escape in a string"
    case .surrogate: "a lone surrogate in a string"
    case .number: "a malformed number"
    case .depth: "more than 1,024 levels of nesting"
    case .trailing: "something after the object"
    case .wrapper: "not the recorded form: recorded_at, origin and position, message"
    }
  }
}
