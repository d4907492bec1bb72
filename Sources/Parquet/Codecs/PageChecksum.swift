import CKernels
import CZlib

/// CRC-32 (as in gzip) of the bytes of a page: zlib's, most of it by carry-less multiplication
/// where the processor has it.
///
/// - Parameter sum: the checksum of the bytes before these.
func pageChecksum(_ bytes: UnsafeRawBufferPointer, continuing sum: UInt32 = 0) -> UInt32 {
  guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return sum }
  var sum = UInt(sum)
  let done = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { folded in
    guard let target = folded.baseAddress else { return 0 }
    let done = daybook_crc32_fold(UInt32(truncatingIfNeeded: sum), base, bytes.count, target)
    if done > 0 { sum = crc32_z(0xffff_ffff, target, 16) }
    return done
  }
  return UInt32(truncatingIfNeeded: crc32_z(sum, base + done, bytes.count - done))
}
