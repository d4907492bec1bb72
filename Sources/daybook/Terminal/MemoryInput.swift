import Files

/// Bytes made piece by piece in memory, read like a file.
final class MemoryInput: ByteInput {
  private let next: (inout [UInt8]) -> Bool
  private var bytes: [UInt8] = []
  private var start = 0

  /// - Parameter next: appends some more bytes; false when there are none.
  init(_ next: @escaping (inout [UInt8]) -> Bool) { self.next = next }

  convenience init(_ bytes: [UInt8]) {
    var rest: [UInt8]? = bytes
    self.init { output in
      guard let bytes = rest else { return false }
      output += bytes
      rest = nil
      return true
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      start = 0
      while bytes.count < buffer.count, next(&bytes) {}
    }
    let count = min(buffer.count, bytes.count - start)
    bytes.withUnsafeBytes { source in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + count]))
    }
    start += count
    return count
  }
}

/// The bytes that base64 text stands for; anything outside the alphabet is passed over.
func bytes(ofBase64 text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var collected: UInt32 = 0
  var bitCount = 0
  for character in text.utf8 {
    let value: UInt8
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    default: continue
    }
    collected = (collected << 6 | UInt32(value)) & 0xff_ffff
    bitCount += 6
    if bitCount >= 8 {
      bitCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: collected >> UInt32(bitCount)))
    }
  }
  return bytes
}
