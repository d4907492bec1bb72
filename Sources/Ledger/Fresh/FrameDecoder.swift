import Bytes
import Events

/// Reads a frame of events back as a batch.
///
/// - Errors: `FrameFault`; no byte is believed before the checksum has been compared, and no place
///   before it is known to lie in the text.
struct FrameDecoder {
  private let bytes: UnsafeRawBufferPointer
  private let header: FrameHeader
  private var next = FrameHeader.byteCount

  /// Checks a frame's checksum; `bytes` are the whole frame.
  static func check(_ bytes: UnsafeRawBufferPointer, _ header: FrameHeader) throws(FrameFault) {
    guard bytes.count == header.byteCount else { throw FrameFault("the frame is cut off") }
    guard crc32C(UnsafeRawBufferPointer(rebasing: bytes[8...])) == header.checksum else {
      throw FrameFault("its bytes have changed since they were written")
    }
  }

  /// The rows of a frame; with a seed, hashes of identities and messages too.
  static func batch(
    _ bytes: UnsafeRawBufferPointer, _ header: FrameHeader, hashSeed: UInt64? = nil
  ) throws(FrameFault) -> EventBatch {
    var decoder = FrameDecoder(bytes: bytes, header: header)
    var batch = try decoder.decode()
    if let hashSeed { decoder.hash(&batch, hashSeed) }
    return batch
  }

  private init(bytes: UnsafeRawBufferPointer, header: FrameHeader) {
    self.bytes = bytes
    self.header = header
  }

  private mutating func decode() throws(FrameFault) -> EventBatch {
    let rows = header.rowCount
    let textStart = bytes.count - header.textByteCount
    guard header.kind == FrameHeader.events, textStart >= FrameHeader.byteCount else {
      throw FrameFault("it is no frame of events")
    }
    var batch = EventBatch()
    batch.count = rows
    batch.occurredAt = try take(rows)
    batch.recordedAt = try take(rows)
    batch.position = try take(rows)
    batch.messages = try messages(try take(rows))
    batch.eventID = try places(rows, isRequired: true)
    batch.topic = try places(rows, isRequired: true)
    batch.source = try places(rows, isRequired: true)
    batch.origin = try places(rows, isRequired: true)
    batch.hasOwnOrigins = true
    for index in batch.ids.indices {
      batch.ids[index] =
        header.has(UInt32(index)) ? try places(rows, isRequired: false) : .absent(rows)
    }
    batch.quantity = try integers(rows, header.has(FrameHeader.quantityBit))
    batch.unitPrice = try integers(rows, header.has(FrameHeader.unitPriceBit))
    batch.amount = try integers(rows, header.has(FrameHeader.amountBit))
    try decodeLines(&batch)
    guard next == textStart else { throw FrameFault("its columns do not fill it") }
    batch.text = Array(bytes[textStart...])
    batch.text.append(contentsOf: repeatElement(0, count: EventBatch.slackByteCount))
    return batch
  }

  private mutating func decodeLines(_ batch: inout EventBatch) throws(FrameFault) {
    let rows = header.rowCount
    guard header.has(FrameHeader.linesBit) else {
      guard header.lineCount == 0 else { throw FrameFault("it has lines of no row") }
      batch.hasLines = Array(repeating: 0, count: rows)
      batch.lineStarts = Array(repeating: 0, count: rows + 1)
      return
    }
    batch.hasLines = try flags(rows)
    batch.lineStarts = try take(rows + 1)
    guard batch.lineStarts.first == 0, batch.lineStarts.last == UInt32(header.lineCount),
      zip(batch.lineStarts, batch.lineStarts.dropFirst()).allSatisfy({ $0 <= $1 })
    else { throw FrameFault("its lines are out of order") }
    batch.lineItemID = try places(header.lineCount, isRequired: false)
    batch.lineQuantity = try integers(header.lineCount, true)
    batch.lineUnitPrice = try integers(header.lineCount, true)
  }

  /// The next `count` values.
  private mutating func take<Value: FixedWidthInteger & BitwiseCopyable>(
    _ count: Int
  ) throws(FrameFault) -> [Value] {
    let end = next + count * MemoryLayout<Value>.stride
    guard end <= bytes.count else { throw FrameFault("a column is cut off") }
    let part = UnsafeRawBufferPointer(rebasing: bytes[next..<end])
    next = end
    return [Value](unsafeUninitializedCapacity: count) { target, filled in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: part)
      filled = count
    }
  }

  private mutating func flags(_ count: Int) throws(FrameFault) -> [UInt8] {
    let flags: [UInt8] = try take(count)
    guard flags.allSatisfy({ $0 <= 1 }) else { throw FrameFault("a flag is neither 0 nor 1") }
    return flags
  }

  private mutating func integers<Value: FixedWidthInteger & BitwiseCopyable>(
    _ count: Int, _ isThere: Bool
  ) throws(FrameFault) -> OptionalIntegers<Value> {
    guard isThere else {
      return OptionalIntegers(
        values: Array(repeating: 0, count: count), isPresent: Array(repeating: 0, count: count))
    }
    let values: [Value] = try take(count)
    return OptionalIntegers(values: values, isPresent: try flags(count))
  }

  private mutating func places(
    _ count: Int, isRequired: Bool
  ) throws(FrameFault) -> TextColumn {
    var column = TextColumn()
    column.starts = try take(count)
    column.lengths = try take(count)
    let end = UInt64(header.textByteCount)
    for index in 0..<count {
      let length = column.lengths[index]
      if length == TextColumn.absent, !isRequired { continue }
      guard UInt64(column.starts[index]) + UInt64(length) <= end else {
        throw FrameFault("a string lies outside the text")
      }
    }
    return column
  }

  private func messages(_ lengths: [UInt32]) throws(FrameFault) -> TextColumn {
    var column = TextColumn()
    column.starts.reserveCapacity(lengths.count)
    var place: UInt64 = 0
    for length in lengths {
      column.starts.append(UInt32(truncatingIfNeeded: place))
      place += UInt64(length)
    }
    guard place <= UInt64(header.textByteCount) else {
      throw FrameFault("the messages are longer than the text")
    }
    column.lengths = lengths
    return column
  }

  /// As the decoder of messages does it: the source's hash seeds that of the id.
  private func hash(_ batch: inout EventBatch, _ seed: UInt64) {
    var identities: [UInt64] = []
    var messages: [UInt64] = []
    identities.reserveCapacity(batch.count)
    messages.reserveCapacity(batch.count)
    batch.text.withUnsafeBytes { text in
      for row in 0..<batch.count {
        let source = fastHash(Ledger.bytes(text, batch.source, row), seed: seed)
        identities.append(fastHash(Ledger.bytes(text, batch.eventID, row), seed: source))
        messages.append(fastHash(Ledger.bytes(text, batch.messages, row), seed: seed))
      }
    }
    batch.identityHash = identities
    batch.messageHash = messages
  }
}

extension TextColumn {
  fileprivate static func absent(_ count: Int) -> TextColumn {
    var column = TextColumn()
    column.starts = Array(repeating: 0, count: count)
    column.lengths = Array(repeating: TextColumn.absent, count: count)
    return column
  }
}
