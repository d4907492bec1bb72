import Bytes
import Files

/// Passes bytes on and hashes them on the way.
final class DigestInput: ByteInput {
  private let source: any ByteInput
  private var hash = SHA256()
  private(set) var byteCount = 0

  init(_ source: any ByteInput) { self.source = source }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try source.read(into: buffer)
    hash.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
    byteCount += count
    return count
  }

  /// The digest of all bytes read; the next ones begin another.
  func finish() -> [UInt8] {
    var finished = SHA256()
    swap(&hash, &finished)
    return finished.finish()
  }
}

/// The SHA-256 of a whole file.
func digest(_ path: String) throws -> [UInt8] {
  let input = DigestInput(try SequentialFile(path: path))
  var buffer = [UInt8](repeating: 0, count: 1 << 20)
  while try buffer.withUnsafeMutableBytes({ try input.read(into: $0) }) > 0 {}
  return input.finish()
}
