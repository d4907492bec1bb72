import Events

/// What is known of one order (or the order without name) of a purchased sequence.
struct OrderPurchase {
  /// First `order` step with lines, first success with lines; -1 where there is none.
  var orderLines: Int32 = -1
  var successLines: Int32 = -1
  /// First amount told on an `order` step.
  var orderAmount: Int64?
  var paymentSum: Int128 = 0
  var hasPaymentAmount = false
  var hasUnnamedPayment = false
  /// Place among the paid orders, or -1.
  var paidPlace = -1
}

// Which order a success pays, what the paid orders' lines are, and the money of it all. Sums are
// made in 128 bits and are null when they do not fit into 64, as the contract says.

extension ActorWalk {
  private static let unnamed = -1

  mutating func finishPurchase(_ index: Int) {
    let paidOrders = gatherPurchases(index)
    let firstLine = bought.count
    finishing.lines.removeAll(keepingCapacity: true)
    var paid: Int128? = 0
    for (place, order) in paidOrders.enumerated() {
      let start = finishing.lines.count
      collectLines(of: finishing.purchases[order], of: index, takesCart: place == 0)
      let sum = self.paid(finishing.purchases[order], linesFrom: start)
      if let known = paid, let sum { paid = known + Int128(sum) } else { paid = nil }
    }
    mergeLines()
    sequences[index].bought = firstLine..<bought.count
    sequences[index].purchasedAt = entries[Int(sequences[index].firstSuccess)].time
    finishMoney(index, paid: paid.flatMap { Int64(exactly: $0) })
  }

  /// Fills `finishing.purchases`; gives the paid ones in the order of their first success.
  private mutating func gatherPurchases(_ index: Int) -> [Int] {
    finishing.purchases.removeAll(keepingCapacity: true)
    finishing.purchaseOfOrder.removeAll(keepingCapacity: true)
    finishing.payments.forgetAll()
    finishing.paidPairs.removeAll(keepingCapacity: true)
    var paidOrders: [Int] = []
    var latestOrder = ActorWalk.unnamed
    var step = sequences[index].firstStep
    while step >= 0 {
      let role = entries[Int(step)].role
      let record = record(step)
      let named = record.order.isPresent ? orders.intern(record.order) : ActorWalk.unnamed
      if role == RoleCode.order {
        takeOrderStep(step, record, purchase(of: named))
      } else if role == RoleCode.paymentSuccess {
        let purchase = purchase(of: named == ActorWalk.unnamed ? latestOrder : named)
        if finishing.purchases[purchase].paidPlace < 0 {
          finishing.purchases[purchase].paidPlace = paidOrders.count
          paidOrders.append(purchase)
        }
        takeSuccess(step, record, purchase)
      }
      if named != ActorWalk.unnamed { latestOrder = named }
      step = next[Int(step)]
    }
    return paidOrders
  }

  private mutating func purchase(of order: Int) -> Int {
    if let known = finishing.purchaseOfOrder[order] { return known }
    finishing.purchases.append(OrderPurchase())
    finishing.purchaseOfOrder[order] = finishing.purchases.count - 1
    return finishing.purchases.count - 1
  }

  private mutating func takeOrderStep(_ step: Int32, _ record: Record, _ purchase: Int) {
    if record.lineCount > 0 && finishing.purchases[purchase].orderLines < 0 {
      finishing.purchases[purchase].orderLines = step
    }
    if record.fields.contains(.amount) && finishing.purchases[purchase].orderAmount == nil {
      finishing.purchases[purchase].orderAmount = record.amount
    }
  }

  /// A payment counts once an order: by its first success, whether that told an amount or not.
  private mutating func takeSuccess(_ step: Int32, _ record: Record, _ purchase: Int) {
    if record.lineCount > 0 && finishing.purchases[purchase].successLines < 0 {
      finishing.purchases[purchase].successLines = step
    }
    if record.payment.isPresent {
      let payment = finishing.payments.intern(record.payment)
      let pair = UInt64(purchase) << 32 | UInt64(payment)
      if !finishing.paidPairs.insert(pair).inserted { return }
    } else {
      if finishing.purchases[purchase].hasUnnamedPayment { return }
      finishing.purchases[purchase].hasUnnamedPayment = true
    }
    if record.fields.contains(.amount) {
      finishing.purchases[purchase].paymentSum += Int128(record.amount)
      finishing.purchases[purchase].hasPaymentAmount = true
    }
  }

