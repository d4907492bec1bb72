import Files

/// Walks the frames of a log from front to back, up to the bytes that are committed.
///
/// - Errors: `LedgerError.damaged` with the frame's place.
struct FrameScan {
  private let input: any InputFile
  private let path: String
  private let byteCount: Int
  private var buffer: [UInt8] = []
  private var bufferStart = 0
  /// Where the next frame begins.
  private(set) var place = 0

  init(_ log: OpenFreshLog) {
    input = log.input
    path = log.path
    byteCount = log.record.byteCount
  }

  /// The header of the frame that comes next, or nil at the end.
  mutating func header() throws -> FrameHeader? {
    if place == byteCount { return nil }
    do {
      try load(place, FrameHeader.byteCount)
      let header = try buffer.withUnsafeBytes { bytes throws(FrameFault) in
        try FrameHeader(UnsafeRawBufferPointer(rebasing: bytes[(place - bufferStart)...]))
      }
      guard place + header.byteCount <= byteCount else { throw FrameFault("it is cut off") }
      return header
    } catch let fault as FrameFault {
      throw damaged(fault)
    }
  }

  mutating func skip(_ header: FrameHeader) { place += header.byteCount }

  /// Hands over the whole frame, checked, and goes on behind it.
  mutating func take<Result>(
    _ header: FrameHeader, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    do {
      try load(place, header.byteCount)
      let start = place - bufferStart
      let result = try buffer.withUnsafeBytes { bytes in
        let frame = UnsafeRawBufferPointer(rebasing: bytes[start..<start + header.byteCount])
        try FrameDecoder.check(frame, header)
        return try body(frame)
      }
      place += header.byteCount
      return result
    } catch let fault as FrameFault {
      throw damaged(fault)
    }
  }

  private func damaged(_ fault: FrameFault) -> LedgerError {
    .damaged(path: path, detail: "the frame at byte \(place): \(fault.detail)")
  }

  private mutating func load(_ offset: Int, _ count: Int) throws {
    guard offset + count <= byteCount else { throw FrameFault("it is cut off") }
    if offset >= bufferStart, offset + count <= bufferStart + buffer.count { return }
    let wanted = min(max(count, Limits.ioByteCount), byteCount - offset)
    if buffer.count != wanted { buffer = [UInt8](repeating: 0, count: wanted) }
    bufferStart = offset
    try buffer.withUnsafeMutableBytes { try input.read(into: $0, at: offset) }
  }
}

/// A fresh log open for reading; it can be read after the file has lost its name.
struct OpenFreshLog: Sendable {
  let record: FreshLogRecord
  let path: String
  let input: any InputFile

  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, _ record: FreshLogRecord
  ) throws {
    self.record = record
    path = directory.file(.fresh, record.name)
    input = try files.open(path)
    guard input.byteCount >= record.byteCount else {
      throw LedgerError.damaged(
        path: path,
        detail: "it has \(input.byteCount) bytes, of which the catalog counts \(record.byteCount)")
    }
  }
}
