/// A 64-bit hash of bytes, keyed by a seed: fast, not cryptographic.
///
/// Multiply-and-fold over 16-byte steps (the construction of wyhash). Tables in memory only: no
/// value of it is ever written where another version must read it, except with its seed.
/// - Cost: inlined into other targets: most strings are short, and the call cost as much as the
///   hash (9 % of an intake).
@inlinable @inline(__always)
package func fastHash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
  let count = bytes.count
  var state = seed ^ 0xa076_1d64_78bd_642f
  guard let base = bytes.baseAddress, count > 0 else { return fold(state, 0xe703_7ed1_a0b4_28db) }
  if count <= 16 {
    let low: UInt64
    let high: UInt64
    if count >= 8 {
      low = base.loadUnaligned(as: UInt64.self)
      high = base.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else if count >= 4 {
      low = UInt64(base.loadUnaligned(as: UInt32.self))
      high = UInt64(base.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
    } else {
      low =
        UInt64(base.load(as: UInt8.self)) << 16
        | UInt64(base.load(fromByteOffset: count >> 1, as: UInt8.self)) << 8
        | UInt64(base.load(fromByteOffset: count - 1, as: UInt8.self))
      high = 0
    }
    return fold(
      0xe703_7ed1_a0b4_28db ^ UInt64(truncatingIfNeeded: count),
      fold(low ^ 0x8ebc_6af0_9c88_c6e3, high ^ state))
  }
  var offset = 0
  if count > 64 {
    // Two lanes: a multiply need not wait for the one before it.
    var other = state
    while count - offset > 32 {
      state = fold(
        base.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ 0x8ebc_6af0_9c88_c6e3,
        base.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self) ^ state)
      other = fold(
        base.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self) ^ 0x5899_65cc_7537_4cc3,
        base.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self) ^ other)
      offset += 32
    }
    state ^= other
  }
  while count - offset > 16 {
    state = fold(
      base.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ 0x8ebc_6af0_9c88_c6e3,
      base.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self) ^ state)
    offset += 16
  }
  let low = base.loadUnaligned(fromByteOffset: count - 16, as: UInt64.self)
  let high = base.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
  return fold(
    0xe703_7ed1_a0b4_28db ^ UInt64(truncatingIfNeeded: count),
    fold(low ^ 0x5899_65cc_7537_4cc3, high ^ state))
}

/// The halves of the full product, folded into one word.
@inlinable @inline(__always)
package func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
  let product = left.multipliedFullWidth(by: right)
  return product.high ^ product.low
}

/// Murmur3 x86 32-bit: Iceberg's partition hash of a string is this with seed 0 over UTF-8 bytes.
///
/// - Source: Apache Iceberg specification, appendix B.
package func murmur3(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
  func mix(_ word: UInt32) -> UInt32 {
    var mixed = word &* 0xcc9e_2d51
    mixed = mixed << 15 | mixed >> 17
    return mixed &* 0x1b87_3593
  }
  var hash = seed
  let blockEnd = bytes.count & ~3
  var offset = 0
  while offset < blockEnd {
    hash ^= mix(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    hash = hash << 13 | hash >> 19
    hash = hash &* 5 &+ 0xe654_6b64
    offset += 4
  }
  var tail: UInt32 = 0
  for index in stride(from: bytes.count - 1, through: blockEnd, by: -1) {
    tail = tail << 8 | UInt32(bytes[index])
  }
  if bytes.count > blockEnd { hash ^= mix(tail) }
  hash ^= UInt32(truncatingIfNeeded: bytes.count)
  hash ^= hash >> 16
  hash = hash &* 0x85eb_ca6b
  hash ^= hash >> 13
  hash = hash &* 0xc2b2_ae35
  return hash ^ hash >> 16
}

/// Iceberg's `bucket[count]` of a string: which of `count` partitions it belongs to.
package func icebergBucket(_ bytes: UnsafeRawBufferPointer, count: Int) -> Int {
  Int(murmur3(bytes) & 0x7fff_ffff) % count
}
