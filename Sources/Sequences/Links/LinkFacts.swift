/// What is known of an order or a cart from all events that name it.
///
/// - Cost: 56 bytes, of an order 24 more, and the texts of the places.
struct LinkFacts {
  /// Its earliest event that carries a customer.
  var customerPlace = Place.none
  /// Its earliest event that carries a visitor and no customer.
  var guestPlace = Place.none
  var customer = InternTable.absent
  var guest = InternTable.absent
  var firstVisitor = InternTable.absent
  var firstCustomer = InternTable.absent
  /// Distinct ones, counted to one beyond the hub limit.
  var visitorCount: UInt32 = 0
  var customerCount: UInt32 = 0

  /// Whether the id is a constant and no id.
  func isHub(_ limit: Int) -> Bool { visitorCount > limit || customerCount > limit }
}

/// The earliest event of an order that names a cart.
struct CartOfOrder {
  var place = Place.none
  var cart = InternTable.absent
}

/// All orders, or all carts, with what their owners were found by; for who asks for reasons.
struct LinkTable {
  let ids: SortedTexts
  let known: KnownFacts

  var facts: UnsafeMutableBufferPointer<LinkFacts> { known.table.facts.buffer }
  /// Of orders only.
  var carts: UnsafeMutableBufferPointer<CartOfOrder> { known.table.carts.buffer }
}

/// What is known of some orders or carts.
///
/// - Concurrency: `@unchecked` because nothing changes once one thread has filled it.
final class KnownFacts: @unchecked Sendable {
  var table: LinkFactsTable
  var places = PlaceText()

  /// - Parameter haveCarts: whether they are orders, whose events may name carts.
  init(count: Int, haveCarts: Bool) {
    table = LinkFactsTable(haveCarts: haveCarts)
    table.grow(to: count)
  }
}

/// The facts of some orders, or of some carts, in the making.
struct LinkFactsTable: ~Copyable {
  private(set) var facts = GrowingBuffer<LinkFacts>()
  /// Of orders only.
  private(set) var carts = GrowingBuffer<CartOfOrder>()
  private let haveCarts: Bool
  private var visitors = PairSet()
  private var customers = PairSet()

  /// - Parameter haveCarts: whether they are orders, whose events may name carts.
  init(haveCarts: Bool) { self.haveCarts = haveCarts }

  mutating func grow(to count: Int) {
    while facts.count < count { facts.append(LinkFacts()) }
    while haveCarts && carts.count < count { carts.append(CartOfOrder()) }
  }

  /// Takes in one event that names `code`.
  mutating func add(
    _ code: UInt32, visitor: UInt32, customer: UInt32, cart: UInt32,
    at candidate: inout Candidate, places: inout PlaceText, hubLimit: UInt32
  ) {
    let index = Int(code)
    if visitor != InternTable.absent && visitor != facts[index].firstVisitor
      && facts[index].visitorCount <= hubLimit
    {
      if facts[index].visitorCount == 0 {
        facts[index].firstVisitor = visitor
        facts[index].visitorCount = 1
      } else if visitors.insert(code, visitor) {
        facts[index].visitorCount += 1
      }
    }
    if customer != InternTable.absent {
      addCustomer(customer, to: code, hubLimit)
      if places.precedes(candidate, facts[index].customerPlace) {
        facts[index].customerPlace = places.keep(&candidate)
        facts[index].customer = customer
      }
    } else if visitor != InternTable.absent,
      places.precedes(candidate, facts[index].guestPlace)
    {
      facts[index].guestPlace = places.keep(&candidate)
      facts[index].guest = visitor
    }
    if cart != InternTable.absent, places.precedes(candidate, carts[index].place) {
      carts[index] = CartOfOrder(place: places.keep(&candidate), cart: cart)
    }
  }

  private mutating func addCustomer(_ customer: UInt32, to code: UInt32, _ hubLimit: UInt32) {
    let index = Int(code)
    guard customer != facts[index].firstCustomer, facts[index].customerCount <= hubLimit else {
      return
    }
    if facts[index].customerCount == 0 {
      facts[index].firstCustomer = customer
      facts[index].customerCount = 1
    } else if customers.insert(code, customer) {
      facts[index].customerCount += 1
    }
  }
}

/// The distinct customers of a visitor's logins, counted to one beyond the hub limit.
struct VisitorFacts {
  var firstCustomer = InternTable.absent
  var customerCount: UInt32 = 0
}
