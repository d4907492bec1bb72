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
  /// The end of an oversized record, whose bytes are rejects, is being looked for.
  private var oversized: OversizedRecord?
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
    guard isByLine, buffer.count == 0, oversized == nil else { return false }
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
      if oversized != nil {
        let next = keepOn(from: start, isLast: isLast, &messages)
        if next == start { break }
        start = next
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
    if isLast, oversized != nil {
      oversized = nil
      reject(.size, start, 0, OversizedRecord.detail, &messages, part: .last)
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

  /// Keeps the next bytes of an oversized record, to its end or as many as are there.
  private mutating func keepOn(
    from start: Int, isLast: Bool, _ messages: inout MappedMessages
  ) -> Int {
    let bytes = UnsafeBufferPointer(start: buffer.base, count: buffer.count)
    let end = oversized?.end(in: bytes, from: start)
    // A carriage return may belong to the line's end.
    let isOpen = end == nil && !isLast
    let stop = end ?? (isOpen && bytes[buffer.count - 1] == 13 ? buffer.count - 1 : buffer.count)
    if isOpen, stop == start { return start }
    reject(
      .size, start, stop - start, OversizedRecord.detail, &messages,
      part: isOpen ? .middle : .last)
    if isOpen { return stop }
    oversized = nil
    guard stop < buffer.count, bytes[stop] == 10 else { return stop }
    lineNumber += 1
    return stop + 1
  }

  private mutating func giveUpLine(
    from start: Int, isLast: Bool, _ messages: inout MappedMessages
  ) -> Int {
    let end = lineEnd(from: start)
    messages.recordCount += 1
    searched = 0
    if end == nil, !isLast {
      // Its end is not in sight: the rest follows as it comes.
      let isObject = buffer.base[start] == UInt8(ascii: "{")
      oversized = OversizedRecord(
        form.format == .json ? (isObject ? .object : .gap) : .line)
      let stop = buffer.count - (buffer.base[buffer.count - 1] == 13 ? 1 : 0)
      _ = oversized?.end(in: UnsafeBufferPointer(start: buffer.base, count: stop), from: start)
      reject(.size, start, stop - start, OversizedRecord.detail, &messages, part: .first)
      return stop
    }
    let count = (end ?? buffer.count) - start
    let isOversized = count > Limits.recordByteCount
    let detail =
      isOversized
      ? OversizedRecord.detail
      : isLast
        ? "the file ends inside the record that begins here"
        : "a quote or bracket that is not closed within \(Limits.recordByteCount) bytes"
    reject(isOversized ? .size : .json, start, count, detail, &messages)
    messages.isCutOff = messages.isCutOff || (isLast && !isOversized)
    if end != nil { lineNumber += 1 }
    return end.map { $0 + 1 } ?? buffer.count
  }

  /// Keeps a record, or a part of it, as a reject.
  func reject(
    _ reason: RejectReason, _ start: Int, _ count: Int, _ detail: String,
    _ messages: inout MappedMessages, part: MappedReject.Part = .whole
  ) {
    let isEnd = part == .whole || part == .last
    let trimmed = isEnd && count > 0 && buffer.base[start + count - 1] == 13 ? count - 1 : count
    messages.rejects.append(
      MappedReject(
        part: part, reason: reason, lineNumber: lineNumber,
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
