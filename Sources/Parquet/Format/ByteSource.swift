/// Random access to the bytes of one file, wherever they are.
///
/// - Shape: `read` fills the whole buffer or throws; offsets are within `0..<byteCount`.
public protocol ByteSource: Sendable {
  /// Bytes in the file.
  var byteCount: Int { get }

  /// Copies `target.count` bytes from `offset` on into `target`.
  func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws
}

/// A file that is already in memory.
public struct MemorySource: ByteSource {
  /// The whole file.
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public var byteCount: Int { bytes.count }

  public func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, target.count <= bytes.count, offset <= bytes.count - target.count else {
      throw ParquetError(
        .source, "read beyond the end", byteOffset: offset, expected: "\(target.count) bytes",
        found: "\(max(0, bytes.count - offset))")
    }
    bytes.withUnsafeBytes { source in
      target.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + target.count]))
    }
  }
}
