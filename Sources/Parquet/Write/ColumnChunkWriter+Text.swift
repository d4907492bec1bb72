// Taking byte strings: text, JSON, decimals and other byte arrays.

import CKernels

extension ColumnChunkWriter {
  /// Takes strings as places in one text.
  ///
  /// - Shape: row `i` is `lengths[r]` bytes from `starts[r]` on, where `r` is `selection[i]`, or
  ///   `i` without a selection; a length of `UInt32.max` stands for null. All places are in `text`.
  /// - Errors: `misuse` for a null in a required column, a nested column or another type.
  public func append(
    text: UnsafeRawBufferPointer, starts: UnsafeBufferPointer<UInt32>,
    lengths: UnsafeBufferPointer<UInt32>, selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try checkFlat()
    precondition(starts.count == lengths.count, "every string has a start and a length")
    let count = selection?.count ?? starts.count
    guard count > 0, let startBase = starts.baseAddress, let lengthBase = lengths.baseAddress
    else { return }
    try withAddress(of: text) { (base) throws(ParquetError) in
      try appendFlat(
        TextRows(
          base: base, starts: startBase, lengths: lengthBase,
          selection: selection?.baseAddress, count: count))
    }
  }

  /// Takes strings that follow each other: string `i` is `bytes[offsets[i]..<offsets[i + 1]]`.
  ///
  /// - Shape: `presence` has a byte a string, 0 for null; without it all are present.
  public func append(
    bytes: UnsafeRawBufferPointer, offsets: UnsafeBufferPointer<UInt32>,
    presence: UnsafeBufferPointer<UInt8>? = nil
  ) throws(ParquetError) {
    try checkFlat()
    let count = offsets.count - 1
    guard count > 0 else { return }
    setPlaces(offsets, presence: presence)
    try withAddress(of: bytes) { (base) throws(ParquetError) in
      try appendFlat(
        TextRows(
          base: base, starts: textStarts.base, lengths: textLengths.base, selection: nil,
          count: count))
    }
  }

  /// Takes byte arrays of the column's fixed length, one after the other.
  ///
  /// - Shape: a place for every row, also for those whose byte in `presence` is 0.
  public func append(
    fixed bytes: UnsafeRawBufferPointer, presence: UnsafeBufferPointer<UInt8>? = nil
  ) throws(ParquetError) {
    try checkFlat()
    guard case .fixedBytes(let width) = layout else {
      throw misuse("fixed-length bytes for a column of another type")
    }
    let count = bytes.count / width
    guard count > 0 else { return }
    setFixedPlaces(count: count, width: width, presence: presence)
    try withAddress(of: bytes) { (base) throws(ParquetError) in
      try appendFlat(
        TextRows(
          base: base, starts: textStarts.base, lengths: textLengths.base, selection: nil,
          count: count))
    }
  }

  /// An address even for no bytes, so that columns of empty strings need no case of their own.
  func withAddress(
    of bytes: UnsafeRawBufferPointer,
    _ body: (UnsafeRawPointer) throws(ParquetError) -> Void
  ) throws(ParquetError) {
    try body(bytes.baseAddress ?? UnsafeRawPointer(values.base))
  }

  func checkFlat() throws(ParquetError) {
    guard column.isFlat, column.maxDefinitionLevel <= 1 else {
      throw misuse("a nested column needs definition and repetition levels")
    }
  }

  func setPlaces(
    _ offsets: UnsafeBufferPointer<UInt32>, presence: UnsafeBufferPointer<UInt8>?
  ) {
    let count = max(offsets.count - 1, 0)
    precondition(presence.map { $0.count == count } ?? true, "presence has a byte a string")
    textStarts.removeAll()
    textLengths.removeAll()
    let starts = textStarts.room(for: count)
    let lengths = textLengths.room(for: count)
    for index in 0..<count {
      precondition(offsets[index] <= offsets[index + 1], "offsets ascend")
      starts[index] = offsets[index]
      lengths[index] = offsets[index + 1] - offsets[index]
      if let presence, presence[index] == 0 { lengths[index] = TextRows.absent }
    }
    textStarts.commit(count)
    textLengths.commit(count)
  }

  func setFixedPlaces(count: Int, width: Int, presence: UnsafeBufferPointer<UInt8>?) {
    precondition(presence.map { $0.count == count } ?? true, "presence has a byte a row")
    precondition(count * width <= Int(UInt32.max), "one append takes less than 4 GiB")
    textStarts.removeAll()
    textLengths.removeAll()
    let starts = textStarts.room(for: count)
    let lengths = textLengths.room(for: count)
    for index in 0..<count {
      starts[index] = UInt32(index * width)
      lengths[index] = UInt32(width)
      if let presence, presence[index] == 0 { lengths[index] = TextRows.absent }
    }
    textStarts.commit(count)
    textLengths.commit(count)
  }

