import Files

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Buffered bytes to a descriptor; standard output is one for the whole process.
///
/// - Concurrency: outside the checker, because only the main thread touches it.
final class Output {
  nonisolated(unsafe) static let standardOutput = Output(descriptor: 1)

  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(descriptor: Int32) { self.descriptor = descriptor }

  static func flushStandardOutput() { standardOutput.flush() }

  func write(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= 1 << 16 { flush() }
  }

  func write(_ bytes: UnsafeRawBufferPointer) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 1 << 16 { flush() }
  }

  /// A reader that went away (`| head`) ends the process quietly, as other tools do.
  func flush() {
    var start = 0
    while start < buffer.count {
      let written = buffer.withUnsafeBytes { bytes in
        systemWriteBytes(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
      }
      if written < 0 {
        if errno == EINTR { continue }
        exitProcess(errno == EPIPE ? 0 : ExitStatus.failure.rawValue)
      }
      start += written
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

private func systemWriteBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int
{
  write(descriptor, bytes, count)
}

/// What is said to people: on standard error, one line a call.
enum Talk {
  static func say(_ text: String) {
    let line = text + "\n"
    _ = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
  }

  static let isTerminal = isatty(2) == 1

  static let columnCount: Int = {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }()
}
