import Bytes

/// Sixteen buckets of an index run's file, checked: what one look-up reads.
///
/// - Shape: two bytes a bucket, its number of entries; then the entries, bucket by bucket.
/// - Source: docs/formats/ledger.md §4.
struct IndexPiece {
  private let bytes: UnsafeRawBufferPointer

  /// What is wrong with the bytes.
  struct Damage: Error { var detail: String }

  /// - Parameter entryCount: how many entries the list of pieces says it has.
  init(
    _ bytes: UnsafeRawBufferPointer, entryCount: Int, sum: UInt32
  ) throws(Damage) {
    self.bytes = bytes
    guard bytes.count == IndexPiece.byteCount(entryCount: entryCount), crc32C(bytes) == sum else {
      throw Damage(detail: "wrong checksum")
    }
    var total = 0
    for bucket in 0..<Limits.indexPieceBucketCount { total += count(ofBucket: bucket) }
    guard total == entryCount else { throw Damage(detail: "wrong number of entries") }
  }

  static func byteCount(entryCount: Int) -> Int {
    IdentityKeyLayout.pieceHeadByteCount + 4 * entryCount
  }

  /// The bytes of all entries.
  var entries: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[IdentityKeyLayout.pieceHeadByteCount...])
  }

  /// The number of entries of a bucket, counted from the piece's first.
  @inline(__always)
  func count(ofBucket bucket: Int) -> Int {
    Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * bucket, as: UInt16.self)))
  }

  /// An entry, counted from the piece's first.
  @inline(__always)
  func entry(_ index: Int) -> UInt32 {
    let offset = IdentityKeyLayout.pieceHeadByteCount + 4 * index
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The blocks, counted from the run's first, of the entries that look like a key of this piece.
  @inline(__always)
  func forEachBlock(of key: UInt64, _ layout: IdentityKeyLayout, _ body: (_ block: Int) -> Void) {
    let own = layout.bucket(ofKey: key) % Limits.indexPieceBucketCount
    var first = 0
    for other in 0..<own { first += count(ofBucket: other) }
    let fingerprint = layout.fingerprint(ofKey: key)
    for index in first..<first + count(ofBucket: own) {
      let entry = entry(index)
      if entry >> UInt32(layout.blockBits) == fingerprint { body(layout.block(ofEntry: entry)) }
    }
  }
}
