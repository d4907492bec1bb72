package import Files

/// Whole lines of an input: a unit of decoding.
package struct Chunk: Sendable {
  /// The lines; bytes beyond `byteCount` are slack for wide loads.
  package var bytes: [UInt8]
  package var byteCount: Int
  /// The 1-based number of the first line in the input.
  package var firstLine: Int64
  /// True when the last line has no line end because the input is over.
  package var endsWithoutLineEnd: Bool
  /// Of framed input: where each message lies, as a line of the recorded form. Else empty: line
  /// feeds end lines.
  package var frames: [Range<Int>] = []
}

/// What comes next in an input.
package enum InputPart {
  case chunk(Chunk)
  /// A line too long to hold: its bytes must be taken with `readLongLine` before the next part.
  case longLine(number: Int64)
}

/// What cuts an input into parts.
package protocol PartReader: AnyObject {
  /// Uncompressed bytes handed out so far.
  var givenByteCount: Int { get }
  /// Lines or frames handed out so far.
  var givenLineCount: Int64 { get }
  /// The next part, or nil at the end.
  func next() throws -> InputPart?
  /// Hands over the next bytes of a line too long to hold; false when these were its last.
  func readLongLinePart(_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool
  /// Gives a buffer back for later chunks.
  func recycle(_ bytes: consuming [UInt8])
}

extension PartReader {
  /// Hands over the bytes of a line too long to hold, piece by piece.
  package func readLongLine(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
    while try readLongLinePart(take) {}
  }
}

/// Cuts an input into chunks of whole lines.
///
/// - Cost: memory of one chunk and the longest line up to `Limits.lineByteCount`.
package final class ChunkReader: PartReader {
  private let input: any ByteInput
  private let slackByteCount: Int
  private var carry: [UInt8] = []
  private var spares: [[UInt8]] = []
  private var nextLine: Int64 = 1
  private var isAtEnd = false
  private var isInLongLine = false
  /// How much of `carry`, the start of a long line, was handed over.
  private var longPlace = 0
  /// Uncompressed bytes handed out so far.
  package private(set) var givenByteCount = 0
  /// Lines handed out so far.
  package var givenLineCount: Int64 { nextLine - 1 }
  /// A decompressor's failure, thrown once the whole lines before it were handed out.
  private var failure: (any Error)?

  package init(_ input: any ByteInput, slackByteCount: Int) {
    self.input = input
    self.slackByteCount = slackByteCount
  }

  /// The next part, or nil at the end.
  ///
  /// - Errors: those of the input, after all that was whole before the fault was handed out.
  package func next() throws -> InputPart? {
    precondition(!isInLongLine, "the long line must be read before the next part")
    var bytes = takeBuffer()
    var filled = bytes.count
    var searched = 0
    while true {
      filled = try fill(&bytes, from: filled, to: max(Limits.chunkByteCount, filled + 1))
      if let lineEnd = lastLineEnd(bytes, from: searched, to: filled) {
        carry = Array(bytes[(lineEnd + 1)..<filled])
        return .chunk(finish(bytes, byteCount: lineEnd + 1, endsWithoutLineEnd: false))
      }
      if isAtEnd {
        if filled == 0 {
          if let failure {
            self.failure = nil
            throw failure
          }
          return nil
        }
        return .chunk(finish(bytes, byteCount: filled, endsWithoutLineEnd: true))
      }
      searched = filled
      if filled > Limits.lineByteCount {
        carry = Array(bytes[..<filled])
        isInLongLine = true
        longPlace = 0
        defer { nextLine += 1 }
        return .longLine(number: nextLine)
      }
      filled = try fill(&bytes, from: filled, to: filled + Limits.chunkByteCount)
    }
  }

  /// Hands over the next bytes of the long line, its line end not among them; false when these were
  /// its last.
  package func readLongLinePart(_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
    precondition(isInLongLine, "no long line waits to be read")
    let step = Limits.chunkByteCount
    if carry.count - longPlace > step {
      // What was searched for the line's end already.
      longPlace += step
      givenByteCount += step
      try carry[longPlace - step..<longPlace].withUnsafeBytes(take)
      return true
    }
    carry.removeFirst(longPlace)
    longPlace = 0
    var piece = takeBuffer()
    var count = piece.count
    if count == 0 { count = try fill(&piece, from: 0, to: step) }
    if let lineEnd = piece[..<count].firstIndex(of: 0x0a) {
      carry = Array(piece[(lineEnd + 1)..<count])
      givenByteCount += lineEnd + 1
      isInLongLine = false
      try piece[..<lineEnd].withUnsafeBytes(take)
      return false
    }
    givenByteCount += count
    if count == 0 { isInLongLine = false }
    try piece[..<count].withUnsafeBytes(take)
    recycle(piece)
    return count > 0
  }

  /// Gives a buffer back for later chunks: fresh memory costs more than the work on it.
  package func recycle(_ bytes: consuming [UInt8]) {
    if bytes.capacity >= Limits.chunkByteCount, spares.count < Limits.spareBufferCount {
      spares.append(bytes)
    }
  }

  private func takeBuffer() -> [UInt8] {
    var bytes = spares.popLast() ?? []
    bytes.removeAll(keepingCapacity: true)
    bytes.reserveCapacity(max(Limits.chunkByteCount, carry.count) + slackByteCount)
    bytes.append(contentsOf: carry)
    carry = []
    return bytes
  }

  /// Reads until `end` bytes are there or the input is over; returns how many are there.
  private func fill(_ bytes: inout [UInt8], from start: Int, to end: Int) throws -> Int {
    var filled = start
    while filled < end && !isAtEnd {
      let room = end - filled
      bytes.reserveCapacity(end + slackByteCount)
      let got: Int
      do {
        got = try read(&bytes, room)
      } catch {
        failure = error
        isAtEnd = true
        return filled
      }
      if got == 0 { isAtEnd = true }
      filled += got
    }
    return filled
  }

  private func read(_ bytes: inout [UInt8], _ room: Int) throws -> Int {
    var got = 0
    let input = input
    try bytes.append(addingCapacity: room) { span in
      try span.withUnsafeMutableBufferPointer { buffer, count in
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
        got = try input.read(into: UnsafeMutableRawBufferPointer(rebasing: rest[..<room]))
        count += got
      }
    }
    return got
  }

  private func finish(_ bytes: [UInt8], byteCount: Int, endsWithoutLineEnd: Bool) -> Chunk {
    defer {
      nextLine += countLineEnds(bytes, byteCount) + (endsWithoutLineEnd ? 1 : 0)
      givenByteCount += byteCount
    }
    return Chunk(
      bytes: bytes, byteCount: byteCount, firstLine: nextLine,
      endsWithoutLineEnd: endsWithoutLineEnd)
  }
}

private func lastLineEnd(_ bytes: [UInt8], from start: Int, to end: Int) -> Int? {
  bytes.withUnsafeBufferPointer { buffer in
    var index = end - 1
    while index >= start {
      if buffer[index] == 0x0a { return index }
      index -= 1
    }
    return nil
  }
}

private func countLineEnds(_ bytes: [UInt8], _ byteCount: Int) -> Int64 {
  bytes.withUnsafeBufferPointer { buffer in
    var total: Int64 = 0
    var index = 0
    while index < byteCount {
      // Counting in a byte lets the compiler use whole vectors; 255 is as far as a byte counts.
      let end = min(index + 255, byteCount)
      var count: UInt8 = 0
      while index < end {
        count &+= buffer[index] == 0x0a ? 1 : 0
        index += 1
      }
      total += Int64(count)
    }
    return total
  }
}
