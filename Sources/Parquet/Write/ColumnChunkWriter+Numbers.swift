// Taking integers, floating-point numbers and booleans of columns without nesting.

extension ColumnChunkWriter {
  /// Takes 32-bit integers.
  ///
  /// - Shape: row `i` is `values[r]`, where `r` is `selection[i]`, or `i` without a selection;
  ///   `presence[r]` is 0 for null. Without `presence` all are present.
  /// - Errors: `misuse` for a null in a required column, a nested column or another type.
  public func append(
    int32 values: UnsafeBufferPointer<Int32>, presence: UnsafeBufferPointer<UInt8>? = nil,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .int32, "32-bit integers")
    try appendFlat(values, presence, selection)
  }

  /// Takes 64-bit integers, as ``append(int32:presence:selection:)`` does.
  public func append(
    int64 values: UnsafeBufferPointer<Int64>, presence: UnsafeBufferPointer<UInt8>? = nil,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .int64, "64-bit integers")
    try appendFlat(values, presence, selection)
  }

  /// Takes 32-bit floating-point numbers, as ``append(int32:presence:selection:)`` does.
  public func append(
    float values: UnsafeBufferPointer<Float>, presence: UnsafeBufferPointer<UInt8>? = nil,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .float, "32-bit floating-point numbers")
    try appendFlat(values, presence, selection)
  }

  /// Takes 64-bit floating-point numbers, as ``append(int32:presence:selection:)`` does.
  public func append(
    double values: UnsafeBufferPointer<Double>, presence: UnsafeBufferPointer<UInt8>? = nil,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .double, "64-bit floating-point numbers")
    try appendFlat(values, presence, selection)
  }

  /// Takes booleans, a byte each, 0 for false and 1 for true.
  public func append(
    boolean values: UnsafeBufferPointer<UInt8>, presence: UnsafeBufferPointer<UInt8>? = nil,
    selection: UnsafeBufferPointer<UInt32>? = nil
  ) throws(ParquetError) {
    try check(column.physicalType == .boolean, "booleans")
    try appendFlat(values, presence, selection)
  }

  func check(_ fits: Bool, _ what: String) throws(ParquetError) {
    guard fits else { throw misuse("\(what) for a column of type \(column.physicalType)") }
  }

  private func appendFlat<Value: BitwiseCopyable>(
    _ source: UnsafeBufferPointer<Value>, _ presence: UnsafeBufferPointer<UInt8>?,
    _ selection: UnsafeBufferPointer<UInt32>?
  ) throws(ParquetError) {
    try checkFlat()
    precondition(
      presence.map { $0.count == source.count } ?? true, "presence has a byte a value")
    let count = selection?.count ?? source.count
    guard count > 0, let base = source.baseAddress else { return }
    let width = MemoryLayout<Value>.size
    let storesLevels = column.maxDefinitionLevel == 1
    var row = 0
    while row < count {
      if fill.isFull { try flushPage() }
      let bytesLeft = fill.byteLimit - fill.bytes
      let taken = min(
        count - row, fill.rowLimit - fill.rows, max((bytesLeft + width - 1) / width, 1))
      let stored = stageNumbers(
        base, presence?.baseAddress, selection?.baseAddress, rows: row..<row + taken,
        values: &values, levels: &definition, storesLevels: storesLevels)
      guard storesLevels || stored == taken else {
        throw misuse("a required column got a null")
      }
      fill.rows += taken
      fill.bytes += taken * width
      row += taken
    }
  }
}

/// Copies the present values of some rows; returns how many there are.
@inline(__always)
private func stageNumbers<Value: BitwiseCopyable>(
  _ source: UnsafePointer<Value>, _ presence: UnsafePointer<UInt8>?,
  _ selection: UnsafePointer<UInt32>?, rows: Range<Int>, values: inout GrowableBytes,
  levels: inout GrowableBytes, storesLevels: Bool
) -> Int {
  let width = MemoryLayout<Value>.size
  let room = UnsafeMutableRawPointer(values.room(for: rows.count * width))
  let output = room.bindMemory(to: Value.self, capacity: rows.count)
  guard let presence else {
    if let selection {
      let chosen = selection + rows.lowerBound
      for index in 0..<rows.count { output[index] = source[Int(chosen[index])] }
    } else {
      room.copyMemory(from: source + rows.lowerBound, byteCount: rows.count * width)
    }
    values.commit(rows.count * width)
    if storesLevels { levels.append(repeating: 1, count: rows.count) }
    return rows.count
  }
  let present = levels.room(for: rows.count)
  var stored = 0
  for index in 0..<rows.count {
    let place = selection.map { Int($0[rows.lowerBound + index]) } ?? rows.lowerBound + index
    let isPresent: UInt8 = presence[place] == 0 ? 0 : 1
    // Always stored, counted only when present: no branch to mispredict.
    output[stored] = source[place]
    present[index] = isPresent
    stored += Int(isPresent)
  }
  values.commit(stored * width)
  if storesLevels { levels.commit(rows.count) }
  return stored
}
