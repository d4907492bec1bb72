/// Strings as numbers into a dictionary, which is how a scan groups and compares them cheaply.
extension ColumnReader {
  /// Stands for null among codes.
  public static let absentCode = UInt32.max

  /// The strings that the codes of ``readCodes(_:into:)`` stand for.
  ///
  /// - Shape: entries never change, but a call to `readCodes` may append some; take it after the
  ///   last batch, or again after every batch. Entries may be unused, and a foreign file may hold
  ///   equal entries twice.
  public var codeDictionary: ByteValues {
    if let interner { return interner.values }
    guard let dictionary else { return ByteValues() }
    return dictionary.asStrings(column)
  }

  /// Whether all pages so far were dictionary-coded in the file, so that codes came for free.
  public var isDictionaryCoded: Bool { interner == nil && dictionary != nil }

  /// Appends codes of a BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY or INT96 column, one a row.
  ///
  /// - Shape: ``absentCode`` for null. Pages that are not dictionary-coded are interned into the
  ///   same dictionary, so the caller gets codes whatever the file did.
  public func readCodes(
    _ rowLimit: Int, into codes: inout [UInt32]
  ) throws(ParquetError) -> Int {
    try requireFlat(column.physicalType)
    try requireStrings()
    return try located { () throws(ParquetError) in
      var rows = 0
      var isPresent: [UInt8] = []
      while true {
        isPresent.removeAll(keepingCapacity: true)
        guard let part = try nextFlat(rowLimit - rows, &isPresent) else { return rows }
        try codes.append(filling: part.rows) { (target) throws(ParquetError) in
          try denseCodes(part.present, into: target)
          Presence.spread(target, part, isPresent, empty: ColumnReader.absentCode)
        }
        rows += part.rows
      }
    }
  }

  /// Appends codes of a BYTE_ARRAY column that number its strings as they come, one a row, and the
  /// strings: those of equal rows are equal, and nothing is hashed.
  ///
  /// - Shape: ``absentCode`` for null, which has no string; the first code is `strings.count`.
  /// - Errors: `limit` when the strings of the batch are more than `Limits.batchByteCount`.
  public func readOwnCodes(
    _ rowLimit: Int, into codes: inout [UInt32], strings: inout ByteValues
  ) throws(ParquetError) -> Int {
    try requireFlat(.byteArray)
    return try located { () throws(ParquetError) in
      var rows = 0
      var isPresent: [UInt8] = []
      while true {
        isPresent.removeAll(keepingCapacity: true)
        guard let part = try nextFlat(rowLimit - rows, &isPresent) else { return rows }
        let first = UInt32(truncatingIfNeeded: strings.count)
        try values?.strings(part.present, into: &strings, dictionary, scratch)
        try codes.append(filling: part.rows) { (target) throws(ParquetError) in
          for index in 0..<part.present {
            target[index] = first &+ UInt32(truncatingIfNeeded: index)
          }
          Presence.spread(target, part, isPresent, empty: ColumnReader.absentCode)
        }
        rows += part.rows
      }
    }
  }

  func requireStrings() throws(ParquetError) {
    switch column.physicalType {
    case .byteArray, .fixedLengthByteArray, .int96: return
    default:
      throw ParquetError(
        .misuse, "only columns of byte strings have codes", column: column.dotPath,
        rowGroup: rowGroup, found: "\(column.physicalType)")
    }
  }

  /// Codes of the next values of the page, nulls not among them.
  func denseCodes(
    _ count: Int, into target: UnsafeMutablePointer<UInt32>
  ) throws(ParquetError) {
    guard values != nil, count > 0 else { return }
    if values?.isCoded == true {
      try values?.codes(count, into: target, dictionary)
      return
    }
    if interner == nil {
      interner = Interner(dictionary?.asStrings(column) ?? ByteValues())
    }
    let strings = try denseStrings(count)
    try interner?.codes(of: strings, into: target)
  }

  /// The next values of the page as strings, whatever their type.
  private func denseStrings(_ count: Int) throws(ParquetError) -> ByteValues {
    var strings = ByteValues()
    if column.physicalType == .byteArray {
      try values?.strings(count, into: &strings, dictionary, scratch)
      return strings
    }
    let width = column.valueByteCount ?? 0
    try strings.bytes.append(filling: count * width) { (target) throws(ParquetError) in
      try values?.fixed(count, into: target, dictionary, scratch)
    }
    strings.offsets = (0...count).map { UInt32($0 * width) }
    return strings
  }
}

extension ChunkDictionary {
  /// The entries as strings, also those of fixed-length columns.
  func asStrings(_ column: ColumnDescriptor) -> ByteValues {
    if column.physicalType == .byteArray { return strings }
    var values = ByteValues()
    values.bytes = fixed
    values.offsets = (0...count).map { UInt32(truncatingIfNeeded: $0 * width) }
    return values
  }
}
