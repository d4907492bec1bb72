/// xxHash64: the hash of Parquet's bloom filters.
///
/// - Source: xxHash fast digest algorithm, XXH64 (doc/xxhash_spec.md of the reference project).
package func xxHash64(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
  let count = bytes.count
  var offset = 0
  var hash: UInt64
  if count >= 32 {
    var one = seed &+ prime1 &+ prime2
    var two = seed &+ prime2
    var three = seed
    var four = seed &- prime1
    while count - offset >= 32 {
      one = round(one, word(bytes, offset))
      two = round(two, word(bytes, offset + 8))
      three = round(three, word(bytes, offset + 16))
      four = round(four, word(bytes, offset + 24))
      offset += 32
    }
    hash =
      rotate(one, 1) &+ rotate(two, 7) &+ rotate(three, 12) &+ rotate(four, 18)
    for lane in [one, two, three, four] {
      hash = (hash ^ round(0, lane)) &* prime1 &+ prime4
    }
  } else {
    hash = seed &+ prime5
  }
  hash = hash &+ UInt64(truncatingIfNeeded: count)
  while count - offset >= 8 {
    hash = rotate(hash ^ round(0, word(bytes, offset)), 27) &* prime1 &+ prime4
    offset += 8
  }
  if count - offset >= 4 {
    let half = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    hash = rotate(hash ^ UInt64(half) &* prime1, 23) &* prime2 &+ prime3
    offset += 4
  }
  while offset < count {
    hash = rotate(hash ^ UInt64(bytes[offset]) &* prime5, 11) &* prime1
    offset += 1
  }
  hash = (hash ^ hash >> 33) &* prime2
  hash = (hash ^ hash >> 29) &* prime3
  return hash ^ hash >> 32
}

private let prime1: UInt64 = 0x9e37_79b1_85eb_ca87
private let prime2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
private let prime3: UInt64 = 0x1656_67b1_9e37_79f9
private let prime4: UInt64 = 0x85eb_ca77_c2b2_ae63
private let prime5: UInt64 = 0x27d4_eb2f_1656_67c5

private func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
  rotate(lane &+ input &* prime2, 31) &* prime1
}

private func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
  value << bits | value >> (64 - bits)
}

private func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
  UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
}
