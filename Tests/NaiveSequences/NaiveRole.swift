/// The part that a topic plays; the cases stand in the order of their ranks.
package enum NaiveRole: String, CaseIterable {
  case ad, search, view, identify, cart
  case cartAdd = "cart_add"
  case cartRemove = "cart_remove"
  case cartClear = "cart_clear"
  case checkout, order
  case paymentAttempt = "payment_attempt"
  case paymentFailure = "payment_failure"
  case paymentSuccess = "payment_success"
  case fulfilment, refund, cancel, machine, other

  var rank: Int {
    NaiveRole.allCases.firstIndex(of: self) ?? NaiveRole.allCases.count
  }

  /// Human events are those a person makes.
  var isHuman: Bool {
    switch self {
    case .ad, .search, .view, .identify, .cart, .cartAdd, .cartRemove, .cartClear, .checkout,
      .order, .paymentAttempt:
      true
    default: false
    }
  }

  var isAftermath: Bool {
    [.fulfilment, .refund, .cancel, .machine].contains(self)
  }

  var hasLevelPayment: Bool {
    [.order, .paymentAttempt, .paymentFailure, .paymentSuccess].contains(self)
  }

  /// What "latest payment step" looks at: attempt, failure, success.
  var isPaymentStep: Bool {
    [.paymentAttempt, .paymentFailure, .paymentSuccess].contains(self)
  }
}

private let defaultNames: [(String, NaiveRole)] = [
  ("ad.clicked", .ad), ("product.searched", .search), ("product.viewed", .view),
  ("customer.identified", .identify), ("cart.created", .cart), ("cart.viewed", .cart),
  ("cart.item.added", .cartAdd), ("cart.item.removed", .cartRemove),
  ("cart.emptied", .cartClear), ("checkout.*", .checkout), ("order.created", .order),
  ("order.payment.attempted", .paymentAttempt), ("order.payment.failed", .paymentFailure),
  ("order.payment.succeeded", .paymentSuccess), ("order.fulfilled", .fulfilment),
  ("order.refunded", .refund), ("order.cancelled", .cancel), ("inventory.*", .machine),
  ("email.*", .machine), ("webhook.*", .machine), ("fulfillment.*", .machine),
]

private let defaultRoles = defaultNames.map { (bytes($0.0), $0.1) }

/// The role of a topic: the user's table is asked first, then the default one.
func role(of topic: ByteText, userRoles: [(ByteText, NaiveRole)]) -> NaiveRole {
  lookUp(topic, in: userRoles) ?? lookUp(topic, in: defaultRoles) ?? .other
}

/// Within a table an exact name beats a pattern, a longer pattern a shorter one.
private func lookUp(_ topic: ByteText, in table: [(ByteText, NaiveRole)]) -> NaiveRole? {
  let patterns = table.filter { isPattern($0.0) && matches(topic, pattern: $0.0) }
  let exact = table.last { !isPattern($0.0) && $0.0 == topic }
  return (exact ?? patterns.max { $0.0.count < $1.0.count })?.1
}

/// `*` is a whole word at the end.
private func isPattern(_ name: ByteText) -> Bool {
  words(name).last == bytes("*")[...]
}

private func words(_ topic: ByteText) -> [ArraySlice<UInt8>] {
  topic.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
}

/// `*` stands for one or more whole words between dots.
private func matches(_ topic: ByteText, pattern: ByteText) -> Bool {
  let before = words(pattern).dropLast()
  let all = words(topic)
  return all.count > before.count && Array(all.prefix(before.count)) == Array(before)
}
