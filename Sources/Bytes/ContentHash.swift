/// A 128-bit hash of bytes that come in pieces, keyed by a seed: tells contents apart, fast.
///
/// Two multiply-and-fold lanes over 16-byte steps, keyed by secret words from the seed; how the
/// bytes are cut into pieces does not matter. Not cryptographic: only as good as the seed is
/// secret.
package struct ContentHash {
  private var lanes: (UInt64, UInt64)
  private let keys: (UInt64, UInt64)
  private var byteCount: UInt64 = 0
  /// Bytes that do not fill a step yet.
  private var rest: (UInt64, UInt64) = (0, 0)
  private var restCount = 0

  package init(seed: UInt64) {
    keys = (
      fold(seed ^ 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db) | 1,
      fold(seed ^ 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3) | 1
    )
    lanes = (fold(keys.0, seed ^ 0x1d8e_4e27_c47d_124f), fold(keys.1, seed ^ 0xeb44_acca_b455_d165))
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    byteCount &+= UInt64(bytes.count)
    var offset = 0
    while restCount > 0 && offset < bytes.count {
      take(bytes[offset])
      offset += 1
    }
    var lanes = lanes
    while bytes.count - offset >= 16 {
      let low = base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let high = base.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
      lanes.0 = fold(low ^ keys.0, high ^ lanes.0)
      lanes.1 = fold(high ^ keys.1, low ^ lanes.1)
      offset += 16
    }
    self.lanes = lanes
    while offset < bytes.count {
      take(bytes[offset])
      offset += 1
    }
  }

  /// The 16 bytes of the hash.
  package func finish() -> [UInt8] {
    var hash: [UInt8] = []
    let ends = (
      fold(rest.0 ^ keys.0 ^ byteCount, rest.1 ^ lanes.0),
      fold(rest.1 ^ keys.1 ^ byteCount, rest.0 ^ lanes.1)
    )
    for lane in [fold(ends.0, keys.1 ^ lanes.0), fold(ends.1, keys.0 ^ lanes.1)] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        hash.append(UInt8(truncatingIfNeeded: lane >> shift))
      }
    }
    return hash
  }

  private mutating func take(_ byte: UInt8) {
    if restCount < 8 {
      rest.0 |= UInt64(byte) << UInt64(8 * restCount)
    } else {
      rest.1 |= UInt64(byte) << UInt64(8 * (restCount - 8))
    }
    restCount += 1
    guard restCount == 16 else { return }
    lanes.0 = fold(rest.0 ^ keys.0, rest.1 ^ lanes.0)
    lanes.1 = fold(rest.1 ^ keys.1, rest.0 ^ lanes.1)
    rest = (0, 0)
    restCount = 0
  }
}
