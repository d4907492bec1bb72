import Bytes
import Events

/// A run's dictionary codes as actors, shared strings and flags; made once a set of dictionaries.
struct PartitionCodes {
  var visitors: [UInt32] = []
  var customers: [UInt32] = []
  var orderOwners: [UInt32] = []
  var cartOwners: [UInt32] = []
  var ranks: [UInt8] = []
  var sources: [UInt32] = []
  var topics: [UInt32] = []
  var channels: [UInt32] = []
  var campaigns: [UInt32] = []
  var currencies: [UInt32] = []
  var orderFlags: [TextFlags] = []
  var cartFlags: [TextFlags] = []
  var itemFlags: [TextFlags] = []
  var paymentFlags: [TextFlags] = []
  var lineItemFlags: [TextFlags] = []

  init() {}

  init(_ batch: borrowing EventColumns, _ links: ResolvedLinks, _ roles: RoleTable) {
    visitors = map(batch[.visitorID].dictionary) {
      found(links.visitors.find($0), links.visitorActors)
    }
    customers = map(batch[.customerID].dictionary) {
      found(links.customers.find($0), links.customerRanks)
    }
    orderOwners = map(batch[.orderID].dictionary) {
      found(links.orders.ids.find($0), links.orderOwners)
    }
    cartOwners = map(batch[.cartID].dictionary) {
      found(links.carts.ids.find($0), links.cartOwners)
    }
    ranks = Sequences.ranks(of: batch.topic.dictionary, roles)
    sources = map(batch.source.dictionary) { links.shared.find($0) }
    topics = map(batch.topic.dictionary) { links.shared.find($0) }
    channels = map(batch[.channel].dictionary) { links.shared.find($0) }
    campaigns = map(batch[.campaignID].dictionary) { links.shared.find($0) }
    currencies = map(batch[.currency].dictionary) { links.shared.find($0) }
    orderFlags = map(batch[.orderID].dictionary, textFlags)
    cartFlags = map(batch[.cartID].dictionary, textFlags)
    itemFlags = map(batch[.itemID].dictionary, textFlags)
    paymentFlags = map(batch[.paymentID].dictionary, textFlags)
    lineItemFlags = map(batch.lineItemID.dictionary, textFlags)
  }
}

private func found(_ code: UInt32, _ values: [UInt32]) -> UInt32 {
  code == InternTable.absent ? ResolvedLinks.nobody : values[Int(code)]
}

private func map<Value>(
  _ strings: ByteStrings, _ transform: (UnsafeRawBufferPointer) -> Value
) -> [Value] {
  strings.bytes.withUnsafeBytes { bytes in
    var values: [Value] = []
    values.reserveCapacity(strings.count)
    for index in 0..<strings.count {
      values.append(transform(slice(bytes, strings.offsets, index)))
    }
    return values
  }
}

/// What the records of a partition are for, which decides which events become one.
struct PartitionPurpose: Sendable {
  enum Content: Sendable { case sequences, sessions, explanation }

  var content = Content.sequences
  /// When set, only these actors' events become records; sorted.
  var actors: [UInt32]?

  var keepsLedgerOffsets: Bool { content == .explanation }
  var keepsEverything: Bool { content == .explanation }

  @inline(__always) func wants(role: UInt8, actor: UInt32) -> Bool {
    if let actors, !actors.contains(actor) { return false }
    switch content {
    case .sequences: return role != Role.other.rawValue
    case .sessions: return role <= Role.paymentAttempt.rawValue
    case .explanation: return true
    }
  }
}
