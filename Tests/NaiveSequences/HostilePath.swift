/// A fragment of a path: what its events have in common, and the roles still to come.
struct HostilePath {
  var visitor = "null"
  var customer = "null"
  var order = "null"
  var cart = "null"
  var item = "null"
  /// Whether its events name the visitor, the customer.
  var namesVisitor = true
  var namesCustomer = false
  /// The person's column that every event fills with another id, to reach the hub limit.
  var crowd: String?
  var crowdCount = 0
  var crowdComesApart = false
  var secondOrder: String?
  /// Whether none of its events names a person.
  var isAnonymous = false
  var rolesToCome: [NaiveRole] = []
  var last: HostileMessage?

  /// What may follow a path.
  static let aftermaths: [[NaiveRole]] = [
    [.refund], [.refund, .refund], [.refund, .refund, .refund], [.fulfilment], [.cancel],
    [.machine], [.fulfilment, .refund],
  ]

  /// Few fragments told again and again by one person, for rules that need several paths:
  /// what recovers what, yesterday's cart, two paid orders.
  static let focuses: [[[NaiveRole]]] = [
    [[.cartAdd], [.cartAdd, .paymentSuccess], [.paymentSuccess], [.cartAdd, .view]],
    [[.cartAdd, .order], [.paymentSuccess], [.cartAdd], [.cartAdd, .paymentSuccess]],
    [
      [.cartAdd, .order, .order, .paymentSuccess, .paymentSuccess], [.order, .cartAdd],
      [.cartAdd, .order, .order, .paymentSuccess, .view, .paymentSuccess, .refund],
    ],
    [[.cartAdd, .checkout], [.order], [.order, .paymentSuccess], [.paymentSuccess, .refund]],
  ]

  /// Fragments that reach the deeper rules: retries, late successes, emptied and left carts.
  static let scripts: [[NaiveRole]] = [
    [.view, .cartAdd, .checkout, .order, .paymentAttempt, .paymentSuccess],
    [.cartAdd, .order, .paymentAttempt, .paymentFailure, .paymentAttempt, .paymentSuccess],
    [.order, .paymentFailure, .view, .paymentSuccess, .refund],
    [.cartAdd, .cartAdd, .cartRemove],
    [.cartAdd, .cartRemove, .view],
    [.cartAdd, .cartClear],
    [.cartAdd, .cartClear, .view],
    [.cartAdd, .checkout, .cartClear, .cartAdd, .cartAdd, .paymentSuccess],
    [.cartAdd, .view, .paymentSuccess],
    [.cartAdd, .cartAdd, .paymentSuccess, .paymentSuccess],
    [.cartAdd, .order, .order, .paymentSuccess, .paymentSuccess],
    [.paymentSuccess, .order, .fulfilment],
    [.cartAdd, .order, .order, .paymentSuccess, .order, .paymentSuccess],
    [.cartAdd, .paymentSuccess],
    [.cartAdd, .order, .view, .cartAdd, .paymentSuccess, .paymentSuccess],
    [.order, .paymentSuccess, .paymentFailure, .refund, .refund, .cancel],
    [.cartAdd, .order, .view, .paymentSuccess],
    [.checkout, .order, .paymentAttempt],
    [.view, .view, .view],
    [.view, .identify, .view],
    [.identify, .cartAdd, .identify],
    [.refund, .order, .paymentSuccess, .machine],
    [.paymentFailure, .paymentFailure, .order],
    [.ad, .search, .view, .cart, .cartAdd],
    [.cartAdd, .paymentSuccess, .cartAdd, .paymentSuccess],
  ]
}

/// A message before it is written down; values in `data` are JSON texts.
struct HostileMessage {
  var id = ""
  var source = ""
  var topic = ""
  var time: Microseconds = 0
  var data: [(String, String)] = []
}
