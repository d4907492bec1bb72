import Bytes
import ConfigurationFiles
import Events

extension MappingReader {
  mutating func stepSeparated(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool,
    _ messages: inout MappedMessages
  ) throws(ConfigurationError) -> Int? {
    if bytes[start] == 10 || (bytes[start] == 13 && start + 1 < end && bytes[start + 1] == 10) {
      lineNumber += 1
      return start + (bytes[start] == 10 ? 1 : 2)
    }
    let outcome = splitter.split(bytes, from: start, to: end, isLast: isLast)
    switch outcome {
    case .incomplete: return nil
    case .strayQuote, .tooManyColumns:
      var stop = start
      while stop < end, bytes[stop] != 10 { stop += 1 }
      guard stop < end || isLast else { return nil }
      messages.recordCount += 1
      reject(
        .json, start, stop - start,
        outcome == .strayQuote
          ? "a closing quote is followed by other text"
          : "more than \(Limits.columns) columns", &messages)
      lineNumber += 1
      return min(stop + 1, end)
    case .record: break
    }
    let next = splitter.next
    if columnCount < 0, try takesHeader(bytes) {
      lineNumber += Int64(splitter.lineCount)
      return next
    }
    let isWhole = bytes[next - 1] == 10
    let count = next - start - (isWhole ? 1 : 0)
    if let fault = fault(bytes, start, count, isWhole: isWhole) {
      messages.recordCount += 1
      reject(fault.reason, start, count, fault.detail, &messages)
      messages.isCutOff = messages.isCutOff || (!isWhole && fault.reason == .json)
    } else {
      fillSlots(bytes, count)
      writeRecord(start, count, &messages)
    }
    lineNumber += Int64(splitter.lineCount)
    return next
  }

  private func fault(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int, isWhole: Bool
  ) -> (reason: RejectReason, detail: String)? {
    if splitter.hasZero { return (.encoding, "a zero byte: is this file text in UTF-8?") }
    if splitter.seenBits >= 128, !isUTF8(bytes + start, count) {
      return (.encoding, "the record is not UTF-8")
    }
    guard splitter.fieldCount == columnCount else {
      let cut = isWhole ? "" : "; the file ends inside this record"
      return (.json, "expected \(columnCount) columns, found \(splitter.fieldCount)\(cut)")
    }
    return count > Limits.recordByteCount
      ? (.size, "a record of more than \(Limits.recordByteCount) bytes") : nil
  }

  /// Puts the fields that the mapping names into their slots.
  @inline(__always)
  private mutating func fillSlots(_ bytes: UnsafePointer<UInt8>, _ byteCount: Int) {
    writer.values.begin(byteCount: byteCount)
    for reference in 0..<columns.count {
      let field = splitter.fields[columns[reference]]
      var base = bytes + field.start
      var count = field.count
      if field.hasDoubledQuotes, let room = writer.values.room(count) {
        count = halveQuotes(base, count, into: room)
        writer.values.use(count)
        base = UnsafePointer(room)
      }
      if form.isTrimmed {
        while count > 0, base[0] == 32 || base[0] == 9 {
          base += 1
          count -= 1
        }
        while count > 0, base[count - 1] == 32 || base[count - 1] == 9 { count -= 1 }
      }
      let text = UnsafeBufferPointer(start: base, count: count)
      if count == 0 || (!writer.nulls.isEmpty && writer.matches(text, anyOf: writer.nulls)) {
        continue
      }
      writer.values.slots[reference] = Slot(base: base, count: count, kind: .text)
    }
  }

  private func halveQuotes(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, into target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var written = 0
    var index = 0
    while index < count {
      target[written] = bytes[index]
      written += 1
      index += bytes[index] == form.quote ? 2 : 1
    }
    return written
  }

  /// Learns the columns from the first record; true when it is a header and no data.
  private mutating func takesHeader(
    _ bytes: UnsafePointer<UInt8>
  ) throws(ConfigurationError) -> Bool {
    var names = form.columns
    columnCount = form.columns.isEmpty ? splitter.fieldCount : form.columns.count
    if form.hasHeader {
      names = []
      for index in 0..<splitter.fieldCount {
        let field = splitter.fields[index]
        let text = UnsafeBufferPointer(start: bytes + field.start, count: field.count)
        guard let name = String(validating: text, as: UTF8.self) else {
          throw ConfigurationError(
            file: fileName, line: Int(lineNumber), column: 1,
            problem: "the header is not UTF-8 text", advice: "convert the file to UTF-8")
        }
        names.append(
          form.isTrimmed ? String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            : name)
      }
    }
    columns = []
    for reference in mapping.plan.references {
      columns.append(try column(of: reference, names))
    }
    return form.hasHeader
  }

  private func column(
    of reference: ColumnReference, _ names: [String]
  ) throws(ConfigurationError) -> Int {
    func failure(_ problem: String, _ nearest: String?, _ advice: String) -> ConfigurationError {
      ConfigurationError(
        file: mapping.file, line: reference.line, column: reference.column, problem: problem,
        nearest: nearest, advice: advice)
    }
    if reference.index >= 0 {
      guard reference.index < columnCount else {
        throw failure(
          "there is no column \(reference.index + 1)", nil,
          "\(fileName) has \(columnCount) columns")
      }
      return reference.index
    }
    let wanted = Array(reference.name.utf8)
    let places = names.indices.filter { Array(names[$0].utf8) == wanted }
    guard let place = places.first, places.count == 1 else {
      let isTwice = places.count > 1
      throw failure(
        isTwice
          ? "column '\(reference.name)' stands twice in the header of \(fileName)"
          : "unknown column '\(reference.name)': the header of \(fileName) does not have it",
        isTwice ? nil : nearestName(to: reference.name, among: names),
        isTwice
          ? "name it by its place, counted from 1"
          : "Its columns: \(names.prefix(40).joined(separator: ", ")).")
    }
    return place
  }
}
