import Bytes
import Events

/// What one run gave besides records.
struct PartitionCounts {
  var unattributed = 0
  var orphans = 0
}

/// Gives every event of a run to the partition of its actor.
///
/// A pure function of the run and the resolved links: nothing here depends on another run.
struct Partitioner: ~Copyable {
  private let links: ResolvedLinks
  private let asOf: Int64
  private let roles: RoleTable
  private let purpose: PartitionPurpose
  private let partitionCount: Int
  private var generation: Int?
  private var codes = PartitionCodes()
  private var record = OutputBytes(capacity: 1_024)
  private(set) var counts = PartitionCounts()

  init(
    links: ResolvedLinks, options: SequenceOptions, purpose: PartitionPurpose,
    partitionCount: Int
  ) {
    self.links = links
    asOf = options.asOf ?? Int64.max
    roles = RoleTable(userLines: options.roles)
    self.purpose = purpose
    self.partitionCount = partitionCount
  }

  mutating func add(
    _ batch: EventColumns, generation: Int, to buffers: PartitionBuffers
  ) throws {
    if self.generation != generation {
      codes = PartitionCodes(batch, links, roles)
      self.generation = generation
    }
    try BatchPointers.with(batch) { try add($0, to: buffers) }
  }

  private mutating func add(_ batch: BatchPointers, to buffers: PartitionBuffers) throws {
    for row in 0..<batch.count {
      let recordedAt = batch.recordedAt[row]
      let time = effectiveTime(occurredAt: batch.occurredAt[row], recordedAt: recordedAt)
      if time > asOf || recordedAt > asOf { continue }
      let actor = actor(batch, row, time)
      if actor == ResolvedLinks.nobody {
        counts.unattributed += 1
        continue
      }
      let role = codes.ranks[Int(batch.topic.codes[row])]
      if role >= Role.fulfilment.rawValue && role != Role.other.rawValue
        && batch[.orderID].codes[row] == CodedStrings.absent
      {
        counts.orphans += 1
        if !purpose.keepsEverything { continue }
      }
      if !purpose.wants(role: role, actor: actor) { continue }
      write(batch, row, time: time, role: role, actor: actor)
      try buffers.append(record.base, record.count, to: partition(of: actor))
    }
  }

  @inline(__always) private func partition(of actor: UInt32) -> Int {
    Int(UInt64(actor) * UInt64(partitionCount) / UInt64(links.actorCount))
  }

