import Bytes
import Events
import Files
import Mappings

/// What a source of chunks found besides chunks.
enum SourceEvent {
  case none
  /// A line too long to hold waits in the reader.
  case longLine(number: Int64)
  case rejects([MappedReject])
}

/// Fills decode jobs from an input, plain or through a mapping.
///
/// - Concurrency: `@unchecked` because one task at a time uses it.
final class ChunkSource: @unchecked Sendable {
  private let reader: any PartReader
  private var mapper: MappingReader?
  private(set) var skippedCount = 0
  /// Lines handed out so far.
  var lineCount: Int64 { reader.givenLineCount }
  /// Whether all of the input was handed out.
  var isOver: Bool { isAtEnd && waiting == nil }
  private var isAtEnd = false
  /// The next bytes are a long line's, which a mapping reads piece by piece.
  private var isInLongLine = false
  /// Messages that were mapped while a reject was kept.
  private var waiting: MappedMessages?
  /// Why the input ended too early, in words.
  private(set) var cutOff: String?
  private(set) var event = SourceEvent.none
  var hasEvent: Bool {
    if case .none = event { false } else { true }
  }

  init(_ reader: any PartReader, mapping: Mapping?, fileName: String) {
    self.reader = reader
    if let mapping { mapper = MappingReader(mapping, fileName: fileName) }
  }

  /// Bytes of the (decompressed) input handed out so far.
  var givenByteCount: Int { reader.givenByteCount }

  /// Fills up to `jobs.count` jobs; returns how many.
  ///
  /// - Errors: those of the file, and of a mapping that does not fit the file's header. A damaged
  ///   compressed stream is `cutOff`, after what was whole before it.
  func fill(_ jobs: [DecodeJob]) throws -> Int {
    event = .none
    var filled = 0
    if let messages = waiting.take(), hand(messages, jobs[0]) { filled = 1 }
    while filled < jobs.count, !isAtEnd {
      if isInLongLine {
        if hand(try mapLongLinePart(), jobs[filled]) { filled += 1 }
      } else {
        switch try nextPart() {
        case .chunk(let chunk)?:
          if mapper == nil {
            set(jobs[filled], chunk)
            filled += 1
          } else if hand(try map(chunk), jobs[filled]) {
            filled += 1
          }
        case .longLine(let number)?:
          if mapper?.passesLine() ?? true {
            event = .longLine(number: number)
          } else {
            isInLongLine = true
          }
        case nil:
          isAtEnd = true
          if hand(try finishMapping(), jobs[filled]) { filled += 1 }
        }
      }
      if hasEvent { return filled }
    }
    return filled
  }

  func clearEvent() { event = .none }

  func readLongLine(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
    try reader.readLongLine(take)
  }

  private func nextPart() throws -> InputPart? {
    do {
      return try reader.next()
    } catch let error as DecompressionError {
      cutOff = error.description
      return nil
    } catch let error as FrameInputFault {
      cutOff = error.description
      return nil
    }
  }

  private func set(_ job: DecodeJob, _ chunk: Chunk) {
    job.byteCount = chunk.byteCount
    job.firstLine = chunk.firstLine
    job.endsWithoutLineEnd = chunk.endsWithoutLineEnd
    job.frames = chunk.frames
    job.isMapped = false
    reader.recycle(job.batch.text)
    job.batch.text = chunk.bytes
  }

  // MARK: Mapping

  private func map(_ chunk: Chunk) throws -> MappedMessages {
    var messages = MappedMessages()
    try chunk.bytes.withUnsafeBytes {
      try mapper?.read(UnsafeRawBufferPointer(rebasing: $0[..<chunk.byteCount]), into: &messages)
    }
    return messages
  }

  private func mapLongLinePart() throws -> MappedMessages {
    var messages = MappedMessages()
    isInLongLine = try reader.readLongLinePart { try mapper?.read($0, into: &messages) }
    if !isInLongLine {
      try Array("\n".utf8).withUnsafeBytes { try mapper?.read($0, into: &messages) }
    }
    return messages
  }

  private func finishMapping() throws -> MappedMessages {
    var messages = MappedMessages()
    guard let mapper = mapper.take() else { return messages }
    try mapper.finish(into: &messages)
    if messages.isCutOff { cutOff = "the file ends in the middle of a record" }
    return messages
  }

  /// Hands over the rejects of the event, and of one that is too long to hold the rest as it comes.
  func takeRejects(_ take: (MappedReject) throws -> Void) throws {
    guard case .rejects(var rejects) = event else { return }
    event = .none
    while true {
      for reject in rejects { try take(reject) }
      guard let last = rejects.last, last.part == .first || last.part == .middle else { return }
      var next = try readOn()
      // A piece may have nothing of it but the start of a line's end.
      rejects = next.rejects.isEmpty ? [MappedReject(restOf: last)] : next.rejects
      next.rejects = []
      keep(next)
    }
  }

  /// The next piece of the input, whatever it is, mapped.
  private func readOn() throws -> MappedMessages {
    if isInLongLine { return try mapLongLinePart() }
    switch try nextPart() {
    case .chunk(let chunk)?: return try map(chunk)
    case .longLine?:
      isInLongLine = true
      return MappedMessages()
    case nil:
      isAtEnd = true
      return try finishMapping()
    }
  }

  /// Keeps messages for the next job.
  private func keep(_ messages: MappedMessages) {
    skippedCount += messages.skippedCount
    guard !messages.lineNumbers.isEmpty else { return }
    var all = waiting ?? MappedMessages()
    all.text += messages.text
    all.lineNumbers += messages.lineNumbers
    waiting = all
  }

  /// Puts messages into a job, and rejects into the event; false when there was no message.
  private func hand(_ messages: MappedMessages, _ job: DecodeJob) -> Bool {
    skippedCount += messages.skippedCount
    if !messages.rejects.isEmpty { event = .rejects(messages.rejects) }
    guard !messages.lineNumbers.isEmpty else { return false }
    job.isMapped = true
    job.frames = []
    job.endsWithoutLineEnd = false
    job.byteCount = messages.text.count
    job.sourceLines = messages.lineNumbers
    job.batch.text = messages.text
    return true
  }
}
