import Bytes

// A frame of a fresh log, all integers little endian. r rows, l lines, t bytes of text:
//
//   bytes  0..<4    "DBF1"
//   bytes  4..<8    CRC-32C of all bytes of the frame from 8 on
//   bytes  8..<12   byte count of the frame, header included
//   bytes 12..<16   kind: 1 events, 2 rejected bytes
//   bytes 16..<24   ledger offset of the first row
//   bytes 24..<28   r (in a frame of rejected bytes: how many messages)
//   bytes 28..<32   l
//   bytes 32..<36   t
//   bytes 36..<40   columns that are there: bit 0..10 the optional strings in the contract's order,
//                   11 quantity, 12 unit_price, 13 amount, 14 lines
//
// Events, then: occurred_at, recorded_at, position (8 bytes a row each); lengths of the messages
// (4 a row), which lie back to back at the front of the text; places of event_id, topic, source,
// origin and of the optional strings that are there (all starts, 4 a row, then all lengths; length
// 2^32 - 1: absent); quantity (4 a row, then 1 a row: there or not), unit_price and amount (8, then
// 1); lines (1 a row: whether there is a list; the number of lines before each row and in all,
// 4 each; places of item_id, then quantity and unit_price, as above, a line); the text. Rejected
// bytes: the text alone. Source: docs/formats/ledger.md §6.

/// What the front of a frame says.
struct FrameHeader: Equatable {
  static let byteCount = 40
  static let magic: UInt32 = 0x3146_4244
  static let rejects: UInt32 = 2
  static let events: UInt32 = 1
  static let quantityBit: UInt32 = 11
  static let unitPriceBit: UInt32 = 12
  static let amountBit: UInt32 = 13
  static let linesBit: UInt32 = 14

  var checksum: UInt32 = 0
  var byteCount = 0
  var kind = FrameHeader.events
  var firstOffset: Int64 = 0
  var rowCount = 0
  var lineCount = 0
  var textByteCount = 0
  var columns: UInt32 = 0

  func has(_ bit: UInt32) -> Bool { columns & 1 << bit != 0 }

  init() {}

  /// - Errors: a sentence when the bytes are no header of a frame.
  init(_ bytes: UnsafeRawBufferPointer) throws(FrameFault) {
    guard bytes.count >= FrameHeader.byteCount else { throw FrameFault("the header is cut off") }
    func word(_ offset: Int) -> UInt32 {
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    guard word(0) == FrameHeader.magic else { throw FrameFault("no frame begins here") }
    checksum = word(4)
    byteCount = Int(word(8))
    kind = word(12)
    firstOffset = Int64(
      littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self))
    rowCount = Int(word(24))
    lineCount = Int(word(28))
    textByteCount = Int(word(32))
    columns = word(36)
    guard byteCount >= FrameHeader.byteCount, byteCount <= Limits.freshFrameByteCount,
      firstOffset >= 0, rowCount <= Limits.scanRowCount || kind == FrameHeader.rejects
    else { throw FrameFault("the header makes no sense") }
  }

  /// The 40 bytes, without the checksum.
  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    func append(_ value: UInt32) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(FrameHeader.magic)
    append(0)
    append(UInt32(byteCount))
    append(kind)
    withUnsafeBytes(of: firstOffset.littleEndian) { bytes.append(contentsOf: $0) }
    for value in [rowCount, lineCount, textByteCount] { append(UInt32(value)) }
    append(columns)
    return bytes
  }
}

/// What is wrong with a frame, in words.
struct FrameFault: Error {
  let detail: String
  init(_ detail: String) { self.detail = detail }
}

/// A whole frame, ready to be written.
struct EncodedFrame: Sendable {
  /// Header and columns.
  var head: [UInt8]
  /// What follows them: by far the most, so it is not copied behind the head.
  var text: [UInt8]
  var firstOffset: Int64
  var rowCount: Int
  var messageByteCount: Int
  var occurredAt: ClosedRange<Int64>
  var recordedAt: ClosedRange<Int64>

  var endOffset: Int64 { firstOffset + Int64(rowCount) }
  var byteCount: Int { head.count + text.count }
}

extension [UInt8] {
  /// Puts byte count and checksum of these bytes and a text behind them into the header at the
  /// front.
  mutating func finishFrame(before text: [UInt8] = []) {
    let count = UInt32(self.count + text.count)
    withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: count.littleEndian, toByteOffset: 8, as: UInt32.self)
      let head = crc32C(UnsafeRawBufferPointer(rebasing: bytes[8...]))
      let sum = text.withUnsafeBytes { crc32C($0, continuing: head) }
      bytes.storeBytes(of: sum.littleEndian, toByteOffset: 4, as: UInt32.self)
    }
  }
}

/// A frame of rejected bytes, back to back behind the header.
func rejectFrame(
  _ text: [UInt8], messageCount: Int, firstOffset: Int64
) -> [UInt8] {
  var header = FrameHeader()
  header.kind = FrameHeader.rejects
  header.firstOffset = firstOffset
  header.rowCount = messageCount
  header.textByteCount = text.count
  header.byteCount = FrameHeader.byteCount + text.count
  var bytes = header.encoded()
  bytes.append(contentsOf: text)
  bytes.finishFrame()
  return bytes
}
