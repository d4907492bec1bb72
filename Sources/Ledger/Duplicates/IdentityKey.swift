/// How a 64-bit identity hash and a ledger offset become an entry of an index run.
///
/// The upper 41 bits of the hash find a row: the first of them (`bucketBits`) name its bucket, the
/// rest are the fingerprint in the upper bits of a 32-bit entry. The entry's lower bits hold the
/// block of 16,384 rows in which the row lies, counted from the run's first block. As a run grows,
/// bits move from fingerprint to bucket, so 32 bits are enough for any run and two runs can be
/// merged without the hashes of their rows. Of N sealed rows, N / 2^41 look like a new row and are
/// compared byte for byte.
///
/// - Source: docs/formats/ledger.md §4.
struct IdentityKeyLayout: Equatable {
  static let keyBits = 41
  static let entryBits = 32
  static let fewestBucketBits = 10

  let bucketBits: Int
  let fingerprintBits: Int

  /// The layout of a run of `rowCount` rows: eight to sixteen rows a bucket.
  init(rowCount: Int) {
    var bits = IdentityKeyLayout.fewestBucketBits
    while rowCount > 1 << (bits + 4) { bits += 1 }
    bucketBits = bits
    fingerprintBits = IdentityKeyLayout.keyBits - bits
  }

  var bucketCount: Int { 1 << bucketBits }
  var blockBits: Int { IdentityKeyLayout.entryBits - fingerprintBits }

  /// The 41 bits of a hash that runs know.
  @inline(__always)
  static func key(_ hash: UInt64) -> UInt64 { hash >> UInt64(64 - keyBits) }

  @inline(__always)
  func bucket(ofKey key: UInt64) -> Int { Int(truncatingIfNeeded: key >> UInt64(fingerprintBits)) }

  @inline(__always)
  func fingerprint(ofKey key: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: key & (1 << UInt64(fingerprintBits) - 1))
  }

  @inline(__always)
  func entry(ofKey key: UInt64, block: Int) -> UInt32 {
    fingerprint(ofKey: key) << UInt32(blockBits) | UInt32(truncatingIfNeeded: block)
  }

  @inline(__always)
  func key(bucket: Int, entry: UInt32) -> UInt64 {
    UInt64(bucket) << UInt64(fingerprintBits) | UInt64(entry >> UInt32(blockBits))
  }

  @inline(__always)
  func block(ofEntry entry: UInt32) -> Int { Int(entry & (1 << UInt32(blockBits) - 1)) }
}

/// The block a ledger offset lies in.
@inline(__always)
func indexBlock(_ ledgerOffset: Int64) -> Int64 {
  ledgerOffset / Int64(Limits.indexBlockRowCount)
}
