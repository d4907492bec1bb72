/// Messages as a source delivered them, in order.
///
/// - Shape: one entry a message in every column. Message `i` is
///   `text[starts[i]..<starts[i] + lengths[i]]`; a line feed follows each, so that a scanner which
///   runs over a string that is not closed stops there. `parts` tile the rows.
/// - Units: times in microseconds since 1970 UTC.
/// - Invariants: positions ascend strictly within an origin's part; gaps are normal.
package struct MessageBatch: Sendable {
  /// Stands in `recordedAt` for a time that the source does not know: the subscriber's clock stamps
  /// such a message.
  package static let noTime = Int64.min

  /// Consecutive messages of one origin.
  package struct Part: Sendable, Equatable {
    /// The stream that positions count in, for instance `nats:COMMERCE@2026-03-01T10:00:00Z`,
    /// `kafka:orders/3`, `bus:DIR@id`, or a file's path. A stream that was deleted and made again
    /// is another origin.
    package var origin: [UInt8]
    package var rows: Range<Int>
    /// What the source wants to find again in `SourcePosition.detail` when it resumes after the
    /// part's last message.
    package var detail: String
  }

  package var text: [UInt8] = []
  package private(set) var starts: [UInt32] = []
  package private(set) var lengths: [UInt32] = []
  /// Stream sequence, partition offset, line number.
  package private(set) var positions: [Int64] = []
  /// When the broker took the message, or `noTime`.
  package var recordedAt: [Int64] = []
  /// Index into `subjects`.
  package private(set) var subjectCodes: [UInt32] = []
  /// Subjects or topics that messages came on.
  package private(set) var subjects: [[UInt8]] = []
  package private(set) var parts: [Part] = []
  private var codes: [[UInt8]: UInt32] = [:]

  package init() {}

  package var count: Int { starts.count }
  package var isEmpty: Bool { starts.isEmpty }
  /// Bytes of the messages with their line feeds.
  package var byteCount: Int { text.count }

  /// The bytes of a message; for tests and code that is not hot.
  package func message(_ row: Int) -> ArraySlice<UInt8> {
    text[Int(starts[row])..<Int(starts[row]) + Int(lengths[row])]
  }

  /// The subject that a message came on.
  package func subject(_ row: Int) -> [UInt8] { subjects[Int(subjectCodes[row])] }

  /// The code that stands for a subject in this batch, until `removeAll`.
  package mutating func code(forSubject subject: [UInt8]) -> UInt32 {
    if let code = codes[subject] { return code }
    let code = UInt32(subjects.count)
    subjects.append(subject)
    codes[subject] = code
    return code
  }

  /// Begins messages of an origin, or goes on with them.
  package mutating func beginPart(origin: [UInt8]) {
    if let last = parts.indices.last {
      if parts[last].origin == origin { return }
      if parts[last].rows.isEmpty {
        parts[last] = Part(origin: origin, rows: count..<count, detail: "")
        return
      }
    }
    parts.append(Part(origin: origin, rows: count..<count, detail: ""))
  }

  /// Appends a message to the part begun last.
  package mutating func append(
    _ bytes: UnsafeRawBufferPointer, position: Int64, recordedAt: Int64, subjectCode: UInt32
  ) {
    precondition(!parts.isEmpty, "a part is begun before its messages")
    starts.append(UInt32(text.count))
    lengths.append(UInt32(bytes.count))
    text.append(contentsOf: bytes)
    text.append(0x0a)
    positions.append(position)
    self.recordedAt.append(recordedAt)
    subjectCodes.append(subjectCode)
    let last = parts.count - 1
    parts[last].rows = parts[last].rows.lowerBound..<count
  }

  /// Says what the source wants to find again after the message appended last.
  package mutating func setDetail(_ detail: String) {
    if let last = parts.indices.last { parts[last].detail = detail }
  }

  /// Appends one message with all that belongs to it.
  package mutating func append(
    _ message: some Sequence<UInt8>, position: Int64, recordedAt: Int64 = noTime,
    subject: [UInt8] = [], origin: [UInt8], detail: String = ""
  ) {
    beginPart(origin: origin)
    let code = code(forSubject: subject)
    Array(message).withUnsafeBytes {
      append($0, position: position, recordedAt: recordedAt, subjectCode: code)
    }
    setDetail(detail)
  }

  /// How far each origin is taken with the last message of this batch.
  ///
  /// - Shape: one entry an origin that has messages, in order of first appearance.
  package var endPositions: [SourcePosition] {
    var found: [SourcePosition] = []
    for part in parts where !part.rows.isEmpty {
      let end = SourcePosition(
        origin: part.origin, position: positions[part.rows.upperBound - 1], detail: part.detail)
      if let place = found.firstIndex(where: { $0.origin == part.origin }) {
        found[place] = end
      } else {
        found.append(end)
      }
    }
    return found
  }

  /// Empties the batch; it keeps its memory.
  package mutating func removeAll() {
    text.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    recordedAt.removeAll(keepingCapacity: true)
    subjectCodes.removeAll(keepingCapacity: true)
    subjects.removeAll(keepingCapacity: true)
    codes.removeAll(keepingCapacity: true)
    parts.removeAll(keepingCapacity: true)
  }
}
