import CKernels

/// CRC-32C (Castagnoli): finds torn and changed bytes in log frames.
///
/// - Source: RFC 3720, appendix B.4.
package func crc32C(_ bytes: UnsafeRawBufferPointer, continuing sum: UInt32 = 0) -> UInt32 {
  daybook_crc32c(sum, bytes.baseAddress, bytes.count)
}

/// The same, without the processor's own instruction.
package func crc32CPortable(
  _ bytes: UnsafeRawBufferPointer, continuing sum: UInt32 = 0
) -> UInt32 {
  daybook_crc32c_portable(sum, bytes.baseAddress, bytes.count)
}
