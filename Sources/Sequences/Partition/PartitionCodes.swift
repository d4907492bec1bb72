import Bytes
import Events

/// A run's dictionary codes as actors, shared strings and flags; made once a run for dictionaries
/// that its batches share, once a batch for others.
struct PartitionCodes: Sendable {
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

  init(_ run: EventColumns, _ links: ResolvedLinks, _ roles: RoleTable) {
    translate(run, links, roles) { $0.isShared }
  }

  /// Translates the dictionaries of those columns that `isWanted` names.
  mutating func translate(
    _ batch: borrowing EventColumns, _ links: ResolvedLinks, _ roles: RoleTable,
    _ isWanted: (CodedStrings) -> Bool
  ) {
    if isWanted(batch[.visitorID]) {
      let codes = links.visitors.findAll(batch[.visitorID].dictionary)
      visitors = codes.map { found($0, links.visitorActors) }
    }
    if isWanted(batch[.customerID]) {
      let codes = links.customers.findAll(batch[.customerID].dictionary)
      customers = codes.map { found($0, links.customerRanks) }
    }
    if isWanted(batch[.orderID]) {
      let codes = links.orders.ids.findAll(batch[.orderID].dictionary)
      orderOwners = codes.map { found($0, links.orderOwners) }
      orderFlags = map(batch[.orderID].dictionary, textFlags)
    }
    if isWanted(batch[.cartID]) {
      let codes = links.carts.ids.findAll(batch[.cartID].dictionary)
      cartOwners = codes.map { found($0, links.cartOwners) }
      cartFlags = map(batch[.cartID].dictionary, textFlags)
    }
    if isWanted(batch.topic) {
      ranks = Sequences.ranks(of: batch.topic.dictionary, roles)
      topics = map(batch.topic.dictionary) { links.shared.find($0) }
    }
    func shared(_ column: CodedStrings, _ codes: inout [UInt32]) {
      if isWanted(column) { codes = map(column.dictionary) { links.shared.find($0) } }
    }
    shared(batch.source, &sources)
    shared(batch[.channel], &channels)
    shared(batch[.campaignID], &campaigns)
    shared(batch[.currency], &currencies)
    func flags(_ column: CodedStrings, _ flags: inout [TextFlags]) {
      if isWanted(column) { flags = map(column.dictionary, textFlags) }
    }
    flags(batch[.itemID], &itemFlags)
    flags(batch[.paymentID], &paymentFlags)
    flags(batch.lineItemID, &lineItemFlags)
  }
}

/// `PartitionCodes` as bare pointers, to be read without a check a row.
struct CodePointers {
  let visitors: UnsafePointer<UInt32>
  let customers: UnsafePointer<UInt32>
  let orderOwners: UnsafePointer<UInt32>
  let cartOwners: UnsafePointer<UInt32>
  let ranks: UnsafePointer<UInt8>
  let sources: UnsafePointer<UInt32>
  let topics: UnsafePointer<UInt32>
  let channels: UnsafePointer<UInt32>
  let campaigns: UnsafePointer<UInt32>
  let currencies: UnsafePointer<UInt32>
  let orderFlags: UnsafePointer<TextFlags>
  let cartFlags: UnsafePointer<TextFlags>
  let itemFlags: UnsafePointer<TextFlags>
  let paymentFlags: UnsafePointer<TextFlags>
  let lineItemFlags: UnsafePointer<TextFlags>

  /// Runs `body` while all codes stand still.
  static func with(_ codes: PartitionCodes, _ body: (CodePointers) throws -> Void) throws {
    try withBases(
      of: [
        codes.visitors, codes.customers, codes.orderOwners, codes.cartOwners, codes.sources,
        codes.topics, codes.channels, codes.campaigns, codes.currencies,
      ]
    ) { words in
      try withBases(
        of: [
          codes.orderFlags, codes.cartFlags, codes.itemFlags, codes.paymentFlags,
          codes.lineItemFlags,
        ]
      ) { flags in
        try withBase(of: codes.ranks) { ranks in
          try body(
            CodePointers(
              visitors: words[0], customers: words[1], orderOwners: words[2],
              cartOwners: words[3], ranks: ranks, sources: words[4], topics: words[5],
              channels: words[6], campaigns: words[7], currencies: words[8],
              orderFlags: flags[0], cartFlags: flags[1], itemFlags: flags[2],
              paymentFlags: flags[3], lineItemFlags: flags[4]))
        }
      }
    }
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
  enum Content: Sendable {
    /// `kept`: sequences, counted actor by actor.
    case sequences, sessions, explanation, history, kept
  }

  var content = Content.sequences
  /// When set, only these actors' events become records; sorted.
  var actors: [UInt32]?

  /// Of histories: topics without a role whose events are kept all the same.
  var topics: [[UInt8]] = []

  var keepsLedgerOffsets: Bool { content == .explanation || content == .history }
  var keepsKnowledge: Bool { content == .history }
  var keepsOrphans: Bool { content == .explanation || content == .kept }
  var listsUnattributed: Bool { content == .kept }

  @inline(__always) func wants(role: UInt8, actor: UInt32) -> Bool {
    if let actors, !actors.contains(actor) { return false }
    switch content {
    case .sequences, .kept: return role != RoleCode.other
    case .history: return role != RoleCode.other || !topics.isEmpty
    case .sessions: return role <= RoleCode.paymentAttempt
    case .explanation: return true
    }
  }
}
