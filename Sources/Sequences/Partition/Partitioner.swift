import Bytes
import Events

/// What one run gave besides records.
struct PartitionCounts {
  var unattributed = 0
  /// Ledger offsets of these, where somebody asks for them.
  var unattributedOffsets: [Int64] = []
  var orphans = 0
}

/// Gives every event of some rows of a run to the partition of its actor.
///
/// A pure function of the run and the resolved links: nothing here depends on another run.
struct Partitioner: ~Copyable {
  /// The columns that records are made of.
  static let columns: EventColumnSet = {
    var columns = EventColumnSet.all
    columns.subtract(.ids(.sessionID, .creativeID))
    return columns
  }()

  /// Those and what histories ask for besides.
  static let historyColumns = columns.union(.ids(.creativeID))

  private let links: ResolvedLinks
  private let asOf: Int64
  private let purpose: PartitionPurpose
  private let partitionCount: Int
  private var codes: PartitionCodes
  private var ids: TaskLinks
  private var record = OutputBytes(capacity: 4_096)
  private(set) var counts = PartitionCounts()

  /// - Shape: `codes` are those of the run's shared dictionaries.
  init(
    links: ResolvedLinks, options: SequenceOptions, purpose: PartitionPurpose,
    codes: PartitionCodes, ids: TaskLinks, partitionCount: Int
  ) {
    self.links = links
    asOf = options.asOf ?? Int64.max
    self.purpose = purpose
    self.codes = codes
    self.ids = ids
    self.partitionCount = partitionCount
  }

  mutating func add(
    _ batch: EventColumns, _ roles: RoleTable, to buffers: PartitionBuffers
  ) throws {
    codes.translate(batch, links, roles) { !$0.isShared }
    try ids.translate(batch, into: &codes)
    let codes = self.codes
    try BatchPointers.with(batch) { batch in
      try CodePointers.with(codes) { try add(batch, $0, to: buffers) }
    }
  }

  private mutating func add(
    _ batch: BatchPointers, _ codes: CodePointers, to buffers: PartitionBuffers
  ) throws {
    var cursor = record.cursor()
    defer { record.take(cursor) }
    let keepsOffsets = purpose.keepsLedgerOffsets
    let keepsKnowledge = purpose.keepsKnowledge
    let actorCount = UInt64(links.actorCount)
    for row in 0..<batch.count {
      let recordedAt = batch.recordedAt[row]
      let time = effectiveTime(occurredAt: batch.occurredAt[row], recordedAt: recordedAt)
      if time > asOf || recordedAt > asOf { continue }
      let actor = actor(batch, codes, row, time)
      if actor == ResolvedLinks.nobody {
        counts.unattributed += 1
        if purpose.listsUnattributed {
          counts.unattributedOffsets.append(batch.firstLedgerOffset + Int64(row))
        }
        continue
      }
      let role = codes.ranks[Int(batch.topic.codes[row])]
      if role >= RoleCode.fulfilment && role != RoleCode.other
        && batch[.orderID].codes[row] == CodedStrings.absent
      {
        counts.orphans += 1
        if !purpose.keepsOrphans { continue }
      }
      if !purpose.wants(role: role, actor: actor) { continue }
      if purpose.keepsKnowledge && role == RoleCode.other && !isNamed(batch, row) { continue }
      cursor.place = cursor.base
      let writer = RecordWriter(batch: batch, codes: codes, row: row, role: role)
      writer.write(
        &cursor, time: time, actor: actor, keepsOffset: keepsOffsets,
        keepsKnowledge: keepsKnowledge)
      let partition = Int(UInt64(actor) * UInt64(partitionCount) / actorCount)
      try buffers.append(cursor.base, cursor.count, to: partition)
    }
  }

  /// Whether a history names the event's topic, which plays no role.
  private func isNamed(_ batch: BatchPointers, _ row: Int) -> Bool {
    let topic = batch.topic.text(batch.topic.codes[row])
    let text = UnsafeRawBufferPointer(start: topic.start, count: topic.count)
    return purpose.topics.contains { $0.elementsEqual(text) }
  }

  /// Rule 4 of the contract's §3.
  @inline(__always)
  private func actor(
    _ batch: BatchPointers, _ codes: CodePointers, _ row: Int, _ time: Int64
  ) -> UInt32 {
    let order = batch[.orderID].codes[row]
    if order != CodedStrings.absent {
      let owner = codes.orderOwners[Int(order)]
      if owner != ResolvedLinks.nobody { return owner }
    }
    let customer = batch[.customerID].codes[row]
    if customer != CodedStrings.absent { return codes.customers[Int(customer)] }
    let visitor = batch[.visitorID].codes[row]
    if visitor != CodedStrings.absent {
      return links.resolve(codes.visitors[Int(visitor)], at: time)
    }
    let cart = batch[.cartID].codes[row]
    return cart == CodedStrings.absent ? ResolvedLinks.nobody : codes.cartOwners[Int(cart)]
  }
}

extension ResolvedLinks {
  /// A visitor's actor at a time.
  @inline(__always) func resolve(_ actor: UInt32, at time: Int64) -> UInt32 {
    if actor & ResolvedLinks.timelineBit == 0 || actor == ResolvedLinks.nobody { return actor }
    return timelines.customer(actor & ~ResolvedLinks.timelineBit, at: time)
  }
}
