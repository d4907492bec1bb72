import Files

/// Reads whole lines of a file that may still grow.
struct LineCursor {
  let file: FollowedFile
  /// Byte behind the last line that was given.
  private(set) var offset: Int
  /// Number of the last line that was given, from 1.
  private(set) var line: Int64
  /// Bytes of the file from `offset` on: those behind `head`.
  private var buffer: [UInt8] = []
  private var head = 0
  private var searched = 0
  /// In a line too long to hold, whose beginning was given.
  private var isSkipping = false
  /// Lines of which only the beginning was given.
  private(set) var cutCount = 0

  init(_ file: FollowedFile, offset: Int = 0, line: Int64 = 0) {
    self.file = file
    self.offset = offset
    self.line = line
  }

  /// Whether bytes wait that are no whole line yet.
  var hasUnfinishedLine: Bool { buffer.count > head || isSkipping }

  /// Hands the next line over, without its end; false when there is none yet.
  ///
  /// - Parameter takesUnfinished: whether the end of the file ends a line too.
  mutating func next(
    takesUnfinished: Bool, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws -> Bool {
    while true {
      if let end = findLineFeed() {
        let wasSkipping = isSkipping
        isSkipping = false
        if wasSkipping {
          advance(to: end + 1)
          continue
        }
        give(end, body)
        advance(to: end + 1)
        line += 1
        return true
      }
      if isSkipping {
        advance(to: buffer.count)
      } else if buffer.count - head >= Limits.lineByteCount {
        give(head + Limits.lineByteCount, body)
        line += 1
        cutCount += 1
        isSkipping = true
        advance(to: buffer.count)
        return true
      }
      if try fill() { continue }
      guard takesUnfinished, buffer.count > head, !isSkipping else { return false }
      give(buffer.count, body)
      advance(to: buffer.count)
      line += 1
      return true
    }
  }

  private func give(_ end: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    buffer.withUnsafeBytes { bytes in
      var end = end
      if end > head, bytes[end - 1] == 0x0d { end -= 1 }
      body(UnsafeRawBufferPointer(rebasing: bytes[head..<end]))
    }
  }

  private mutating func findLineFeed() -> Int? {
    let found = buffer[max(head, searched)...].firstIndex(of: 0x0a)
    searched = found ?? buffer.count
    return found
  }

  private mutating func advance(to end: Int) {
    offset += end - head
    head = end
    searched = max(searched, head)
  }

  /// Reads more behind the buffer; false at the end of the file as it is now.
  private mutating func fill() throws -> Bool {
    if head > 0 {
      buffer.removeFirst(head)
      searched -= head
      head = 0
    }
    let count = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: Limits.readByteCount))
    let got: Int
    do {
      got = try buffer.withUnsafeMutableBytes { bytes in
        try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: bytes[count...]), at: offset + count)
      }
    } catch {
      buffer.removeLast(buffer.count - count)
      throw error
    }
    buffer.removeLast(Limits.readByteCount - got)
    return got > 0
  }
}

/// Whether a line has nothing but blanks.
func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
  line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
}
