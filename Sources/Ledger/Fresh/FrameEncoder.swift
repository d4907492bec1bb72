import Bytes
import Events

/// Writes rows of a batch as frames.
///
/// Strings that lie within their message, as nearly all do, take no further bytes: their places
/// move with the message. What was unescaped or derived is put behind the messages, once where
/// neighbours share it.
struct FrameEncoder {
  private let batch: EventBatch
  private let origin: [UInt8]

  init(_ batch: EventBatch, origin: [UInt8]) {
    self.batch = batch
    self.origin = origin
  }

  /// The frames of the selected rows, in order.
  static func frames(_ batch: EventBatch, _ selection: RowSelection) -> [EncodedFrame] {
    let encoder = FrameEncoder(batch, origin: selection.origin)
    var frames: [EncodedFrame] = []
    var rows: [Int] = []
    var byteCount = 0
    var offset = selection.firstOffset
    func flush() {
      guard !rows.isEmpty else { return }
      frames.append(encoder.frame(rows, firstOffset: offset))
      offset += Int64(rows.count)
      rows.removeAll(keepingCapacity: true)
      byteCount = 0
    }
    forEachRow(selection) { row in
      let length = Int(batch.messages.lengths[row])
      if rows.count == Limits.scanRowCount
        || byteCount + length > Limits.freshFrameTextByteCount
      {
        flush()
      }
      rows.append(row)
      byteCount += length
    }
    flush()
    return frames
  }

  // MARK: One frame

  private func frame(_ rows: [Int], firstOffset: Int64) -> EncodedFrame {
    var text = FrameText(batch, rows)
    let messageByteCount = text.bytes.count
    var columns: UInt32 = 0
    var places: [FrameText.Places] = [
      text.places(batch.eventID), text.places(batch.topic), text.places(batch.source),
      origins(rows, &text),
    ]
    for (bit, column) in batch.ids.enumerated()
    where rows.contains(where: { column.lengths[$0] != TextColumn.absent }) {
      columns |= 1 << UInt32(bit)
      places.append(text.places(column))
    }
    let lines = FrameLines(batch, rows, &text)
    var body: [UInt8] = []
    body.reserveCapacity(rows.count * (40 + 8 * places.count) + 64)
    for column in [batch.occurredAt, batch.recordedAt, batch.position] {
      appendValues(rows.map { column[$0] }, to: &body)
    }
    appendValues(rows.map { batch.messages.lengths[$0] }, to: &body)
    for column in places {
      appendValues(column.starts, to: &body)
      appendValues(column.lengths, to: &body)
    }
    if append(batch.quantity, rows, to: &body) { columns |= 1 << FrameHeader.quantityBit }
    if append(batch.unitPrice, rows, to: &body) { columns |= 1 << FrameHeader.unitPriceBit }
    if append(batch.amount, rows, to: &body) { columns |= 1 << FrameHeader.amountBit }
    if let lines {
      columns |= 1 << FrameHeader.linesBit
      lines.append(to: &body)
    }
    var header = FrameHeader()
    header.firstOffset = firstOffset
    header.rowCount = rows.count
    header.lineCount = lines?.lineCount ?? 0
    header.textByteCount = text.bytes.count
    header.columns = columns
    header.byteCount = FrameHeader.byteCount + body.count + text.bytes.count
    var head = header.encoded()
    head.append(contentsOf: body)
    head.finishFrame(before: text.bytes)
    return EncodedFrame(
      head: head, text: text.bytes, firstOffset: firstOffset, rowCount: rows.count,
      messageByteCount: messageByteCount, occurredAt: range(batch.occurredAt, rows),
      recordedAt: range(batch.recordedAt, rows))
  }

  private func range(_ times: [Int64], _ rows: [Int]) -> ClosedRange<Int64> {
    var low = Int64.max
    var high = Int64.min
    for row in rows {
      low = min(low, times[row])
      high = max(high, times[row])
    }
    return low <= high ? low...high : 0...0
  }

  private func origins(_ rows: [Int], _ text: inout FrameText) -> FrameText.Places {
    guard batch.hasOwnOrigins else { return text.same(origin) }
    var places = text.places(batch.origin)
    guard places.lengths.contains(TextColumn.absent) else { return places }
    let own = text.same(origin)
    for index in rows.indices where places.lengths[index] == TextColumn.absent {
      places.starts[index] = own.starts[index]
      places.lengths[index] = own.lengths[index]
    }
    return places
  }

  private func append<Value: BitwiseCopyable>(
    _ column: OptionalIntegers<Value>, _ rows: [Int], to body: inout [UInt8]
  ) -> Bool {
    guard rows.contains(where: { column.isPresent[$0] == 1 }) else { return false }
    let values = rows.map { row -> Value in column.isPresent[row] == 1 ? column.values[row] : 0 }
    appendValues(values, to: &body)
    appendValues(rows.map { column.isPresent[$0] }, to: &body)
    return true
  }
}

/// Appends integers as they lie in memory: little endian on every platform that is supported.
func appendValues<Value: BitwiseCopyable>(_ values: [Value], to bytes: inout [UInt8]) {
  values.withUnsafeBytes { bytes.append(contentsOf: $0) }
}

/// The text of a frame in the making: messages, then strings that lie in none.
struct FrameText {
  struct Places {
    var starts: [UInt32] = []
    var lengths: [UInt32] = []
  }

  private let batch: EventBatch
  private let rows: [Int]
  private(set) var bytes: [UInt8] = []
  /// Where each row's message went.
  private var messageStarts: [UInt32] = []

