/// What is known of an order or a cart from all events that name it.
///
/// - Cost: 80 bytes, and the texts of the places.
struct LinkFacts {
  /// Its earliest event that carries a customer.
  var customerPlace = Place.none
  /// Its earliest event that carries a visitor and no customer.
  var guestPlace = Place.none
  /// The earliest event of an order that names a cart.
  var cartPlace = Place.none
  var customer = InternTable.absent
  var guest = InternTable.absent
  var cart = InternTable.absent
  var firstVisitor = InternTable.absent
  var firstCustomer = InternTable.absent
  /// Distinct ones, counted to one beyond the hub limit.
  var visitorCount: UInt32 = 0
  var customerCount: UInt32 = 0

  /// Whether the id is a constant and no id.
  func isHub(_ limit: Int) -> Bool { visitorCount > limit || customerCount > limit }
}

/// All orders, or all carts.
struct LinkTable: ~Copyable {
  let ids: InternTable
  let facts: [LinkFacts]
}

/// The facts of all orders, or of all carts, in the making.
struct LinkFactsTable: ~Copyable {
  private(set) var facts: [LinkFacts] = []
  private var visitors = PairSet()
  private var customers = PairSet()

  mutating func grow(to count: Int) {
    while facts.count < count { facts.append(LinkFacts()) }
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
    if cart != InternTable.absent, places.precedes(candidate, facts[index].cartPlace) {
      facts[index].cartPlace = places.keep(&candidate)
      facts[index].cart = cart
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
