import Files

/// Where rendered bytes go: standard output, a device or named pipe, or a file that appears under
/// its name when it is whole.
///
/// - Concurrency: `@unchecked` because a rendering hands its bytes over one call after the other.
final class OutputTarget: @unchecked Sendable {
  private let path: String?
  private var file: (any OutputFile)?
  /// Whether what is written is seen at once, and can be neither named nor taken back.
  private var isStream = false
  private(set) var byteCount = 0

  /// - Parameter path: nil for standard output.
  init(path: String?) throws {
    self.path = path
    guard let path else { return }
    if let stream = try POSIXFileSystem().openStream(path) {
      file = stream
      isStream = true
      return
    }
    let part = path + ".part"
    if Pipeline.files.exists(part) { try Pipeline.files.remove(part) }
    file = try Pipeline.files.create(part)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    byteCount += bytes.count
    if let file { try file.write(bytes) } else { Output.standardOutput.write(bytes) }
  }

  /// Gives the file its name.
  func finish() throws {
    guard let path, let file else { return Output.standardOutput.flush() }
    try file.close()
    if isStream { return }
    try Pipeline.files.rename(path + ".part", to: path)
  }

  /// Removes what is unfinished.
  func abandon() {
    guard let path, file != nil else { return }
    file = nil
    if isStream { return }
    if Pipeline.files.exists(path + ".part") {
      do { try Pipeline.files.remove(path + ".part") } catch { Talk.say("daybook: \(error)") }
    }
  }
}
