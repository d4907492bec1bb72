/// What all readers of one column chunk can share: its dictionary and its offset index.
///
/// Read once; readers made with it begin anywhere in the chunk without reading either again, which
/// is what makes a few pages a unit of work of their own.
public struct SharedChunk: Sendable {
  let dictionary: ChunkDictionary?
  let offsetIndex: OffsetIndex?
  /// The strings that codes of dictionary-coded pages stand for; empty without a dictionary.
  public let strings: ByteValues

  /// The first row of the page that a row lies in, or nil without an offset index.
  public func firstRow(ofPageWith row: Int) -> Int? {
    offsetIndex?.pages.last { $0.firstRow <= row }?.firstRow
  }
}

extension FileReader {
  /// Reads the dictionary and the offset index of a column chunk.
  ///
  /// - Errors: those of ``columnReader(column:rowGroup:)`` and of a damaged dictionary or index.
  public func sharedChunk(column: Int, rowGroup: Int) throws(ParquetError) -> SharedChunk {
    if let known = kept?.chunk(column: column, rowGroup: rowGroup) { return known }
    let reader = try columnReader(column: column, rowGroup: rowGroup)
    let index = try offsetIndex(column: column, rowGroup: rowGroup)
    return try reader.located { () throws(ParquetError) in
      try reader.loadDictionaryIfThere()
      let strings =
        reader.column.physicalType == .byteArray ? reader.dictionary?.asStrings(reader.column) : nil
      let shared = SharedChunk(
        dictionary: reader.dictionary, offsetIndex: index, strings: strings ?? ByteValues())
      kept?.keep(shared, column: column, rowGroup: rowGroup)
      return shared
    }
  }

  /// A reader of one column of one row group that starts at a row.
  ///
  /// - Shape: `shared` comes from the same chunk.
  public func columnReader(
    column: Int, rowGroup: Int, sharing shared: SharedChunk, fromRow row: Int
  ) throws(ParquetError) -> ColumnReader {
    let reader = try columnReader(column: column, rowGroup: rowGroup)
    reader.dictionary = shared.dictionary
    reader.cachedOffsetIndex = shared.offsetIndex
    try reader.seek(toRow: row)
    return reader
  }
}
