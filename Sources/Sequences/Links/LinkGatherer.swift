import Bytes
import Events

/// Takes in batches of events, in any order, and keeps what identities depend on.
///
/// Invariants:
/// - What is kept depends on the set of events alone; only the integers given to ids (`LinkIDs`)
///   and the layout of texts depend on the order of arrival, and neither is ever written.
/// - Memory grows with distinct visitors, customers, orders and carts; logins spill.
struct LinkGatherer: ~Copyable {
  let options: SequenceOptions
  var orders = LinkFactsTable(haveCarts: true)
  var carts = LinkFactsTable(haveCarts: false)
  var visitorFacts: [VisitorFacts] = []
  var visitorCustomers = PairSet()
  var places = PlaceText()
  var logins: LoginLog
  var acceptedCount = 0
  var latestTime: Int64?

  init(options: SequenceOptions, logins: consuming LoginLog) {
    self.options = options
    self.logins = logins
  }

  /// The columns that identities depend on.
  static let columns: EventColumnSet = [
    .eventID, .topic, .source, .times,
    .ids(.visitorID, .customerID, .orderID, .cartID, .channel, .campaignID, .currency),
  ]

  /// Those of them whose rows are needed: where a dictionary holds all strings, it is enough.
  static func columns(of run: EventColumns) -> EventColumnSet {
    var columns = LinkGatherer.columns
    for column in [IDColumn.channel, .campaignID, .currency] where run[column].isShared {
      columns.subtract(.id(column))
    }
    return columns
  }

  /// Takes in one batch with its codes.
  mutating func add(_ batch: BatchPointers, _ rows: LinkRows, _ codes: LinkCodes) throws {
    acceptedCount += rows.acceptedCount
    if let latest = rows.latestTime { latestTime = max(latestTime ?? latest, latest) }
    growFacts(
      visitors: codes.visitors.idCount, orders: codes.orders.idCount, carts: codes.carts.idCount)
    for (row, time) in rows.rows {
      try link(batch, Int(row), time: time, codes)
    }
  }

  /// Makes room for as many ids as there are.
  mutating func growFacts(visitors: Int, orders: Int, carts: Int) {
    while visitorFacts.count < visitors { visitorFacts.append(VisitorFacts()) }
    self.orders.grow(to: orders)
    self.carts.grow(to: carts)
  }

  private mutating func link(
    _ batch: BatchPointers, _ row: Int, time: Int64, _ codes: borrowing LinkCodes
  ) throws {
    let hubLimit = UInt32(clamping: options.hubLimit)
    let visitor = global(batch[.visitorID].codes[row], codes.visitors.codes)
    let customer = global(batch[.customerID].codes[row], codes.customers.codes)
    let order = global(batch[.orderID].codes[row], codes.orders.codes)
    let cart = global(batch[.cartID].codes[row], codes.carts.codes)
    let id = batch.eventID(row)
    let source = batch.source.text(batch.source.codes[row])
    var candidate = Candidate(
      time: time, rank: codes.ranks[Int(batch.topic.codes[row])],
      id: UnsafeRawBufferPointer(start: id.start, count: id.count),
      source: UnsafeRawBufferPointer(start: source.start, count: source.count))
    if visitor != InternTable.absent && customer != InternTable.absent {
      addCustomer(customer, to: visitor)
      if visitorFacts[Int(visitor)].customerCount <= hubLimit && options.stitch != .none {
        try logins.append(visitor: visitor, customer: customer, candidate)
      }
    }
    if order != InternTable.absent {
      orders.add(
        order, visitor: visitor, customer: customer, cart: cart, at: &candidate,
        places: &places, hubLimit: hubLimit)
    }
    if cart != InternTable.absent {
      carts.add(
        cart, visitor: visitor, customer: customer, cart: InternTable.absent,
        at: &candidate, places: &places, hubLimit: hubLimit)
    }
  }

  /// Counts a login's customer among those of its visitor.
  mutating func addCustomer(_ customer: UInt32, to visitor: UInt32) {
    let index = Int(visitor)
    let facts = visitorFacts[index]
    guard customer != facts.firstCustomer, facts.customerCount <= options.hubLimit else { return }
    if facts.customerCount == 0 {
      visitorFacts[index] = VisitorFacts(firstCustomer: customer, customerCount: 1)
    } else if visitorCustomers.insert(visitor, customer) {
      visitorFacts[index].customerCount += 1
    }
  }
}

/// Those rows of a batch that tell something about identities; found by each thread for itself.
struct LinkRows {
  /// Events that exist.
  private(set) var acceptedCount = 0
  private(set) var latestTime: Int64?
  /// Rows and their times: those with an order, a cart, or both visitor and customer.
  private(set) var rows: [(row: UInt32, time: Int64)] = []

  init(_ batch: BatchPointers, asOf: Int64) {
    let visitors = batch[.visitorID].codes
    let customers = batch[.customerID].codes
    let orders = batch[.orderID].codes
    let carts = batch[.cartID].codes
    var latest = Int64.min
    var accepted = 0
    rows.reserveCapacity(batch.count)
    for row in 0..<batch.count {
      let recordedAt = batch.recordedAt[row]
      let time = effectiveTime(occurredAt: batch.occurredAt[row], recordedAt: recordedAt)
      if time > asOf || recordedAt > asOf { continue }
      accepted += 1
      latest = max(latest, time)
      let isLogin =
        visitors[row] != CodedStrings.absent && customers[row] != CodedStrings.absent
      if isLogin || orders[row] != CodedStrings.absent || carts[row] != CodedStrings.absent {
        rows.append((UInt32(row), time))
      }
    }
    acceptedCount = accepted
    latestTime = accepted > 0 ? latest : nil
  }
}

@inline(__always)
func global(_ code: UInt32, _ translation: [UInt32]) -> UInt32 {
  code == CodedStrings.absent ? InternTable.absent : translation[Int(code)]
}

@inline(__always)
func slice(
  _ bytes: UnsafeRawBufferPointer, _ offsets: [UInt32], _ index: Int
) -> UnsafeRawBufferPointer {
  UnsafeRawBufferPointer(rebasing: bytes[Int(offsets[index])..<Int(offsets[index + 1])])
}

/// What outlives a gatherer.
struct LinkParts: ~Copyable {
  var orders: LinkFactsTable
  var carts: LinkFactsTable
  var visitorFacts: [VisitorFacts]
  var places: PlaceText
}

extension LinkGatherer {
  consuming func takeApart() -> LinkParts {
    LinkParts(orders: orders, carts: carts, visitorFacts: visitorFacts, places: places)
  }
}
