/// The largest message: 8 MiB.
private let largestMessage = 8 * 1024 * 1024

/// The deepest message; the message itself is the first level.
private let deepestMessage = 1024

/// A refused message: its line in the file (from 1) and the reason code.
package struct NaiveReject: Equatable {
  package var line: Int
  package var reason: String
  package var message: ByteText
}

/// Events as files bring them: accepted once, told again, or refused.
package struct NaiveLedger {
  package private(set) var events: [NaiveEvent] = []
  package private(set) var redelivered = 0
  package private(set) var rejects: [NaiveReject] = []

  package init() {}

  /// Takes a whole file.
  ///
  /// - Units: `importClock` in microseconds since 1970 in UTC, year 9999 where it plays no part.
  package mutating func ingest(
    file: ByteText, importClock: Microseconds = .max, asksForClock: Bool = false
  ) {
    ingest(
      lines: naiveLines(ofFile: file), importClock: importClock, asksForClock: asksForClock)
  }

  /// Takes a file's lines, split as `naiveLines(ofFile:)` does.
  package mutating func ingest(
    lines: [ByteText], importClock: Microseconds = .max, asksForClock: Bool = false
  ) {
    for (index, line) in lines.enumerated() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      do throws(NaiveFault) {
        var event = try readLine(line)
        if event.recordedAt == .min {
          event.recordedAt = asksForClock ? importClock : min(event.occurredAt, importClock)
          event.position = Int64(index + 1)
        }
        try accept(event)
      } catch {
        rejects.append(NaiveReject(line: index + 1, reason: error.reason, message: line))
      }
    }
  }

  /// Same `source` and `id`: with the same bytes a redelivery, with other bytes a conflict.
  private mutating func accept(_ event: NaiveEvent) throws(NaiveFault) {
    let known = events.first { $0.source == event.source && $0.eventID == event.eventID }
    guard let known else {
      events.append(event)
      return
    }
    guard known.message == event.message else { throw NaiveFault("conflict") }
    redelivered += 1
  }
}

/// The lines of a file: each ends at LF, and one CR before it is not part of the message.
package func naiveLines(ofFile file: ByteText) -> [ByteText] {
  let mark: ByteText = [0xEF, 0xBB, 0xBF]
  let text = file.starts(with: mark) ? file[3...] : file[...]
  var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map(ByteText.init)
  for index in lines.indices.dropLast() where lines[index].last == 0x0D {
    lines[index].removeLast()
  }
  if lines.last == [] { lines.removeLast() }
  return lines
}

/// Reads one line: `recordedAt` is `.min` unless the line is of the recorded form.
private func readLine(_ line: ByteText) throws(NaiveFault) -> NaiveEvent {
  guard isUTF8(line) else { throw NaiveFault("encoding") }
  if beginsAsRecordedForm(line) { return try readRecordedForm(line) }
  guard line.count <= largestMessage else { throw NaiveFault("size") }
  let message = try parseObject(line, deepest: deepestMessage)
  var event = try decodeEvent(message)
  event.message = line
  event.recordedAt = .min
  return event
}

private func parseObject(_ text: ByteText, deepest: Int) throws(NaiveFault) -> NaiveJSON {
  do throws(NotJSON) {
    let value = try NaiveJSONParser.parse(text, deepest: deepest)
    guard case .object = value else { throw NotJSON() }
    return value
  } catch {
    throw NaiveFault("json")
  }
}

/// Whether the first member of the line's object is `recorded_at`.
private func beginsAsRecordedForm(_ line: ByteText) -> Bool {
  var parser = NaiveJSONParser(text: line, deepest: 1)
  do throws(NotJSON) {
    parser.skipSpace()
    try parser.expect("{")
    parser.skipSpace()
    return try parser.string() == bytes("recorded_at")
  } catch {
    return false
  }
}

/// The recorded form: `recorded_at`, `origin` and `position` at most once each, then `message`.
private func readRecordedForm(_ line: ByteText) throws(NaiveFault) -> NaiveEvent {
  // The wrapper is one level around the message, whose own limit stays what it is.
  let wrapper = try parseObject(line, deepest: deepestMessage + 1)
  guard case .object(let members) = wrapper, let last = members.last else {
    throw NaiveFault("json")
  }
  let message = ByteText(line[last.range])
  guard message.count <= largestMessage else { throw NaiveFault("size") }
  let names = members.map(\.key)
  let between = names.dropFirst().dropLast()
  guard names.count >= 2, last.key == bytes("message"), case .object = last.value,
    between.allSatisfy({ $0 == bytes("origin") || $0 == bytes("position") }),
    Set(between).count == between.count
  else { throw NaiveFault("json") }
  let origin = try wrapperOrigin(wrapper.member("origin"))
  let position = try wrapperPosition(wrapper.member("position"))
  let recordedAt = try requiredTime(wrapper.member("recorded_at"))

  var event = try decodeEvent(last.value)
  event.message = message
  event.recordedAt = recordedAt
  event.origin = origin
  event.position = position
  return event
}

private func wrapperOrigin(_ value: NaiveJSON?) throws(NaiveFault) -> ByteText? {
  guard let value else { return nil }
  guard case .string(let origin) = value else { throw NaiveFault("json") }
  return origin
}

private func wrapperPosition(_ value: NaiveJSON?) throws(NaiveFault) -> Int64 {
  guard let value else { return 0 }
  guard case .number(let text) = value, let position = wholeNumber(text) else {
    throw NaiveFault("json")
  }
  return position
}
