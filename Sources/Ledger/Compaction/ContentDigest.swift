import Bytes
import Parquet

/// The SHA-256 of a column's values in the order of rows, however they are cut into segments, pages
/// and batches, and however they are encoded.
///
/// A flat value is 0 for absent, or 1 and the value: eight or four bytes little endian; of a string
/// its byte count in four bytes and then its bytes. An entry of a list is its repetition and its
/// definition level, and the value where the definition level is the highest.
///
/// - Source: docs/formats/ledger.md §7.
final class ColumnDigest {
  private var hash: SHA256? = SHA256()
  private var buffer: [UInt8] = []
  private let highestDefinition: UInt8

  init(_ column: SegmentColumn) {
    highestDefinition = UInt8(SegmentSchema.schema.columns[column.index].maxDefinitionLevel)
  }

  func update(_ part: ColumnPart) {
    switch part {
    case .bytes(let values, let presence):
      for row in 0..<values.count where isThere(presence, row) { add(values, row) }
    case .int64(let values, let presence):
      for row in values.indices where isThere(presence, row) { add(values[row]) }
    case .int32(let values, let presence):
      for row in values.indices where isThere(presence, row) { add(values[row]) }
    case .levels(let batch): update(batch)
    }
  }

  /// The 32 bytes of the digest.
  func finish() -> [UInt8] {
    flush()
    guard let digest = hash.take()?.finish() else {
      preconditionFailure("a digest is finished once")
    }
    return digest
  }

  private func update(_ batch: LevelBatch) {
    var value = 0
    for entry in batch.definitionLevels.indices {
      buffer.append(batch.repetitionLevels[entry])
      buffer.append(batch.definitionLevels[entry])
      guard batch.definitionLevels[entry] == highestDefinition else { continue }
      switch batch.values {
      case .strings(let values): add(values, value)
      case .int32(let values): add(values[value])
      case .int64(let values): add(values[value])
      default: break
      }
      value += 1
    }
    if buffer.count >= Limits.ioByteCount { flush() }
  }

  @inline(__always)
  private func isThere(_ presence: [UInt8]?, _ row: Int) -> Bool {
    let isPresent = presence.map { $0[row] } ?? 1
    buffer.append(isPresent)
    return isPresent == 1
  }

  private func add(_ values: ByteValues, _ row: Int) {
    let start = Int(values.offsets[row])
    let end = Int(values.offsets[row + 1])
    add(UInt32(end - start))
    values.bytes.withUnsafeBytes {
      buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[start..<end]))
    }
  }

  @inline(__always)
  private func add<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) }
    if buffer.count >= Limits.ioByteCount { flush() }
  }

  private func flush() {
    buffer.withUnsafeBytes { hash?.update($0) }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// The digest of all columns of some neighbouring segments: the SHA-256 of the columns' digests, in
/// the order of the schema.
func contentDigest(_ files: [SegmentFile]) throws -> [UInt8] {
  var digests: [UInt8] = []
  for column in SegmentColumn.all {
    let digest = ColumnDigest(column)
    for file in files {
      var parts = try ColumnParts(file, column)
      while let part = try parts.next() { digest.update(part) }
    }
    digests += digest.finish()
  }
  return SHA256.hash(digests)
}
