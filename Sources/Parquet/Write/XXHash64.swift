/// xxHash64 with seed 0: the hash of Parquet's bloom filters.
///
/// - Source: xxHash specification, "XXH64 algorithm description"; Parquet format, BloomFilter.md.
func xxHash64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  let count = bytes.count
  var hash: UInt64
  var offset = 0
  if count >= 32 {
    var lanes = SIMD4<UInt64>(prime1 &+ prime2, prime2, 0, 0 &- prime1)
    while offset + 32 <= count {
      for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(bytes, offset + lane * 8)) }
      offset += 32
    }
    hash =
      rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
    for lane in 0..<4 { hash = (hash ^ round(0, lanes[lane])) &* prime1 &+ prime4 }
  } else {
    hash = prime5
  }
  hash = hash &+ UInt64(count)
  while offset + 8 <= count {
    hash = rotate(hash ^ round(0, word(bytes, offset)), 27) &* prime1 &+ prime4
    offset += 8
  }
  if offset + 4 <= count {
    let half = UInt32(
      littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
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

@inline(__always)
private func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
  value &<< count | value &>> (64 &- count)
}

@inline(__always)
private func round(_ state: UInt64, _ input: UInt64) -> UInt64 {
  rotate(state &+ input &* prime2, 31) &* prime1
}

@inline(__always)
private func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
  UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
}
