import Files

/// Bytes in memory given out in pieces of a chosen size, as a pipe would.
final class BytesInput: ByteInput {
  private var rest: ArraySlice<UInt8>
  private let pieceByteCount: Int

  init(_ bytes: [UInt8], pieceByteCount: Int = .max) {
    rest = bytes[...]
    self.pieceByteCount = pieceByteCount
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = min(rest.count, buffer.count, pieceByteCount)
    rest.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count]))
    }
    rest = rest.dropFirst(count)
    return count
  }
}

/// Everything an input gives.
func readAll(_ input: any ByteInput, bufferByteCount: Int = 1000) throws -> [UInt8] {
  var all: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: bufferByteCount)
  while true {
    let got = try buffer.withUnsafeMutableBytes { try input.read(into: $0) }
    if got == 0 { return all }
    all.append(contentsOf: buffer[..<got])
  }
}
