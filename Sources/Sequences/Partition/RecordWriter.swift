import Bytes
import Events

/// Writes one event as a record; see `Record` for the form.
struct RecordWriter {
  let batch: BatchPointers
  let codes: CodePointers
  let row: Int
  let role: UInt8

  @inline(__always)
  func write(
    _ out: inout ByteCursor, time: Int64, actor: UInt32, keepsOffset: Bool, keepsKnowledge: Bool
  ) {
    var fields: Fields = []
    let id = batch.eventID(row)
    out.reserve(RecordHeader.byteCount + id.count + 64)
    out.put(raw: UInt32(0))
    out.put(raw: actor)
    out.put(raw: time)
    out.put(role)
    out.put(0)
    out.put(raw: UInt16(0))
    let isWide = id.start + 32 <= batch.eventIDBytes + batch.eventIDByteCount
    put(id, flags: TextFlags.of(id.start, id.count), isWide, &out)
    putShared(batch.source, codes.sources, &out)
    putShared(batch.topic, codes.topics, &out)
    putTexts(&fields, &out)
    putNumbers(&fields, &out)
    if keepsOffset {
      fields.insert(.ledgerOffset)
      out.reserve(10)
      out.put(zigzag: batch.firstLedgerOffset + Int64(row))
    }
    if keepsKnowledge { putKnowledge(&fields, &out) }
    if batch.lineStarts[row + 1] != batch.lineStarts[row], hasLines {
      putLines(&fields, &out)
    }
    let start = UnsafeMutableRawPointer(out.base)
    start.storeBytes(of: UInt32(truncatingIfNeeded: out.count), as: UInt32.self)
    start.storeBytes(
      of: fields.rawValue, toByteOffset: RecordHeader.fieldsOffset, as: UInt16.self)
  }

  /// The strings after the topic, in the order of `Fields`, each only where its role uses it.
  @inline(__always)
  private func putTexts(_ fields: inout Fields, _ out: inout ByteCursor) {
    let isStep = role < RoleCode.fulfilment
    if put(batch[.orderID], row, codes.orderFlags, &out) { fields.insert(.order) }
    if isStep {
      if put(batch[.cartID], row, codes.cartFlags, &out) { fields.insert(.cart) }
      if put(batch[.itemID], row, codes.itemFlags, &out) { fields.insert(.item) }
      if putOptional(batch[.channel], codes.channels, &out) { fields.insert(.channel) }
      if putOptional(batch[.campaignID], codes.campaigns, &out) { fields.insert(.campaign) }
    }
    let isSuccess = role == RoleCode.paymentSuccess
    if isSuccess || role == RoleCode.order || role == RoleCode.refund,
      putOptional(batch[.currency], codes.currencies, &out)
    {
      fields.insert(.currency)
    }
    if isSuccess, put(batch[.paymentID], row, codes.paymentFlags, &out) {
      fields.insert(.payment)
    }
  }

  @inline(__always)
  private func putNumbers(_ fields: inout Fields, _ out: inout ByteCursor) {
    out.reserve(40)
    if role < RoleCode.fulfilment {
      if let quantity = batch.quantity[row] {
        fields.insert(.quantity)
        out.put(zigzag: Int64(quantity))
      }
      if let price = batch.unitPrice[row] {
        fields.insert(.unitPrice)
        out.put(zigzag: price)
      }
    }
    if role >= RoleCode.order, let amount = batch.amount[row] {
      fields.insert(.amount)
      out.put(zigzag: amount)
    }
  }

  /// When it was recorded, a hash of its visitor, and its creative: of histories only.
  private func putKnowledge(_ fields: inout Fields, _ out: inout ByteCursor) {
    fields.insert(.knowledge)
    out.reserve(16)
    out.put(raw: batch.recordedAt[row])
    let visitors = batch[.visitorID]
    let code = visitors.codes[row]
    if code == CodedStrings.absent {
      out.put(raw: UInt64(0))
    } else {
      let text = visitors.text(code)
      let hash = fastHash(
        UnsafeRawBufferPointer(start: text.start, count: text.count),
        seed: RecordWriter.visitorSeed)
      out.put(raw: hash | 1)
    }
    let creatives = batch[.creativeID]
    guard role < RoleCode.fulfilment, creatives.codes[row] != CodedStrings.absent else { return }
    fields.insert(.creative)
    let text = creatives.text(creatives.codes[row])
    out.reserve(text.count + 10)
    put(text, flags: TextFlags.of(text.start, text.count), false, &out)
  }

  private static let visitorSeed: UInt64 = 0x7669_7369_746f_7273

  @inline(__always) private var hasLines: Bool {
    role == RoleCode.cartAdd || role == RoleCode.cartRemove
      || role == RoleCode.order || role == RoleCode.paymentSuccess
  }

  private func putLines(_ fields: inout Fields, _ out: inout ByteCursor) {
    let lines = Int(batch.lineStarts[row])..<Int(batch.lineStarts[row + 1])
    fields.insert(.lines)
    out.reserve(10)
    out.put(varint: UInt64(lines.count))
    for line in lines {
      let quantity = batch.lineQuantity[line]
      let price = batch.lineUnitPrice[line]
      let hasItem = batch.lineItem.codes[line] != CodedStrings.absent
      out.reserve(32)
      out.put((hasItem ? 1 : 0) | (quantity == nil ? 0 : 2) | (price == nil ? 0 : 4))
      _ = put(batch.lineItem, line, codes.lineItemFlags, &out)
      out.reserve(24)
      if let quantity { out.put(zigzag: Int64(quantity)) }
      if let price { out.put(zigzag: price) }
    }
  }

  @inline(__always)
  private func put(
    _ text: (start: UnsafePointer<UInt8>, count: Int), flags: TextFlags, _ isWide: Bool,
    _ out: inout ByteCursor
  ) {
    out.put(varint: UInt64(text.count) << 2 | UInt64(flags.rawValue))
    if isWide {
      out.put(slack: text.start, text.count)
    } else {
      out.put(exact: text.start, text.count)
    }
  }

  @inline(__always)
  private func put(
    _ column: ColumnPointers, _ row: Int, _ flags: UnsafePointer<TextFlags>,
    _ out: inout ByteCursor
  ) -> Bool {
    let code = column.codes[row]
    if code == CodedStrings.absent { return false }
    let text = column.text(code)
    out.reserve(text.count + 10)
    put(text, flags: flags[Int(code)], column.isWide(text), &out)
    return true
  }

  @inline(__always)
  private func putOptional(
    _ column: ColumnPointers, _ shared: UnsafePointer<UInt32>, _ out: inout ByteCursor
  ) -> Bool {
    if column.codes[row] == CodedStrings.absent { return false }
    putShared(column, shared, &out)
    return true
  }

  @inline(__always)
  private func putShared(
    _ column: ColumnPointers, _ shared: UnsafePointer<UInt32>, _ out: inout ByteCursor
  ) {
    let code = column.codes[row]
    let known = shared[Int(code)]
    out.reserve(10)
    if known != InternTable.absent {
      out.put(varint: UInt64(known) + 1)
      return
    }
    let text = column.text(code)
    out.put(0)
    out.reserve(text.count + 10)
    put(text, flags: TextFlags.of(text.start, text.count), false, &out)
  }
}
