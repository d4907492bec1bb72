import Bytes
import Files

/// Passes bytes on and hashes them on the way.
final class HashingInput: ByteInput {
  private let source: any ByteInput
  private var hash: ContentHash
  private(set) var byteCount = 0

  init(_ source: any ByteInput, seed: UInt64) {
    self.source = source
    hash = ContentHash(seed: seed)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try source.read(into: buffer)
    hash.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
    byteCount += count
    return count
  }

  /// The hash of all bytes read so far.
  var contentHash: [UInt8] { hash.finish() }
}

/// The content hash of a whole file.
func contentHash(ofFile path: String, seed: UInt64) throws -> [UInt8] {
  let input = HashingInput(try SequentialFile(path: path), seed: seed)
  var buffer = [UInt8](repeating: 0, count: 1 << 20)
  while try buffer.withUnsafeMutableBytes({ try input.read(into: $0) }) > 0 {}
  return input.contentHash
}