  func appendFlat(_ rows: TextRows) throws(ParquetError) {
    try checkLengths(rows)
    let storesLevels = column.maxDefinitionLevel == 1
    var row = 0
    while row < rows.count {
      if fill.isFull { try flushPage() }
      let result: (next: Int, absent: Int)
      if usesDictionary {
        if byteDictionary.plain.count >= options.dictionaryByteLimit {
          try leaveDictionary()
          continue
        }
        result = byteDictionary.encode(
          rows, from: row, fill: &fill, byteLimit: options.dictionaryByteLimit, codes: &codes,
          levels: &definition, storesLevels: storesLevels)
      } else {
        result = stageStrings(
          rows, from: row, fill: &fill, hasPrefix: directEncoding == .plain,
          isFixed: layout != .strings, values: &values, lengths: &lengths,
          levels: &definition, storesLevels: storesLevels)
      }
      guard storesLevels || result.absent == 0 else {
        throw misuse("a required column got a null")
      }
      row = result.next
    }
  }

  /// Strings fit the column: its fixed length, or what a length field can say.
  func checkLengths(_ rows: TextRows) throws(ParquetError) {
    switch layout {
    case .strings: return
    case .fixedBytes(let width):
      for row in 0..<rows.count {
        let length = rows.lengths[rows.index(row)]
        guard length == TextRows.absent || Int(length) == width else {
          throw misuse(
            "a value has the wrong length", expected: "\(width) bytes", found: "\(length)")
        }
      }
    default: throw misuse("byte strings for a column of type \(column.physicalType)")
    }
  }
}

/// Copies strings to the page in the making until it is full.
///
/// - Shape: as `ByteDictionary.encode`. With `hasPrefix` each string follows its length (PLAIN);
///   `lengths` gets every length, unless all are the same.
func stageStrings(
  _ rows: TextRows, from first: Int, fill: inout PageFill, hasPrefix: Bool, isFixed: Bool,
  values: inout GrowableBytes, lengths: inout Growable<Int32>, levels: inout GrowableBytes,
  storesLevels: Bool
) -> (next: Int, absent: Int) {
  let most = min(rows.count - first, max(fill.rowLimit - fill.rows, 0))
  let lengthRoom = lengths.room(for: isFixed ? 0 : most)
  let presence = storesLevels ? levels.room(for: most) : nil
  let prefix = hasPrefix && !isFixed ? 4 : 0
  var stored = 0
  var done = 0
  while done < most, fill.bytes < fill.byteLimit {
    // The last block of a page goes row by row, to stop at the right one.
    var count = min(stagedBlockRowCount, most - done)
    var size = stagedSize(rows, from: first + done, count: count, overhead: isFixed ? 0 : 4)
    if fill.bytes + size > fill.byteLimit {
      count = 1
      size = stagedSize(rows, from: first + done, count: 1, overhead: isFixed ? 0 : 4)
    }
    var room = UnsafeMutableRawPointer(values.room(for: size))
    let start = room
    for row in 0..<count {
      let index = rows.index(first + done + row)
      let length = rows.lengths[index]
      let isPresent = length != TextRows.absent
      if let presence { presence[done + row] = isPresent ? 1 : 0 }
      guard isPresent else { continue }
      if prefix > 0 { room.storeBytes(of: length.littleEndian, as: UInt32.self) }
      copyShort(from: rows.base + Int(rows.starts[index]), to: room + prefix, count: Int(length))
      room += prefix + Int(length)
      if !isFixed { lengthRoom[stored] = Int32(truncatingIfNeeded: length) }
      stored += 1
    }
    values.commit(room - start)
    fill.bytes += size
    done += count
  }
  fill.rows += done
  if !isFixed { lengths.commit(stored) }
  if storesLevels { levels.commit(done) }
  return (first + done, done - stored)
}

/// Rows whose bytes are asked for at once.
private let stagedBlockRowCount = 32

/// The bytes of a block's strings with their lengths; asks for those of the next block.
@inline(__always)
private func stagedSize(
  _ rows: TextRows, from first: Int, count: Int, overhead: Int
) -> Int {
  let last = rows.count - 1
  var size = 0
  for row in first..<first + count {
    let length = rows.lengths[rows.index(row)]
    size &+= length == TextRows.absent ? 0 : Int(length) &+ overhead
    let ahead = rows.index(min(row + stagedBlockRowCount, last))
    daybook_prefetch(rows.base + Int(rows.starts[ahead]))
  }
  return size
}
