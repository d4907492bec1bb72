extension MessageWriter {
  /// Writes `[{"item_id":…,"quantity":…,"unit_price":…},…]`.
  ///
  /// - Shape: a line without any value is left out; an absent array gives no `items` at all.
  mutating func write(lines field: FieldPlan) -> EventOutcome {
    let start = out.count
    out.append(UInt8(ascii: "["))
    var isPresent = false
    for index in Int(field.lines.start)..<Int(field.lines.end) {
      let line = lines[index]
      if line.group < 0 {
        isPresent = true
        let outcome = write(line, after: start + 1)
        guard outcome == .written else { return outcome }
        continue
      }
      let array = values.slots[Int(groups[Int(line.group)].reference)]
      guard array.count >= 0, let base = array.base else { continue }
      isPresent = true
      let outcome = write(line, of: base, array.count, after: start + 1)
      guard outcome == .written else { return outcome }
    }
    guard isPresent else {
      out.count = start
      return .written
    }
    out.append(UInt8(ascii: "]"))
    return .written
  }

  private mutating func write(
    _ line: LinePlan, of base: UnsafePointer<UInt8>, _ count: Int, after start: Int
  ) -> EventOutcome {
    let mark = values.scratchCount
    var cursor = JSONCursor(base, from: 0, to: count)
    guard cursor.take("[") else {
      failure = .lines
      return .failed
    }
    cursor.skipSpace()
    if cursor.take("]") { return .written }
    while true {
      cursor.skipSpace()
      values.rewind(to: mark)
      clear(group: Int(line.group))
      guard cursor.capture(paths.roots[Int(line.group)], paths, &values) else {
        failure = .lines
        return .failed
      }
      let outcome = write(line, after: start)
      guard outcome == .written else { return outcome }
      cursor.skipSpace()
      if cursor.take("]") { break }
      _ = cursor.take(",")
    }
    values.rewind(to: mark)
    return .written
  }

  /// Empties the slots of a group before its next element is read.
  mutating func clear(group: Int) {
    clear(node: paths.roots[group])
  }

  private mutating func clear(node: Int) {
    let entry = paths.nodes[node]
    if entry.reference >= 0 { values.slots[Int(entry.reference)] = .absent }
    for place in entry.firstChild..<entry.firstChild + entry.childCount {
      clear(node: Int(paths.children[Int(place)].node))
    }
  }

  private mutating func write(_ line: LinePlan, after start: Int) -> EventOutcome {
    let lineStart = out.count
    out.append(lineStart == start ? "{" : ",{")
    let memberStart = out.count
    if line.itemID >= 0 {
      let text = resolve(texts + Int(line.itemID))
      switch text.status {
      case .absent: break
      case .skip:
        out.count = lineStart
        return .written
      case .failed: return fail(text.fault, texts[Int(line.itemID)].reference)
      case .found:
        guard text.kind != .structure else {
          return fail(.notText, texts[Int(line.itemID)].reference)
        }
        out.append("\"item_id\":\"")
        out.append(escaping: text.base, text.count)
        out.append(UInt8(ascii: "\""))
      }
    }
    for (plan, key) in [(line.quantity, true), (line.unitPrice, false)] where plan >= 0 {
      switch number(numbers + Int(plan)) {
      case .absent: break
      case .failed(let fault): return fail(fault, numbers[Int(plan)].reference)
      case .value(let value):
        if out.count > memberStart { out.append(UInt8(ascii: ",")) }
        out.append(key ? "\"quantity\":" : "\"unit_price\":")
        out.append(decimal: value)
      }
    }
    if out.count == memberStart {
      out.count = lineStart
    } else {
      out.append(UInt8(ascii: "}"))
    }
    return .written
  }

  private mutating func fail(_ fault: FieldFault, _ reference: Int32) -> EventOutcome {
    failure = .envelope("items", fault: fault, reference: reference)
    return .failed
  }
}
