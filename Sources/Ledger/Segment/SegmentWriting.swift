import Files
import Parquet

/// Writes the file of a segment, durable but for its name's folder.
///
/// Messages stand before all other columns: their pages, most of the file, are ready and hashed
/// long before the rest.
///
/// - Shape: `announce` is told the name before any file has it.
func writeSegment(
  _ chunks: [EncodedColumnChunk], firstOffset: Int64, rowCount: Int, _ files: any FileSystem,
  _ directory: LedgerDirectory, suffix: String = "", prefix: HashedPrefix? = nil,
  announce: (String) throws -> Void = { _ in }
) throws -> NewFile.Published {
  let temporary = directory.temporary + "/" + paddedDecimal(firstOffset) + suffix
  let file = try NewFile(files, temporaryPath: temporary + ".parquet", prefix: prefix)
  var writer = FileWriter(
    SegmentSchema.schema,
    keyValues: SegmentSchema.keyValues(firstOffset: firstOffset, rowCount: rowCount))
  var buffer = WriteBuffer(file)
  try writer.add(
    rowGroup: chunks, sharing: sharedPages(chunks), first: SegmentColumn.message.index
  ) { try buffer.write($0) }
  _ = try writer.finish { try buffer.write($0) }
  try buffer.flush()
  return try file.publish(.segments, first: firstOffset, in: directory, announce: announce)
}

/// Files are mostly recorded as having been learned of when they happened: both columns then have
/// the same pages, which are stored once.
private func sharedPages(_ chunks: [EncodedColumnChunk]) -> [Int: Int] {
  let occurred = SegmentColumn.occurredAt.index
  let recorded = SegmentColumn.recordedAt.index
  return chunks[occurred].pages == chunks[recorded].pages ? [recorded: occurred] : [:]
}

/// Gathers small writes, so that the file system is called about once a megabyte.
private struct WriteBuffer {
  private let file: NewFile
  private var bytes: [UInt8] = []

  init(_ file: NewFile) {
    self.file = file
    bytes.reserveCapacity(Limits.ioByteCount)
  }

  mutating func write(_ part: UnsafeRawBufferPointer) throws {
    if bytes.count + part.count > Limits.ioByteCount { try flush() }
    if part.count >= Limits.ioByteCount { return try file.write(part) }
    bytes.append(contentsOf: part)
  }

  mutating func flush() throws {
    if bytes.isEmpty { return }
    try file.write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}
