/// An item with a quantity in a cart.
struct NaiveCartItem {
  var itemID: ByteText
  var quantity: Int64
}

/// A cart's contents and the prices told for them; items stand sorted by id.
struct NaiveCart {
  var items: [NaiveCartItem] = []
  /// The last non-null price told on a `cart_add` of each item.
  var prices: [ByteText: Int64] = [:]

  mutating func take(_ step: NaiveStep) {
    switch step.role {
    case .cartAdd: for line in cartLines(step.event) { add(line) }
    case .cartRemove: for line in cartLines(step.event) { remove(line) }
    case .cartClear: items = []
    default: break
    }
  }

  /// An absent quantity is 1.
  private mutating func add(_ line: NaiveLine) {
    let item = line.itemID ?? []
    if let price = line.unitPrice { prices[item] = price }
    change(item, by: Int64(line.quantity ?? 1))
  }

  /// An absent quantity is all of it.
  private mutating func remove(_ line: NaiveLine) {
    let item = line.itemID ?? []
    if let quantity = line.quantity {
      change(item, by: -Int64(quantity))
    } else {
      items.removeAll { $0.itemID == item }
    }
  }

  /// At zero or below the item leaves.
  private mutating func change(_ item: ByteText, by quantity: Int64) {
    let before = items.first { $0.itemID == item }?.quantity ?? 0
    let (after, overflow) = before.addingReportingOverflow(quantity)
    items.removeAll { $0.itemID == item }
    if overflow || after <= 0 { return }
    items.append(NaiveCartItem(itemID: item, quantity: after))
    items.sort { isBefore($0.itemID, $1.itemID) }
  }

  /// The contents as lines of an order.
  var boughtLines: [NaiveBoughtLine] {
    items.map {
      NaiveBoughtLine(
        itemID: $0.itemID, quantity: Int128($0.quantity), unitPrice: prices[$0.itemID])
    }
  }
}

/// Lines, if there are any, stand for the event's own item.
private func cartLines(_ event: NaiveEvent) -> [NaiveLine] {
  if !event.lines.isEmpty { return event.lines }
  return [
    NaiveLine(itemID: event.itemID, quantity: event.quantity, unitPrice: event.unitPrice)
  ]
}
