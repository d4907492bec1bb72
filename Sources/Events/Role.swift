/// The part that a topic plays in sequences; its raw value is its rank.
///
/// - Source: docs/semantics.md §2.
package enum Role: UInt8, CaseIterable, Sendable {
  case ad, search, view, identify, cart
  case cartAdd, cartRemove, cartClear
  case checkout, order
  case paymentAttempt, paymentFailure, paymentSuccess
  case fulfilment, refund, cancel, machine, other

  /// The place in the order of events of one time.
  package var rank: Int { Int(rawValue) }

  /// The name in options and output.
  package var name: String {
    switch self {
    case .ad: "ad"
    case .search: "search"
    case .view: "view"
    case .identify: "identify"
    case .cart: "cart"
    case .cartAdd: "cart_add"
    case .cartRemove: "cart_remove"
    case .cartClear: "cart_clear"
    case .checkout: "checkout"
    case .order: "order"
    case .paymentAttempt: "payment_attempt"
    case .paymentFailure: "payment_failure"
    case .paymentSuccess: "payment_success"
    case .fulfilment: "fulfilment"
    case .refund: "refund"
    case .cancel: "cancel"
    case .machine: "machine"
    case .other: "other"
    }
  }

  /// The role of that name, or nil.
  package init?(name: String) {
    for role in Role.allCases where role.name.utf8.elementsEqual(name.utf8) {
      self = role
      return
    }
    return nil
  }

  /// Whether a person makes such an event.
  package var isHuman: Bool { self <= .paymentAttempt }

  /// How far a step of this role brings a sequence; nil for `identify` and `other`.
  package var level: RoleLevel? {
    switch self {
    case .ad, .search, .view, .cart: .browse
    case .cartAdd, .cartRemove, .cartClear: .cart
    case .checkout: .checkout
    case .order, .paymentAttempt, .paymentFailure, .paymentSuccess: .payment
    case .fulfilment, .refund, .cancel, .machine: .aftermath
    case .identify, .other: nil
    }
  }

  /// The topics that play this role unless the user's table says otherwise.
  package var defaultTopics: [String] {
    switch self {
    case .ad: ["ad.clicked"]
    case .search: ["product.searched"]
    case .view: ["product.viewed"]
    case .identify: ["customer.identified"]
    case .cart: ["cart.created", "cart.viewed"]
    case .cartAdd: ["cart.item.added"]
    case .cartRemove: ["cart.item.removed"]
    case .cartClear: ["cart.emptied"]
    case .checkout: ["checkout.*"]
    case .order: ["order.created"]
    case .paymentAttempt: ["order.payment.attempted"]
    case .paymentFailure: ["order.payment.failed"]
    case .paymentSuccess: ["order.payment.succeeded"]
    case .fulfilment: ["order.fulfilled"]
    case .refund: ["order.refunded"]
    case .cancel: ["order.cancelled"]
    case .machine: ["inventory.*", "email.*", "webhook.*", "fulfillment.*"]
    case .other: []
    }
  }
}

extension Role: Comparable {
  package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// The level column of the role table.
package enum RoleLevel: UInt8, Sendable {
  case browse, cart, checkout, payment, aftermath
}
