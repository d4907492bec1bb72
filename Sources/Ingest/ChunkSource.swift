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
  private(set) var isOver = false
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
    while filled < jobs.count, !isOver {
      switch try nextPart() {
      case .chunk(let chunk)?:
        if mapper == nil {
          set(jobs[filled], chunk)
        } else {
          guard try map(chunk, jobs[filled]) else { continue }
        }
        filled += 1
        if case .rejects = event { return filled }
      case .longLine(let number)?:
        if mapper?.passesLine() ?? true {
          event = .longLine(number: number)
          return filled
        }
        try mapLongLine()
      case nil:
        isOver = true
        if mapper != nil, try finishMapping(jobs[filled]) { filled += 1 }
      }
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

  /// Maps a chunk; false when it gave no message.
  private func map(_ chunk: Chunk, _ job: DecodeJob) throws -> Bool {
    var messages = MappedMessages()
    try chunk.bytes.withUnsafeBytes {
      try mapper?.read(UnsafeRawBufferPointer(rebasing: $0[..<chunk.byteCount]), into: &messages)
    }
    return take(messages, job)
  }

  private func mapLongLine() throws {
    var messages = MappedMessages()
    try reader.readLongLine { try mapper?.read($0, into: &messages) }
    try Array("\n".utf8).withUnsafeBytes { try mapper?.read($0, into: &messages) }
    // A record this long is a reject; messages of neighbours come with the next chunk.
    if !messages.rejects.isEmpty { addRejects(messages.rejects) }
  }

  private func finishMapping(_ job: DecodeJob) throws -> Bool {
    guard let mapper = mapper.take() else { return false }
    var messages = MappedMessages()
    try mapper.finish(into: &messages)
    if messages.isCutOff { cutOff = "the file ends in the middle of a record" }
    return take(messages, job)
  }

  private func take(_ messages: MappedMessages, _ job: DecodeJob) -> Bool {
    skippedCount += messages.skippedCount
    if !messages.rejects.isEmpty { addRejects(messages.rejects) }
    guard !messages.lineNumbers.isEmpty else { return false }
    job.isMapped = true
    job.frames = []
    job.endsWithoutLineEnd = false
    job.byteCount = messages.text.count
    job.sourceLines = messages.lineNumbers
    job.batch.text = messages.text
    return true
  }

  private func addRejects(_ rejects: [MappedReject]) {
    if case .rejects(let earlier) = event {
      event = .rejects(earlier + rejects)
    } else {
      event = .rejects(rejects)
    }
  }
}
