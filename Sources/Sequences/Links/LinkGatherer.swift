import Bytes
import Events

/// Takes in batches of events, in any order, and keeps what identities depend on.
///
/// Invariants:
/// - What is kept depends on the set of events alone; only the integers given to ids and the layout
///   of texts depend on the order of arrival, and neither is ever written.
/// - Memory grows with distinct visitors, customers, orders and carts; logins spill.
struct LinkGatherer: ~Copyable {
  let options: SequenceOptions
  let roles: RoleTable
  var visitors = InternTable()
  var customers = InternTable()
  var orders = LinkTable()
  var carts = LinkTable()
  var visitorFacts: [VisitorFacts] = []
  var visitorCustomers = PairSet()
  var places = PlaceText()
  var logins: LoginLog
  var shared = SharedStrings()
  var acceptedCount = 0
  var latestTime: Int64?

  init(options: SequenceOptions, logins: consuming LoginLog) {
    self.options = options
    roles = RoleTable(userLines: options.roles)
    self.logins = logins
  }

  /// Brings a run's codes up to a new set of dictionaries.
  mutating func translate(_ batch: borrowing EventColumns, into codes: inout LinkCodes) {
    codes.visitors = internAll(batch[.visitorID].dictionary, &visitors)
    codes.customers = internAll(batch[.customerID].dictionary, &customers)
    codes.orders = internAll(batch[.orderID].dictionary, &orders)
    codes.carts = internAll(batch[.cartID].dictionary, &carts)
    while visitorFacts.count < visitors.count { visitorFacts.append(VisitorFacts()) }
    codes.ranks = ranks(of: batch.topic.dictionary, roles)
    shared.add(batch.topic.dictionary)
    shared.add(batch.source.dictionary)
    shared.add(batch[.channel].dictionary)
    shared.add(batch[.campaignID].dictionary)
    shared.add(batch[.currency].dictionary)
  }

  /// Takes in one batch whose dictionaries `codes` was translated from.
  mutating func add(_ batch: borrowing EventColumns, _ codes: borrowing LinkCodes) throws {
    let visitorCodes = batch[.visitorID].codes
    let customerCodes = batch[.customerID].codes
    let orderCodes = batch[.orderID].codes
    let cartCodes = batch[.cartID].codes
    let topicCodes = batch.topic.codes
    let asOf = options.asOf ?? Int64.max
    var accepted = 0
    var latest = latestTime ?? Int64.min
    for row in 0..<batch.count {
      let recordedAt = batch.recordedAt[row]
      let time = effectiveTime(occurredAt: batch.occurredAt[row], recordedAt: recordedAt)
      if time > asOf || recordedAt > asOf { continue }
      accepted += 1
      if time > latest { latest = time }
      let visitor = global(visitorCodes[row], codes.visitors)
      let customer = global(customerCodes[row], codes.customers)
      let order = global(orderCodes[row], codes.orders)
      let cart = global(cartCodes[row], codes.carts)
      let isLogin = visitor != InternTable.absent && customer != InternTable.absent
      if order == InternTable.absent && cart == InternTable.absent && !isLogin { continue }
      try link(
        batch, row, time: time, rank: codes.ranks[Int(topicCodes[row])],
        visitor: visitor, customer: customer, order: order, cart: cart)
    }
    acceptedCount += accepted
    latestTime = accepted > 0 ? latest : latestTime
  }

  private mutating func link(
    _ batch: borrowing EventColumns, _ row: Int, time: Int64, rank: UInt8,
    visitor: UInt32, customer: UInt32, order: UInt32, cart: UInt32
  ) throws {
    let hubLimit = UInt32(clamping: options.hubLimit)
    try batch.eventID.bytes.withUnsafeBytes { ids in
      try batch.source.dictionary.bytes.withUnsafeBytes { sources in
        let source = Int(batch.source.codes[row])
        var candidate = Candidate(
          time: time, rank: rank, id: slice(ids, batch.eventID.offsets, row),
          source: slice(sources, batch.source.dictionary.offsets, source))
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

/// A run's dictionary codes as the links' integers.
struct LinkCodes {
  var generation: Int?
  var visitors: [UInt32] = []
  var customers: [UInt32] = []
  var orders: [UInt32] = []
  var carts: [UInt32] = []
  var ranks: [UInt8] = []
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

/// The rank of every topic of a dictionary.
func ranks(of topics: ByteStrings, _ roles: RoleTable) -> [UInt8] {
  (0..<topics.count).map { roles.role(ofTopic: topics[$0]).rawValue }
}

private func internAll(_ strings: ByteStrings, _ table: inout InternTable) -> [UInt32] {
  var codes: [UInt32] = []
  codes.reserveCapacity(strings.count)
  strings.bytes.withUnsafeBytes { bytes in
    for index in 0..<strings.count {
      codes.append(table.intern(slice(bytes, strings.offsets, index)))
    }
  }
  return codes
}

private func internAll(_ strings: ByteStrings, _ table: inout LinkTable) -> [UInt32] {
  var codes: [UInt32] = []
  codes.reserveCapacity(strings.count)
  strings.bytes.withUnsafeBytes { bytes in
    for index in 0..<strings.count {
      codes.append(table.intern(slice(bytes, strings.offsets, index)))
    }
  }
  return codes
}

/// The tables of a gatherer that outlive it.
struct LinkParts: ~Copyable {
  var visitors: InternTable
  var customers: InternTable
  var orders: LinkTable
  var carts: LinkTable
  var shared: SharedStrings
  var visitorFacts: [VisitorFacts]
  var places: PlaceText
}

extension LinkGatherer {
  consuming func takeApart() -> LinkParts {
    LinkParts(
      visitors: visitors, customers: customers, orders: orders, carts: carts, shared: shared,
      visitorFacts: visitorFacts, places: places)
  }
}
