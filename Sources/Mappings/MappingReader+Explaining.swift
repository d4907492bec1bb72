extension MappingReader {
  /// The reason code of a failed record, and what was wrong in words.
  func explain(_ failure: RecordFailure) -> (code: String, detail: String) {
    let name: String
    let fault: FieldFault
    let place: Int32
    switch failure {
    case .lines: return ("items", "the lines of the record are not an array of objects")
    case .envelope(let code, let itsFault, let reference):
      name = code.description
      fault = itsFault
      place = reference
    case .field(let code, let itsFault, let reference):
      let bytes = UnsafeBufferPointer(
        start: writer.pool + Int(code.start), count: Int(code.count))
      name = String(decoding: bytes, as: UTF8.self)
      fault = itsFault
      place = reference
    }
    return (name, words(fault, of: place))
  }

  private func words(_ fault: FieldFault, of place: Int32) -> String {
    let column = columnName(place)
    let found = foundText(place)
    switch fault {
    case .missing: return "no value in \(column)"
    case .unknownValue: return "the map has no entry for \(found) of \(column)"
    case .notText: return "expected text in \(column), found an object or array"
    case .notTime: return "expected a time in \(column), found \(found)"
    case .timeRange: return "the time in \(column), \(found), is outside the years 1 to 9999"
    case .notNumber: return "expected a plain number in \(column), found \(found)"
    case .numberRange: return "the number in \(column), \(found), is out of range"
    case .notBoolean: return "expected true or false in \(column), found \(found)"
    case .tooLong: return "more than \(Limits.identifierByteCount) bytes in \(column)"
    case .controlCharacter: return "a control character in \(column)"
    }
  }

  private func columnName(_ place: Int32) -> String {
    guard place >= 0 else { return "a value made of several columns" }
    let reference = mapping.plan.references[Int(place)]
    guard reference.name.isEmpty else { return "'\(reference.name)'" }
    return "column \(reference.index + 1)"
  }

  private func foundText(_ place: Int32) -> String {
    guard place >= 0 else { return "a value" }
    let bytes = writer.values.slots[Int(place)].bytes
    guard !bytes.isEmpty else { return "nothing" }
    // Long enough to recognise a value, short enough for a line of a list.
    let shown = String(decoding: bytes.prefix(64), as: UTF8.self)
    return "'\(shown)'" + (bytes.count > 64 ? "…" : "")
  }
}
