import Events
import Mappings
import Sequences

/// A moment of a sequence that an example is about.
struct Moment {
  /// The sequence, in `ActorHistory.sequences`.
  var place: Int
  /// The last event that had happened, in `ActorHistory.events`.
  var lastEvent: Int
  var time: Int64
}

/// The columns `TaskColumns.history`: made of events up to the moment alone.
struct Facts {
  var cells: [Cell]
  /// The latest event that they stand on.
  var knownAt: Int64
}

extension UnitWorker {
  func facts(_ history: ActorHistory, at moment: Moment) -> Facts {
    var own = OwnFacts()
    var earlier = (purchases: 0, failures: 0, refunds: 0)
    var lastPurchase: Int64?
    var knownAt = history.sequences[moment.place].startedAt
    for (index, event) in history.events.enumerated() {
      if index > moment.lastEvent || event.time > moment.time { break }
      // What was recorded later could not have been known.
      if event.recordedAt > moment.time { continue }
      let isOwn = event.sequence == Int32(moment.place)
      if isOwn && event.role < .fulfilment {
        own.add(event, history)
        knownAt = max(knownAt, event.time)
        continue
      }
      switch event.role {
      case .paymentSuccess:
        earlier.purchases += 1
        lastPurchase = event.time
      case .paymentFailure: earlier.failures += 1
      case .refund: earlier.refunds += 1
      default: continue
      }
      knownAt = max(knownAt, event.time)
    }
    let local = localParts(moment.time)
    let cart = own.cart.values.filter { $0.quantity > 0 }
    var value: Int64? = 0
    var pieces: Int64 = 0
    for line in cart {
      pieces = pieces &+ line.quantity
      let worth = line.unitPrice.map { $0.multipliedReportingOverflow(by: line.quantity) }
      if let known = value, let worth, !worth.overflow {
        let sum = known.addingReportingOverflow(worth.partialValue)
        value = sum.overflow ? nil : sum.partialValue
      } else {
        value = nil
      }
    }
    let started = history.sequences[moment.place].startedAt
    let cells: [Cell] = [
      .integer(Int64(local.hour)), .integer(Int64(local.weekday)),
      .integer((moment.time - started) / 1_000_000), .integer(Int64(own.sessions.count)),
      .integer(Int64(own.views)), .integer(Int64(own.searches)), .integer(Int64(own.cartAdds)),
      .integer(Int64(cart.count)), .integer(pieces), .optional(value),
      .integer(Int64(own.attempts)), .integer(Int64(own.failures)), text(own.channel, history),
      text(own.campaign, history), .integer(Int64(earlier.purchases)),
      .integer(Int64(earlier.failures)), .integer(Int64(earlier.refunds)),
      .optional(lastPurchase.map { (moment.time - $0) / 1_000_000 }),
    ]
    return Facts(cells: cells, knownAt: knownAt)
  }

  func localParts(_ time: Int64) -> (hour: Int, weekday: Int) {
    let seconds = context.recipe.shape.clock.localSeconds(at: time)
    let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    // 1970-01-01 was a Thursday.
    let weekday = ((Int(day) + 3) % 7 + 7) % 7 + 1
    return (Int(seconds - day * 86_400) / 3_600, weekday)
  }
}

/// What a sequence's own steps told until a moment.
private struct OwnFacts {
  var views = 0
  var searches = 0
  var cartAdds = 0
  var attempts = 0
  var failures = 0
  var sessions: Set<Int32> = []
  var channel = HistoryText.absent
  var campaign = HistoryText.absent
  var cart: [[UInt8]: (quantity: Int64, unitPrice: Int64?)] = [:]

  mutating func add(_ event: HistoryEvent, _ history: ActorHistory) {
    if event.session >= 0 { sessions.insert(event.session) }
    if !channel.isPresent { channel = event.channel }
    if !campaign.isPresent { campaign = event.campaign }
    switch event.role {
    case .view: views += 1
    case .search: searches += 1
    case .paymentAttempt: attempts += 1
    case .paymentFailure: failures += 1
    case .cartAdd:
      cartAdds += 1
      change(event, history, isAdd: true)
    case .cartRemove: change(event, history, isAdd: false)
    case .cartClear: cart.removeAll()
    default: break
    }
  }

  /// The contract's arithmetic of carts, §5.
  private mutating func change(_ event: HistoryEvent, _ history: ActorHistory, isAdd: Bool) {
    let own = HistoryLine(item: event.item, quantity: event.quantity, unitPrice: event.unitPrice)
    for line in event.lines.isEmpty ? [own] : Array(history.lines[event.lines]) {
      let name = Array(history[text: line.item])
      if isAdd {
        var entry = cart[name] ?? (0, nil)
        entry.quantity = entry.quantity &+ (line.quantity ?? 1)
        entry.unitPrice = line.unitPrice ?? entry.unitPrice
        cart[name] = entry.quantity > 0 ? entry : nil
      } else if let quantity = line.quantity, let entry = cart[name] {
        let left = entry.quantity &- quantity
        cart[name] = left > 0 ? (left, entry.unitPrice) : nil
      } else {
        cart[name] = nil
      }
    }
  }
}
