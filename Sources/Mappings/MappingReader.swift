package import ConfigurationFiles
import Events

/// Runs a mapping over a file: bytes in, in pieces of any size; messages and rejects out.
///
/// - Shape: a record is wholly accepted or wholly rejected (with `each`, that holds for an
///   element); a bad one never touches its neighbours.
/// - Errors: only what is wrong with mapping and header together; bad records are rejects.
/// - Cost: memory is bounded by a piece and the longest record, which is at most 8 MiB.
package struct MappingReader: ~Copyable {
  let form: InputForm
  let mapping: Mapping
  /// The name of the data file, for messages.
  let fileName: String
  var writer: MessageWriter
  var splitter: RecordSplitter
  private(set) var buffer = OutputBytes(capacity: 1 << 16)
  /// The column of each reference, once the header is known.
  var columns: [Int] = []
  /// Columns that every record must have; -1 until it is known.
  var columnCount = -1
  var lineNumber: Int64 = 1
  private var isAtStart = true
  /// Bytes of an oversized record are being passed over up to its line's end.
  private var isSkippingLine = false
  /// How far the start of an unfinished JSON record was searched for its end.
  var searched = 0
  /// Whether a JSON array of records was opened.
  var isInsideArray = false

  package init(_ mapping: Mapping, fileName: String) {
    self.mapping = mapping
    self.fileName = fileName
    form = mapping.form
    writer = MessageWriter(mapping.plan)
    splitter = RecordSplitter(separator: mapping.form.separator, quote: mapping.form.quote)
  }

  /// Takes the next piece of the file and appends what the whole records in it give.
  package mutating func read(
    _ bytes: UnsafeRawBufferPointer, into messages: inout MappedMessages
  ) throws(ConfigurationError) {
    if let base = bytes.baseAddress {
      buffer.append(base.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
    try process(&messages, isLast: false)
  }

  /// Whether the next line is a record of its own that may be passed over: then it is, and the
  /// caller keeps it. For lines too long to hold.
  package mutating func passesLine() -> Bool {
    let isByLine = form.format == .jsonLines || (form.format == .separated && columnCount >= 0)
    guard isByLine, buffer.count == 0, !isSkippingLine else { return false }
    isAtStart = false
    lineNumber += 1
    return true
  }

  /// Puts a message in the place of what the buffer held.
  mutating func hold(_ message: UnsafeRawBufferPointer) {
    buffer.count = 0
    guard let base = message.baseAddress else { return }
    buffer.append(base.assumingMemoryBound(to: UInt8.self), message.count)
  }

  /// Takes what is left after the last piece.
  package consuming func finish(
    into messages: inout MappedMessages
  ) throws(ConfigurationError) {
    try process(&messages, isLast: true)
  }

  private mutating func process(
    _ messages: inout MappedMessages, isLast: Bool
  ) throws(ConfigurationError) {
    var start = 0
    if isAtStart {
      guard buffer.count >= 3 || isLast else { return }
      if buffer.count >= 3, buffer.base[0] == 0xef, buffer.base[1] == 0xbb, buffer.base[2] == 0xbf
      {
        start = 3
      }
      isAtStart = false
    }
    while start < buffer.count {
      if isSkippingLine {
        start = passLine(from: start)
        continue
      }
      guard
        let next = try step(buffer.base, start, buffer.count, isLast: isLast, &messages)
      else {
        guard buffer.count - start > Limits.recordByteCount || isLast else { break }
        // Too long or cut off: its first line is given up, the rest may still be whole.
        start = giveUpLine(from: start, isLast: isLast, &messages)
        continue
      }
      start = next
    }
    takeOutput(&messages)
    let rest = buffer.count - start
    if start > 0 {
      buffer.base.update(from: buffer.base + start, count: rest)
      buffer.count = rest
      searched = max(0, searched - start)
    }
  }

  mutating func takeOutput(_ messages: inout MappedMessages) {
    messages.text.append(
      contentsOf: UnsafeBufferPointer(start: writer.out.base, count: writer.out.count))
    writer.out.count = 0
  }

  private func lineEnd(from start: Int) -> Int? {
    UnsafeBufferPointer(start: buffer.base, count: buffer.count)[start...].firstIndex(of: 10)
  }

  private mutating func passLine(from start: Int) -> Int {
    guard let end = lineEnd(from: start) else { return buffer.count }
    isSkippingLine = false
    lineNumber += 1
    return end + 1
  }

  private mutating func giveUpLine(
    from start: Int, isLast: Bool, _ messages: inout MappedMessages
  ) -> Int {
    let end = lineEnd(from: start)
    let stop = end ?? buffer.count
    let count = stop - start
    let isOversized = count > Limits.recordByteCount
    messages.recordCount += 1
    // Of a line whose end is not in sight, what is in memory is all that can be kept.
    let isWhole = end != nil || isLast
    let kept = isWhole ? count : min(count, Limits.recordByteCount)
    let isCutOff = isLast && !isOversized
    let detail =
      isOversized
      ? "a record of more than \(Limits.recordByteCount) bytes"
        + (isWhole ? "" : "; only its start is kept")
      : isLast
        ? "the file ends inside the record that begins here"
        : "a quote or bracket that is not closed within \(Limits.recordByteCount) bytes"
    reject(isOversized ? .size : .json, start, kept, detail, &messages)
    messages.isCutOff = messages.isCutOff || isCutOff
    searched = 0
    if end == nil, !isLast { isSkippingLine = true }
    if end != nil { lineNumber += 1 }
    return end.map { $0 + 1 } ?? buffer.count
  }

  /// Keeps a record, or a part of it, as a reject.
  func reject(
    _ reason: RejectReason, _ start: Int, _ count: Int, _ detail: String,
    _ messages: inout MappedMessages
  ) {
    let trimmed = count > 0 && buffer.base[start + count - 1] == 13 ? count - 1 : count
    messages.rejects.append(
      MappedReject(
        reason: reason, lineNumber: lineNumber,
        record: Array(UnsafeBufferPointer(start: buffer.base + start, count: trimmed)),
        detail: detail))
  }

  /// Handles one record; gives where the next begins, or nil when the bytes end before it does.
  private mutating func step(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isLast: Bool,
    _ messages: inout MappedMessages
  ) throws(ConfigurationError) -> Int? {
    switch form.format {
    case .separated: try stepSeparated(bytes, start, end, isLast, &messages)
    case .jsonLines: stepJSONLine(bytes, start, end, isLast, &messages)
    case .json: stepJSON(bytes, start, end, isLast, &messages)
    }
  }

  /// Writes the events of the record in the slots and counts it.
  mutating func writeRecord(
    _ start: Int, _ count: Int, _ messages: inout MappedMessages
  ) {
    writer.lineNumber = lineNumber
    messages.recordCount += 1
    guard let written = writer.writeEvents() else {
      let (code, detail) = explain(writer.failure)
      reject(RejectReason(code: code), start, count, detail, &messages)
      return
    }
    if written == 0 { messages.skippedCount += 1 }
    for _ in 0..<written { messages.lineNumbers.append(lineNumber) }
  }
}