  private mutating func collectLines(
    of purchase: OrderPurchase, of index: Int, takesCart: Bool
  ) {
    let step = purchase.orderLines >= 0 ? purchase.orderLines : purchase.successLines
    if step >= 0 {
      let record = record(step)
      var cursor = RecordCursor(record.lines)
      for _ in 0..<record.lineCount {
        let line = cursor.line()
        finishing.lines.append(
          BoughtLine(
            item: items.intern(named(line.item)), quantity: line.quantity ?? 1,
            unitPrice: line.unitPrice))
      }
    } else if takesCart {
      for place in boughtCart(index) {
        let item = carts[place]
        finishing.lines.append(
          BoughtLine(item: item.item, quantity: item.quantity, unitPrice: item.unitPrice))
      }
    }
  }

  /// The sequence's cart, else that of the latest earlier one that was abandoned with something in
  /// it, has not been bought before, and lies within the recovery window.
  private func boughtCart(_ index: Int) -> Range<Int> {
    let sequence = sequences[index]
    if !sequence.cart.isEmpty { return sequence.cart }
    let success = entries[Int(sequence.firstSuccess)].time
    var earlier = Int(sequence.earlierCart)
    while earlier >= 0 {
      let candidate = sequences[earlier]
      if success - candidate.abandonedAt > options.recoveryWindow { break }
      let isBought =
        candidate.firstSuccess >= 0 && candidate.firstSuccess < sequence.firstSuccess
      if !isBought { return candidate.cart }
      earlier = Int(candidate.earlierCart)
    }
    return 0..<0
  }

  private func paid(_ purchase: OrderPurchase, linesFrom start: Int) -> Int64? {
    if purchase.hasPaymentAmount { return Int64(exactly: purchase.paymentSum) }
    if let amount = purchase.orderAmount { return amount }
    if finishing.lines.count == start { return nil }
    var sum: Int128 = 0
    for line in finishing.lines[start...] {
      guard let price = line.unitPrice else { return nil }
      sum += Int128(line.quantity) * Int128(price)
    }
    return Int64(exactly: sum)
  }

  /// Quantities added up by item and price, sorted by both.
  private mutating func mergeLines() {
    guard !finishing.lines.isEmpty else { return }
    finishing.lines.withUnsafeMutableBufferPointer { lines in
      insertionSort(&lines) { left, right in
        if left.item != right.item {
          return compareBytes(items[left.item].raw, items[right.item].raw) < 0
        }
        guard let first = left.unitPrice else { return right.unitPrice != nil }
        guard let second = right.unitPrice else { return false }
        return first < second
      }
    }
    let start = bought.count
    for line in finishing.lines {
      if bought.count > start, let last = bought.last, last.item == line.item,
        last.unitPrice == line.unitPrice
      {
        bought[bought.count - 1].quantity &+= line.quantity
      } else {
        bought.append(line)
      }
    }
  }

  /// Currency, refunds and what is left.
  private mutating func finishMoney(_ index: Int, paid: Int64?) {
    var currency = TextSlice.absent
    var orderCurrency = TextSlice.absent
    var isMixed = false
    var step = sequences[index].firstStep
    while step >= 0 {
      let role = entries[Int(step)].role
      if role == RoleCode.paymentSuccess || role == RoleCode.order {
        let told = record(step).currency
        if told.isPresent && role == RoleCode.order {
          if !orderCurrency.isPresent { orderCurrency = told }
        } else if told.isPresent {
          isMixed = isMixed || isOther(told, currency)
          if !currency.isPresent { currency = told }
        }
      }
      step = next[Int(step)]
    }
    sequences[index].currency = currency.isPresent ? currency : orderCurrency
    let refunded = refunded(index, paid: paid, currency: &currency, isMixed: &isMixed)
    if isMixed { return }
    sequences[index].paid = paid
    sequences[index].refunded = refunded
    if let paid, let refunded {
      let (net, overflow) = paid.subtractingReportingOverflow(refunded)
      sequences[index].net = overflow ? nil : net
    }
  }

  private func isOther(_ told: TextSlice, _ first: TextSlice) -> Bool {
    first.isPresent && !equalBytes(told.raw, first.raw)
  }

  private func refunded(
    _ index: Int, paid: Int64?, currency: inout TextSlice, isMixed: inout Bool
  ) -> Int64? {
    var sum: Int128? = 0
    var event = sequences[index].firstAftermath
    while event >= 0 {
      if entries[Int(event)].role == RoleCode.refund {
        let record = record(event)
        if record.currency.isPresent {
          isMixed = isMixed || isOther(record.currency, currency)
          if !currency.isPresent { currency = record.currency }
        }
        if record.fields.contains(.amount) {
          sum = sum.map { $0 + Int128(record.amount) }
        } else if let paid {
          sum = sum.map { $0 + max(0, Int128(paid) - $0) }
        } else {
          sum = nil
        }
      }
      event = next[Int(event)]
    }
    return sum.flatMap { Int64(exactly: $0) }
  }
}
