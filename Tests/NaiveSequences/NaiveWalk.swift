/// How far a path has come; `checkout` and `payment` stay once reached.
enum NaiveLevel: String {
  case browse, cart, checkout, payment
}

/// Everything that the first close freezes, as of the last step that arrived while open.
struct NaivePath {
  var cart = NaiveCart()
  var cartHasHeldSomething = false
  var hasCheckout = false
  var hasPayment = false
  var latestPaymentStep: NaiveRole?
  var endedAt: Microseconds = 0

  mutating func take(_ step: NaiveStep) {
    cart.take(step)
    if !cart.items.isEmpty { cartHasHeldSomething = true }
    if step.role == .checkout { hasCheckout = true }
    if step.role.hasLevelPayment { hasPayment = true }
    if step.role.isPaymentStep { latestPaymentStep = step.role }
    endedAt = step.time
  }

  var level: NaiveLevel {
    if hasPayment { return .payment }
    if hasCheckout { return .checkout }
    return cart.items.isEmpty ? .browse : .cart
  }

  func patience(_ options: NaiveOptions) -> Microseconds {
    switch level {
    case .browse: options.patienceBrowse
    case .cart: options.patienceCart
    case .checkout: options.patienceCheckout
    case .payment:
      latestPaymentStep == .paymentFailure ? options.patienceDeclined : options.patiencePayment
    }
  }

  var reason: String {
    switch level {
    case .payment:
      switch latestPaymentStep {
      case .paymentFailure: "declined"
      case .paymentAttempt: "pending"
      default: "unpaid"
      }
    case .browse: cartHasHeldSomething ? "emptied" : "silent"
    default: "silent"
    }
  }
}

/// One path of an actor, from first interest to an outcome.
struct NaiveSequence {
  let actor: ByteText
  var steps: [NaiveStep] = []
  var aftermath: [NaiveStep] = []
  var path = NaivePath()
  var isOpen = true
  var abandonedAt: Microseconds?

  var firstSuccess: NaiveStep? {
    steps.first { $0.role == .paymentSuccess }
  }

  var isPurchased: Bool { firstSuccess != nil }

  /// The first 16 hex digits of SHA-256 over actor, LF, source, LF, event id.
  var sequenceID: ByteText {
    guard let first = steps.first?.event else { return [] }
    let text = actor + [0x0A] + first.source + [0x0A] + first.eventID
    return ByteText(hex(sha256(text)).prefix(16))
  }

  /// Whether the silence before `time` is more than the patience.
  func isOutOfPatience(at time: Microseconds, _ options: NaiveOptions) -> Bool {
    isOpen && time > NaiveTime.after(path.endedAt, path.patience(options))
  }

  mutating func abandon(_ options: NaiveOptions) {
    isOpen = false
    abandonedAt = NaiveTime.after(path.endedAt, path.patience(options))
  }

  mutating func append(_ step: NaiveStep) {
    steps.append(step)
    guard isOpen else { return }
    path.take(step)
    if step.role == .paymentSuccess { isOpen = false }
  }
}

/// The walk of one actor.
struct NaiveWalk {
  let actor: ByteText
  let options: NaiveOptions
  var sequences: [NaiveSequence] = []
  var orphans = 0

  init(
    actor: ByteText, _ steps: [NaiveStep], horizon: Microseconds, _ options: NaiveOptions
  ) {
    self.actor = actor
    self.options = options
    for step in steps where takesPart(step) { take(step) }
    if let last = sequences.indices.last,
      sequences[last].isOutOfPatience(at: horizon, options)
    {
      sequences[last].abandon(options)
    }
    for step in steps where step.role.isAftermath { takeAftermath(step) }
  }

  /// Rule 1.
  private func takesPart(_ step: NaiveStep) -> Bool {
    step.role != .identify && step.role != .other && !step.role.isAftermath
  }

  /// Rule 1: to the sequence that its order is on, else an orphan.
  private mutating func takeAftermath(_ step: NaiveStep) {
    if let index = sequenceOf(order: step.event.orderID) {
      sequences[index].aftermath.append(step)
    } else {
      orphans += 1
    }
  }

  private func sequenceOf(order: ByteText?) -> Int? {
    guard let order else { return nil }
    return sequences.firstIndex { sequence in
      sequence.steps.contains { $0.event.orderID == order }
    }
  }

  private mutating func take(_ step: NaiveStep) {
    if let index = sequenceOf(order: step.event.orderID) {
      continueOrder(index, step)
    } else {
      continueOrOpen(step)
    }
  }

  /// Rule 2.
  private mutating func continueOrder(_ index: Int, _ step: NaiveStep) {
    if sequences[index].isOutOfPatience(at: step.time, options) {
      sequences[index].abandon(options)
    }
    sequences[index].append(step)
  }

  /// Rules 3 and 4.
  private mutating func continueOrOpen(_ step: NaiveStep) {
    if let last = sequences.indices.last,
      sequences[last].isOutOfPatience(at: step.time, options)
    {
      sequences[last].abandon(options)
    }
    if sequences.last?.isOpen != true {
      if step.role == .paymentFailure {
        orphans += 1
        return
      }
      sequences.append(NaiveSequence(actor: actor))
    }
    sequences[sequences.count - 1].append(step)
  }
}
