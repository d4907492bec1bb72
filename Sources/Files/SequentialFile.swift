#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes that come one after the other: a file, standard input, a decompressor over either.
package protocol ByteInput: AnyObject {
  /// Fills the front of `buffer` and returns how many bytes came; 0 only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A file or standard input read front to back.
package final class SequentialFile: ByteInput {
  private let descriptor: Int32
  private let ownsDescriptor: Bool
  package let path: String
  /// The file's size when it is an ordinary file; nil for pipes and terminals.
  package let byteCount: Int?

  package init(path: String) throws(FileError) {
    descriptor = systemOpen(path, O_RDONLY | O_CLOEXEC, 0)
    if descriptor < 0 { throw lastError("open", path) }
    ownsDescriptor = true
    self.path = path
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw lastError("look at", path) }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw FileError(
        operation: "read", path: path, reason: .other(code: EISDIR),
        detail: "it is a directory; name the files in it, for example \(path)/*")
    }
    byteCount = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
  }

  private init(standardInput: Int32) {
    descriptor = standardInput
    ownsDescriptor = false
    path = "-"
    byteCount = nil
  }

  package static func standardInput() -> SequentialFile { SequentialFile(standardInput: 0) }

  deinit { if ownsDescriptor, descriptor >= 0 { _ = systemClose(descriptor) } }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let got = systemRead(descriptor, buffer.baseAddress, buffer.count)
      if got >= 0 { return got }
      if errno != EINTR { throw lastError("read", path) }
    }
  }
}