  init(_ batch: EventBatch, _ rows: [Int]) {
    self.batch = batch
    self.rows = rows
    bytes.reserveCapacity(
      rows.reduce(0) { $0 + Int(batch.messages.lengths[$1]) } + Limits.shownByteCount)
    messageStarts.reserveCapacity(rows.count)
    batch.text.withUnsafeBytes { text in
      for row in rows {
        messageStarts.append(UInt32(bytes.count))
        let start = Int(batch.messages.starts[row])
        bytes.append(
          contentsOf: UnsafeRawBufferPointer(
            rebasing: text[start..<start + Int(batch.messages.lengths[row])]))
      }
    }
  }

  /// Places of a column, an entry a row.
  mutating func places(_ column: TextColumn) -> Places {
    let (rows, messageStarts) = (rows, messageStarts)
    let lengths = rows.map { column.lengths[$0] }
    var isWithin = true
    let starts = [UInt32](unsafeUninitializedCapacity: rows.count) { starts, count in
      // Without a branch: what lies elsewhere is looked at below.
      for index in rows.indices {
        let row = rows[index]
        let start = column.starts[row] &- batch.messages.starts[row]
        let length = lengths[index]
        let isAbsent = length == TextColumn.absent
        isWithin =
          isWithin
          && (isAbsent || UInt64(start) + UInt64(length) <= UInt64(batch.messages.lengths[row]))
        starts[index] = isAbsent ? 0 : messageStarts[index] &+ start
      }
      count = rows.count
    }
    if isWithin { return Places(starts: starts, lengths: lengths) }
    return placesAnywhere(column)
  }

  /// The same for a column of which some strings lie in no message.
  private mutating func placesAnywhere(_ column: TextColumn) -> Places {
    var places = Places()
    places.starts.reserveCapacity(rows.count)
    places.lengths.reserveCapacity(rows.count)
    var last = (start: UInt32(0), length: TextColumn.absent, place: UInt32(0))
    for (index, row) in rows.enumerated() {
      add(column, row, message: index, &last, &places)
    }
    return places
  }

  /// Places of an order line's column, an entry a line; `owners[i]` is the row of line `i`.
  mutating func places(_ column: TextColumn, lines: [Int], owners: [Int]) -> Places {
    var places = Places()
    var last = (start: UInt32(0), length: TextColumn.absent, place: UInt32(0))
    for (line, owner) in zip(lines, owners) {
      add(column, line, message: owner, &last, &places)
    }
    return places
  }

  @inline(__always)
  private mutating func add(
    _ column: TextColumn, _ entry: Int, message index: Int,
    _ last: inout (start: UInt32, length: UInt32, place: UInt32), _ places: inout Places
  ) {
    let length = column.lengths[entry]
    let start = column.starts[entry]
    places.lengths.append(length)
    if length == TextColumn.absent {
      places.starts.append(0)
      return
    }
    let messageStart = batch.messages.starts[rows[index]]
    let messageLength = batch.messages.lengths[rows[index]]
    if start >= messageStart, start - messageStart + length <= messageLength {
      places.starts.append(messageStarts[index] + (start - messageStart))
      return
    }
    if start != last.start || length != last.length {
      last = (start, length, UInt32(bytes.count))
      bytes.append(contentsOf: batch.text[Int(start)..<Int(start) + Int(length)])
    }
    places.starts.append(last.place)
  }

  /// One string for every row.
  mutating func same(_ string: [UInt8]) -> Places {
    let place = UInt32(bytes.count)
    bytes.append(contentsOf: string)
    return Places(
      starts: Array(repeating: place, count: rows.count),
      lengths: Array(repeating: UInt32(string.count), count: rows.count))
  }
}

/// The order lines of a frame.
private struct FrameLines {
  private let hasLines: [UInt8]
  private var lineStarts: [UInt32] = []
  private let items: FrameText.Places
  private let quantity: OptionalIntegers<Int32>
  private let unitPrice: OptionalIntegers<Int64>

  var lineCount: Int { Int(lineStarts.last ?? 0) }

  /// Nil when no row has a list.
  init?(_ batch: EventBatch, _ rows: [Int], _ text: inout FrameText) {
    guard rows.contains(where: { batch.hasLines[$0] == 1 }) else { return nil }
    hasLines = rows.map { batch.hasLines[$0] }
    var lines: [Int] = []
    var owners: [Int] = []
    for (index, row) in rows.enumerated() {
      lineStarts.append(UInt32(lines.count))
      for line in Int(batch.lineStarts[row])..<Int(batch.lineStarts[row + 1]) {
        lines.append(line)
        owners.append(index)
      }
    }
    lineStarts.append(UInt32(lines.count))
    items = text.places(batch.lineItemID, lines: lines, owners: owners)
    var quantity = OptionalIntegers<Int32>()
    var unitPrice = OptionalIntegers<Int64>()
    for line in lines {
      quantity.append(batch.lineQuantity[line])
      unitPrice.append(batch.lineUnitPrice[line])
    }
    self.quantity = quantity
    self.unitPrice = unitPrice
  }

  func append(to body: inout [UInt8]) {
    appendValues(hasLines, to: &body)
    appendValues(lineStarts, to: &body)
    appendValues(items.starts, to: &body)
    appendValues(items.lengths, to: &body)
    appendValues(quantity.values, to: &body)
    appendValues(quantity.isPresent, to: &body)
    appendValues(unitPrice.values, to: &body)
    appendValues(unitPrice.isPresent, to: &body)
  }
}
