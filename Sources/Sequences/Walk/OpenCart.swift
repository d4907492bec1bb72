/// The cart of the sequence that is open.
///
/// - Shape: items are the actor's integers; an item's state counts only under the sequence's stamp,
///   so a new sequence starts empty without clearing anything.
/// - Source: docs/semantics.md §5, "Cart contents".
struct OpenCart: ~Copyable {
  private struct ItemState {
    var stamp = 0
    var quantity: Int64 = 0
    var unitPrice: Int64?
    /// Whether the item is in `touched`.
    var isListed = false
  }

  private var states: [ItemState] = []
  /// Items that may be in the cart.
  private var touched: [Int] = []
  private var stamp = 0
  private(set) var itemCount = 0

  mutating func begin() {
    stamp += 1
    touched.removeAll(keepingCapacity: true)
    itemCount = 0
  }

  /// Forgets the integers of the last actor's items.
  mutating func beginActor() { states.removeAll(keepingCapacity: true) }

  mutating func add(_ item: Int, quantity: Int64?, unitPrice: Int64?) {
    prepare(item)
    if let unitPrice { states[item].unitPrice = unitPrice }
    set(item, states[item].quantity &+ (quantity ?? 1))
  }

  mutating func remove(_ item: Int, quantity: Int64?) {
    prepare(item)
    set(item, quantity.map { states[item].quantity &- $0 } ?? 0)
  }

  mutating func clear() {
    for item in touched {
      states[item].quantity = 0
      states[item].isListed = false
    }
    touched.removeAll(keepingCapacity: true)
    itemCount = 0
  }

  private mutating func prepare(_ item: Int) {
    while states.count <= item { states.append(ItemState()) }
    if states[item].stamp != stamp {
      states[item] = ItemState(stamp: stamp)
    }
  }

  private mutating func set(_ item: Int, _ quantity: Int64) {
    let left = max(quantity, 0)
    if (states[item].quantity > 0) != (left > 0) { itemCount += left > 0 ? 1 : -1 }
    states[item].quantity = left
    if left > 0 && !states[item].isListed {
      states[item].isListed = true
      touched.append(item)
    }
  }

  /// Appends what is in the cart, sorted by the items' bytes.
  func freeze(into carts: inout GrowingBuffer<CartItem>, names: borrowing ActorStrings) -> Range<
    Int
  > {
    let start = carts.count
    for item in touched where states[item].quantity > 0 {
      carts.append(
        CartItem(
          item: item, quantity: states[item].quantity, unitPrice: states[item].unitPrice))
    }
    if carts.count - start > 1 {
      sortByItem(&carts, from: start, names)
    }
    return start..<carts.count
  }

  private func sortByItem(
    _ carts: inout GrowingBuffer<CartItem>, from start: Int, _ names: borrowing ActorStrings
  ) {
    var part = UnsafeMutableBufferPointer(rebasing: carts.buffer[start...])
    insertionSort(&part) { compareBytes(names[$0.item].raw, names[$1.item].raw) < 0 }
  }
}

/// Sorts in place; short parts, which most are, without any call.
@inline(__always)
func insertionSort<Element>(
  _ part: inout UnsafeMutableBufferPointer<Element>, _ precedes: (Element, Element) -> Bool
) {
  if part.count > 24 {
    part.sort(by: precedes)
    return
  }
  var index = 1
  while index < part.count {
    let element = part[index]
    var place = index
    while place > 0 && precedes(element, part[place - 1]) {
      part[place] = part[place - 1]
      place -= 1
    }
    part[place] = element
    index += 1
  }
}