  /// Rule 4 of the contract's §3.
  @inline(__always)
  private func actor(_ batch: BatchPointers, _ row: Int, _ time: Int64) -> UInt32 {
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

  private mutating func write(
    _ batch: BatchPointers, _ row: Int, time: Int64, role: UInt8, actor: UInt32
  ) {
    var fields: Fields = []
    let id = batch.eventID(row)
    record.count = 0
    record.reserve(RecordHeader.byteCount + id.count + 64)
    record.put(raw: UInt32(0))
    record.put(raw: actor)
    record.put(raw: time)
    record.put(role)
    record.put(0)
    record.put(raw: UInt16(0))
    put(id, flags: TextFlags.of(id.start, id.count))
    putShared(batch.source, row, codes.sources)
    putShared(batch.topic, row, codes.topics)
    putTexts(batch, row, role, &fields)
    putNumbers(batch, row, role, &fields)
    if purpose.keepsLedgerOffsets {
      fields.insert(.ledgerOffset)
      record.reserve(10)
      record.put(zigzag: batch.firstLedgerOffset + Int64(row))
    }
    if Partitioner.hasLines(role) { putLines(batch, row, &fields) }
    let start = UnsafeMutableRawPointer(record.base)
    start.storeBytes(of: UInt32(record.count), as: UInt32.self)
    start.storeBytes(
      of: fields.rawValue, toByteOffset: RecordHeader.fieldsOffset, as: UInt16.self)
  }

  /// The strings after the topic, in the order of `Fields`, each only where its role uses it.
  private mutating func putTexts(
    _ batch: BatchPointers, _ row: Int, _ role: UInt8, _ fields: inout Fields
  ) {
    let isStep = role < Role.fulfilment.rawValue
    if put(batch[.orderID], row, codes.orderFlags) { fields.insert(.order) }
    if isStep {
      if put(batch[.cartID], row, codes.cartFlags) { fields.insert(.cart) }
      if put(batch[.itemID], row, codes.itemFlags) { fields.insert(.item) }
      if putOptional(batch[.channel], row, codes.channels) { fields.insert(.channel) }
      if putOptional(batch[.campaignID], row, codes.campaigns) { fields.insert(.campaign) }
    }
    let isSuccess = role == Role.paymentSuccess.rawValue
    if isSuccess || role == Role.order.rawValue || role == Role.refund.rawValue,
      putOptional(batch[.currency], row, codes.currencies)
    {
      fields.insert(.currency)
    }
    if isSuccess, put(batch[.paymentID], row, codes.paymentFlags) { fields.insert(.payment) }
  }

  private mutating func putNumbers(
    _ batch: BatchPointers, _ row: Int, _ role: UInt8, _ fields: inout Fields
  ) {
    record.reserve(40)
    if role < Role.fulfilment.rawValue {
      if let quantity = batch.quantity[row] {
        fields.insert(.quantity)
        record.put(zigzag: Int64(quantity))
      }
      if let price = batch.unitPrice[row] {
        fields.insert(.unitPrice)
        record.put(zigzag: price)
      }
    }
    if role >= Role.order.rawValue, let amount = batch.amount[row] {
      fields.insert(.amount)
      record.put(zigzag: amount)
    }
  }

  private static func hasLines(_ role: UInt8) -> Bool {
    role == Role.cartAdd.rawValue || role == Role.cartRemove.rawValue
      || role == Role.order.rawValue || role == Role.paymentSuccess.rawValue
  }

  private mutating func putLines(_ batch: BatchPointers, _ row: Int, _ fields: inout Fields) {
    let lines = Int(batch.lineStarts[row])..<Int(batch.lineStarts[row + 1])
    if lines.isEmpty { return }
    fields.insert(.lines)
    record.reserve(10)
    record.put(varint: UInt64(lines.count))
    for line in lines {
      let quantity = batch.lineQuantity[line]
      let price = batch.lineUnitPrice[line]
      let hasItem = batch.lineItem.codes[line] != CodedStrings.absent
      record.reserve(32)
      record.put((hasItem ? 1 : 0) | (quantity == nil ? 0 : 2) | (price == nil ? 0 : 4))
      _ = put(batch.lineItem, line, codes.lineItemFlags)
      record.reserve(24)
      if let quantity { record.put(zigzag: Int64(quantity)) }
      if let price { record.put(zigzag: price) }
    }
  }

  @inline(__always)
  private mutating func put(
    _ text: (start: UnsafePointer<UInt8>, count: Int), flags: TextFlags
  ) {
    record.put(varint: UInt64(text.count) << 2 | UInt64(flags.rawValue))
    record.put(text.start, text.count)
  }

  @inline(__always)
  private mutating func put(
    _ column: ColumnPointers, _ row: Int, _ flags: borrowing [TextFlags]
  ) -> Bool {
    let code = column.codes[row]
    if code == CodedStrings.absent { return false }
    let text = column.text(code)
    record.reserve(text.count + 10)
    put(text, flags: flags[Int(code)])
    return true
  }

  @inline(__always)
  private mutating func putOptional(
    _ column: ColumnPointers, _ row: Int, _ shared: borrowing [UInt32]
  ) -> Bool {
    if column.codes[row] == CodedStrings.absent { return false }
    putShared(column, row, shared)
    return true
  }

  @inline(__always)
  private mutating func putShared(
    _ column: ColumnPointers, _ row: Int, _ shared: borrowing [UInt32]
  ) {
    let code = column.codes[row]
    let known = shared[Int(code)]
    record.reserve(10)
    if known != InternTable.absent {
      record.put(varint: UInt64(known) + 1)
      return
    }
    let text = column.text(code)
    record.put(0)
    record.reserve(text.count + 10)
    put(text, flags: TextFlags.of(text.start, text.count))
  }
}

extension ResolvedLinks {
  /// A visitor's actor at a time.
  @inline(__always) func resolve(_ actor: UInt32, at time: Int64) -> UInt32 {
    if actor & ResolvedLinks.timelineBit == 0 || actor == ResolvedLinks.nobody { return actor }
    let customer = timelines.customer(actor & ~ResolvedLinks.timelineBit, at: time)
    return customerRanks[Int(customer)]
  }
}
