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

  init(
    _ columns: EventColumns, of run: Int, _ links: ResolvedLinks, _ roles: RoleTable
  ) throws {
    for kind in LinkKind.allCases where columns[kind.column].isShared {
      let units = links.kinds[kind.rawValue]
      set(kind, links.actors(kind, try units.codes(units.unit(ofRun: run))))
    }
    translate(columns, links, roles) { $0.isShared }
  }

  /// Sets whose the ids of a dictionary are.
  mutating func set(_ kind: LinkKind, _ actors: [UInt32]) {
    switch kind {
    case .visitors: visitors = actors
    case .customers: customers = actors
    case .orders: orderOwners = actors
    case .carts: cartOwners = actors
    }
  }

  /// Translates the dictionaries of those columns that `isWanted` names, but for whose ids are.
  mutating func translate(
    _ batch: borrowing EventColumns, _ links: ResolvedLinks, _ roles: RoleTable,
    _ isWanted: (CodedStrings) -> Bool
  ) {
    if isWanted(batch[.orderID]) { orderFlags = map(batch[.orderID].dictionary, textFlags) }
    if isWanted(batch[.cartID]) { cartFlags = map(batch[.cartID].dictionary, textFlags) }
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

extension ResolvedLinks {
  /// Whose ids are: actors of visitors and customers, owners of orders and carts.
  func actors(_ kind: LinkKind, _ codes: [UInt32]) -> [UInt32] {
    switch kind {
    case .visitors: codes.map { visitorActors[Int($0)] }
    case .customers: codes
    case .orders: codes.map { orderOwners[Int($0)] }
    case .carts: codes.map { cartOwners[Int($0)] }
    }
  }
}

/// Whose the ids of one task are where columns have no dictionary: numbered as `LinkTask` numbered
/// them, from the same batches.
struct TaskLinks {
  private let links: ResolvedLinks
  private let task: Int
  private let ids = LinkKind.allCases.map { _ in TaskIDs() }
  private var actors = LinkKind.allCases.map { _ in [UInt32]() }

  init(_ links: ResolvedLinks, task: Int) {
    self.links = links
    self.task = task
  }

  /// Sets whose ids are in the columns of a batch that have no shared dictionary.
  mutating func translate(_ batch: EventColumns, into codes: inout PartitionCodes) throws {
    for kind in LinkKind.allCases where !batch[kind.column].isShared {
      let units = links.kinds[kind.rawValue]
      let ids = self.ids[kind.rawValue]
      if !ids.isUsed {
        actors[kind.rawValue] = links.actors(kind, try units.codes(units.unit(ofTask: task)))
      }
      ids.translate(batch[kind.column].dictionary)
      let actors = self.actors[kind.rawValue]
      codes.set(kind, ids.codes.map { actors[Int($0)] })
    }
  }
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
