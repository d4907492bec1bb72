import Files

/// Why frames cannot be read on.
struct FrameInputFault: Error, CustomStringConvertible {
  var description: String
}

/// Reads frames as `dump --framed` writes them: a line `{"recorded_at":…,"origin":…,"position":…,
/// "bytes":N}`, N bytes, a line feed. So a message may hold line feeds.
///
/// - Shape: a chunk holds each frame as a line of the recorded form, which its places tell apart.
/// - Cost: memory of one chunk and the longest message up to `Limits.lineByteCount`.
final class FrameReader: PartReader {
  private let input: any ByteInput
  private let slackByteCount: Int
  private var buffer: [UInt8] = []
  /// Where in the buffer the next frame begins.
  private var place = 0
  private var isAtEnd = false
  private(set) var givenByteCount = 0
  private var frameCount: Int64 = 0
  /// What ends the input, told once the whole frames before it were handed out.
  private var failure: (any Error)?
  /// The frame whose bytes are to be taken next.
  private var pending: Header?

  var givenLineCount: Int64 { frameCount }

  private struct Header {
    /// The line up to its byte count, which begins a line of the recorded form.
    var wrapper: [UInt8]
    var byteCount: Int
  }

  init(_ input: any ByteInput, slackByteCount: Int) {
    self.input = input
    self.slackByteCount = slackByteCount
  }

  /// The next part, or nil at the end.
  ///
  /// - Errors: those of the input and `FrameInputFault`, after all that was whole before.
  func next() throws -> InputPart? {
    var chunk = Chunk(
      bytes: [], byteCount: 0, firstLine: frameCount + 1, endsWithoutLineEnd: false)
    chunk.bytes.reserveCapacity(Limits.chunkByteCount + slackByteCount)
    while chunk.bytes.count < Limits.chunkByteCount, failure == nil {
      do {
        guard let header = try takeHeader() else { break }
        if header.byteCount > Limits.lineByteCount {
          pending = header
          if !chunk.frames.isEmpty { break }
          frameCount += 1
          return .longLine(number: frameCount)
        }
        try take(header, &chunk)
      } catch {
        failure = error
      }
    }
    if chunk.frames.isEmpty, let failure {
      self.failure = nil
      isAtEnd = true
      place = buffer.count
      throw failure
    }
    chunk.byteCount = chunk.bytes.count
    return chunk.frames.isEmpty ? nil : .chunk(chunk)
  }

  private func take(_ header: Header, _ chunk: inout Chunk) throws {
    let end = try fill(header.byteCount + 1)
    guard end - place > header.byteCount, buffer[place + header.byteCount] == 0x0a else {
      throw FrameInputFault(
        description: end - place > header.byteCount
          ? "no line feed follows the \(header.byteCount) bytes of frame \(frameCount + 1)"
          : "the input ends in the middle of frame \(frameCount + 1)")
    }
    let start = chunk.bytes.count
    chunk.bytes += header.wrapper
    chunk.bytes += Self.messageKey
    chunk.bytes += buffer[place..<place + header.byteCount]
    chunk.bytes.append(UInt8(ascii: "}"))
    chunk.frames.append(start..<chunk.bytes.count)
    chunk.bytes.append(0x0a)
    advance(header.byteCount + 1)
    frameCount += 1
  }

  /// Hands over a frame too long to hold, as a line of the recorded form, all at once.
  func readLongLinePart(_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
    guard let header = pending.take() else { return false }
    try (header.wrapper + Self.messageKey).withUnsafeBytes(take)
    var left = header.byteCount
    while left > 0 {
      let count = min(left, try fill(min(left, Limits.chunkByteCount)) - place)
      if count == 0 { break }
      try buffer[place..<place + count].withUnsafeBytes(take)
      advance(count)
      left -= count
    }
    try [UInt8(ascii: "}")].withUnsafeBytes(take)
    if left == 0, try fill(1) > place, buffer[place] == 0x0a {
      advance(1)
    } else {
      failure = FrameInputFault(
        description: "the input ends in the middle of frame \(frameCount)")
    }
    return false
  }

  func recycle(_ bytes: consuming [UInt8]) {}

  // MARK: Headers

  private static let messageKey = Array(",\"message\":".utf8)
  private static let bytesKey = Array(",\"bytes\":".utf8)

  /// The next frame's header; nil at the end of the input.
  private func takeHeader() throws -> Header? {
    if let header = pending.take() { return header }
    var searched = 0
    while true {
      let end = buffer.count
      if let lineEnd = buffer[(place + searched)..<end].firstIndex(of: 0x0a) {
        let line = buffer[place..<lineEnd]
        guard let header = Self.header(line) else { throw unreadable() }
        advance(lineEnd + 1 - place)
        return header
      }
      searched = end - place
      guard searched <= Limits.frameHeaderByteCount else { throw unreadable() }
      if try fill(searched + 1) == end {
        if searched == 0 { return nil }
        throw FrameInputFault(
          description: "the input ends in the middle of the header of frame \(frameCount + 1)")
      }
    }
  }

  private func unreadable() -> FrameInputFault {
    FrameInputFault(
      description: "frame \(frameCount + 1) does not begin with a line as dump --framed writes it")
  }

  private static func header(_ line: ArraySlice<UInt8>) -> Header? {
    guard line.last == UInt8(ascii: "}"), line.first == UInt8(ascii: "{") else { return nil }
    var first = line.endIndex - 1
    var byteCount = 0
    var scale = 1
    while first > line.startIndex, let digit = digit(line[first - 1]) {
      guard line.endIndex - first < Limits.byteCountDigits else { return nil }
      byteCount += digit * scale
      scale *= 10
      first -= 1
    }
    let wrapper = line[..<first].dropLast(bytesKey.count)
    guard scale > 1, line[wrapper.endIndex..<first].elementsEqual(bytesKey) else { return nil }
    return Header(wrapper: Array(wrapper), byteCount: byteCount)
  }

  private static func digit(_ byte: UInt8) -> Int? {
    (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : nil
  }

  // MARK: The buffer

  private func advance(_ count: Int) {
    place += count
    givenByteCount += count
  }

  /// Reads until `count` bytes are there from the place on, or the input is over; returns where
  /// they end.
  private func fill(_ count: Int) throws -> Int {
    if buffer.count - place >= count || isAtEnd { return buffer.count }
    buffer.removeFirst(place)
    place = 0
    while buffer.count < count, !isAtEnd {
      let room = max(count - buffer.count, Limits.chunkByteCount)
      let got = try read(room)
      if got == 0 { isAtEnd = true }
    }
    return buffer.count
  }

  private func read(_ room: Int) throws -> Int {
    let before = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: room))
    var got = 0
    defer { buffer.removeLast(room - got) }
    got = try buffer.withUnsafeMutableBytes { bytes in
      try input.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[before...]))
    }
    return got
  }
}
