/// One line of what was bought.
struct NaiveBoughtLine {
  var itemID: ByteText
  var quantity: Int128?
  var unitPrice: Int64?
}

/// A paid order: its id (nil: the order without name), its successes and its `order` steps.
struct NaivePaidOrder {
  var orderID: ByteText?
  var successes: [NaiveStep] = []
  var orderSteps: [NaiveStep] = []
}

extension NaiveSequence {
  /// The paid orders, in the order of their first success.
  var paidOrders: [NaivePaidOrder] {
    var orders: [NaivePaidOrder] = []
    for (index, step) in steps.enumerated() where step.role == .paymentSuccess {
      let orderID = step.event.orderID ?? lastOrder(before: index)
      if let known = orders.firstIndex(where: { $0.orderID == orderID }) {
        orders[known].successes.append(step)
      } else {
        orders.append(
          NaivePaidOrder(
            orderID: orderID, successes: [step],
            orderSteps: steps.filter { $0.role == .order && $0.event.orderID == orderID }))
      }
    }
    return orders
  }

  private func lastOrder(before index: Int) -> ByteText? {
    steps[..<index].compactMap(\.event.orderID).last
  }

  /// The lines of each paid order; `earlier` are the actor's sequences that opened before.
  func linesOfPaidOrders(
    earlier: [NaiveSequence], _ options: NaiveOptions
  ) -> [[NaiveBoughtLine]] {
    paidOrders.enumerated().map { index, order in
      let withLines = (order.orderSteps + order.successes).first { !$0.event.lines.isEmpty }
      if let step = withLines { return step.event.lines.map(boughtLine) }
      if index > 0 { return [] }
      if !path.cart.items.isEmpty { return path.cart.boughtLines }
      return cartOfYesterday(earlier, options)?.boughtLines ?? []
    }
  }

  private func boughtLine(_ line: NaiveLine) -> NaiveBoughtLine {
    NaiveBoughtLine(
      itemID: line.itemID ?? [], quantity: Int128(line.quantity ?? 1),
      unitPrice: line.unitPrice)
  }

  /// The cart of the latest earlier sequence that was abandoned, was not bought by an earlier
  /// event, and holds one; too long ago is no cart.
  private func cartOfYesterday(
    _ earlier: [NaiveSequence], _ options: NaiveOptions
  ) -> NaiveCart? {
    guard let success = firstSuccess else { return nil }
    let candidate = earlier.last { sequence in
      let isBoughtBefore = sequence.firstSuccess.map { $0.place < success.place } ?? false
      return sequence.abandonedAt != nil && !isBoughtBefore && !sequence.path.cart.items.isEmpty
    }
    guard let candidate, let abandonedAt = candidate.abandonedAt else { return nil }
    let latest = NaiveTime.after(abandonedAt, options.recoveryWindow)
    return success.time <= latest ? candidate.path.cart : nil
  }

  /// `paid`: the sum over the paid orders.
  func paid(_ lines: [[NaiveBoughtLine]]) -> Int64? {
    sum(zip(paidOrders, lines).map { order, lines in paid(order, lines).map { Int128($0) } })
  }

  private func paid(_ order: NaivePaidOrder, _ lines: [NaiveBoughtLine]) -> Int64? {
    let amounts = countedSuccesses(order).compactMap(\.event.amount)
    if !amounts.isEmpty { return sum(amounts.map { Int128($0) }) }
    if let told = order.orderSteps.compactMap(\.event.amount).first { return told }
    return sum(
      lines.map { line in
        guard let quantity = line.quantity, let price = line.unitPrice else { return nil }
        return quantity * Int128(price)
      })
  }

  /// Each payment id once an order; the successes without one count as one payment.
  private func countedSuccesses(_ order: NaivePaidOrder) -> [NaiveStep] {
    var counted: [NaiveStep] = []
    for success in order.successes
    where !counted.contains(where: { $0.event.paymentID == success.event.paymentID }) {
      counted.append(success)
    }
    return counted
  }

  /// `refunded`: each refund's amount, else what is left of `paid`, never below 0.
  func refunded(ofPaid paid: Int64?) -> Int64? {
    var total: Int128 = 0
    for refund in aftermath where refund.role == .refund {
      if let amount = refund.event.amount {
        total += Int128(amount)
      } else {
        guard let paid else { return nil }
        total += max(0, Int128(paid) - total)
      }
    }
    return Int64(exactly: total)
  }

  /// Whether the successes and refunds name different currencies.
  var namesDifferentCurrencies: Bool {
    let money = steps.filter { $0.role == .paymentSuccess }
      + aftermath.filter { $0.role == .refund }
    return Set(money.compactMap(\.event.currency)).count > 1
  }

  /// Of the first success that has one, else of the first `order` step that has one.
  var currency: ByteText? {
    let successes = steps.filter { $0.role == .paymentSuccess }
    let orders = steps.filter { $0.role == .order }
    return (successes + orders).compactMap(\.event.currency).first
  }
}

/// Lines added up by item and price, sorted by both; null prices come first.
func addedUp(_ lines: [NaiveBoughtLine]) -> [NaiveBoughtLine] {
  var result: [NaiveBoughtLine] = []
  for line in lines {
    let known = result.firstIndex {
      $0.itemID == line.itemID && $0.unitPrice == line.unitPrice
    }
    if let known {
      result[known].quantity = (result[known].quantity ?? 0) + (line.quantity ?? 0)
    } else {
      result.append(line)
    }
  }
  result.sort { left, right in
    if left.itemID != right.itemID { return isBefore(left.itemID, right.itemID) }
    guard let leftPrice = left.unitPrice else { return right.unitPrice != nil }
    guard let rightPrice = right.unitPrice else { return false }
    return leftPrice < rightPrice
  }
  return result
}
