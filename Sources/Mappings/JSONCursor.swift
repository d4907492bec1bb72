/// Reads one JSON value strictly by RFC 8259, picking out the paths that are asked for.
///
/// - Shape: a lone surrogate and nesting beyond `Limits.nesting` count as not JSON. Where a key is
///   repeated the last one counts.
struct JSONCursor {
  let bytes: UnsafePointer<UInt8>
  let end: Int
  var index: Int
  private var depth = 0

  init(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) {
    self.bytes = bytes
    self.end = end
    index = start
  }

  @inline(__always)
  mutating func skipSpace() {
    while index < end, case let byte = bytes[index],
      byte == 32 || byte == 10 || byte == 13 || byte == 9
    {
      index += 1
    }
  }

  @inline(__always)
  mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard index < end, bytes[index] == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }

  /// Reads an object and fills the slots of the paths below `node`.
  mutating func capture(
    _ node: Int, _ paths: borrowing JSONPaths, _ values: inout RecordValues
  ) -> Bool {
    depth += 1
    guard depth <= Limits.nesting, take("{") else { return false }
    skipSpace()
    if !take("}") {
      while true {
        skipSpace()
        let keyStart = index
        guard let hasEscapes = string() else { return false }
        let child = find(node, keyStart + 1, index - 1, hasEscapes, paths, &values)
        skipSpace()
        guard take(":") else { return false }
        skipSpace()
        if child >= 0 {
          guard captureValue(child, paths, &values) else { return false }
        } else {
          guard skipValue() else { return false }
        }
        skipSpace()
        if take("}") { break }
        guard take(",") else { return false }
      }
    }
    depth -= 1
    return true
  }

  private mutating func captureValue(
    _ node: Int, _ paths: borrowing JSONPaths, _ values: inout RecordValues
  ) -> Bool {
    clear(node, paths, &values)
    let reference = Int(paths.nodes[node].reference)
    let start = index
    guard index < end else { return false }
    let first = bytes[index]
    if first == UInt8(ascii: "\"") {
      guard let hasEscapes = string() else { return false }
      guard reference >= 0 else { return true }
      let count = index - 2 - start
      if hasEscapes {
        guard let room = values.room(count) else { return false }
        let decoded = unescape(start + 1, index - 1, into: room)
        values.use(decoded)
        values.slots[reference] = Slot(base: room, count: decoded, kind: .text)
      } else {
        values.slots[reference] = Slot(base: bytes + start + 1, count: count, kind: .text)
      }
      return true
    }
    let hasChildren = paths.nodes[node].childCount > 0
    if first == UInt8(ascii: "{"), hasChildren {
      guard capture(node, paths, &values) else { return false }
    } else {
      guard skipValue() else { return false }
    }
    guard reference >= 0, first != UInt8(ascii: "n") else { return true }
    let kind: Slot.Kind
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["): kind = .structure
    case UInt8(ascii: "t"), UInt8(ascii: "f"): kind = .boolean
    default: kind = .number
    }
    values.slots[reference] = Slot(base: bytes + start, count: index - start, kind: kind)
    return true
  }

  /// A repeated key takes back what the earlier one gave, below it too.
  private func clear(
    _ node: Int, _ paths: borrowing JSONPaths, _ values: inout RecordValues
  ) {
    let entry = paths.nodes[node]
    if entry.reference >= 0 { values.slots[Int(entry.reference)] = .absent }
    for place in entry.firstChild..<entry.firstChild + entry.childCount {
      clear(Int(paths.children[Int(place)].node), paths, &values)
    }
  }

  @inline(__always)
  private func find(
    _ node: Int, _ start: Int, _ keyEnd: Int, _ hasEscapes: Bool, _ paths: borrowing JSONPaths,
    _ values: inout RecordValues
  ) -> Int {
    var key = bytes + start
    var count = keyEnd - start
    if hasEscapes {
      guard let room = values.room(count) else { return -1 }
      count = unescape(start, keyEnd, into: room)
      key = UnsafePointer(room)
    }
    let entry = paths.nodes[node]
    for place in entry.firstChild..<entry.firstChild + entry.childCount {
      let child = paths.children[Int(place)]
      if Int(child.keyCount) == count,
        isEqual(paths.keys + Int(child.keyStart), key, count)
      {
        return Int(child.node)
      }
    }
    return -1
  }

  mutating func skipValue() -> Bool {
    guard index < end else { return false }
    switch bytes[index] {
    case UInt8(ascii: "\""): return string() != nil
    case UInt8(ascii: "{"): return skipObject()
    case UInt8(ascii: "["): return skipArray()
    case UInt8(ascii: "t"): return literal("true")
    case UInt8(ascii: "f"): return literal("false")
    case UInt8(ascii: "n"): return literal("null")
    default: return number()
    }
  }

  private mutating func skipObject() -> Bool {
    depth += 1
    guard depth <= Limits.nesting, take("{") else { return false }
    skipSpace()
    if !take("}") {
      while true {
        skipSpace()
        guard index < end, bytes[index] == UInt8(ascii: "\""), string() != nil else {
          return false
        }
        skipSpace()
        guard take(":") else { return false }
        skipSpace()
        guard skipValue() else { return false }
        skipSpace()
        if take("}") { break }
        guard take(",") else { return false }
      }
    }
    depth -= 1
    return true
  }

  private mutating func skipArray() -> Bool {
    depth += 1
    guard depth <= Limits.nesting, take("[") else { return false }
    skipSpace()
    if !take("]") {
      while true {
        skipSpace()
        guard skipValue() else { return false }
        skipSpace()
        if take("]") { break }
        guard take(",") else { return false }
      }
    }
    depth -= 1
    return true
  }

  private mutating func literal(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard end - index >= count, isEqual(word.utf8Start, bytes + index, count) else { return false }
    index += count
    return true
  }

  private mutating func number() -> Bool {
    let start = index
    while index < end {
      switch bytes[index] {
      case 48...57, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
        UInt8(ascii: "E"):
        index += 1
      default: return isJSONNumber(UnsafeBufferPointer(start: bytes + start, count: index - start))
      }
    }
    return isJSONNumber(UnsafeBufferPointer(start: bytes + start, count: index - start))
  }

  /// Passes a string; tells whether it has escapes, or nil when it is none.
  @inline(__always)
  private mutating func string() -> Bool? {
    guard take("\"") else { return nil }
    var hasEscapes = false
    while index < end {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        index += 1
        return hasEscapes
      }
      if byte < 32 { return nil }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        guard escape() else { return nil }
      } else {
        index += 1
      }
    }
    return nil
  }

  private mutating func escape() -> Bool {
    guard index + 1 < end else { return false }
    switch bytes[index + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      index += 2
      return true
    case UInt8(ascii: "u"):
      guard let unit = codeUnit(at: index + 2), unit & 0xfc00 != 0xdc00 else { return false }
      index += 6
      guard unit & 0xfc00 == 0xd800 else { return true }
      guard index + 1 < end, bytes[index] == UInt8(ascii: "\\"),
        bytes[index + 1] == UInt8(ascii: "u"), let low = codeUnit(at: index + 2),
        low & 0xfc00 == 0xdc00
      else { return false }
      index += 6
      return true
    default: return false
    }
  }

  private func codeUnit(at start: Int) -> UInt32? {
    guard start + 4 <= end else { return nil }
    var unit: UInt32 = 0
    for place in start..<start + 4 {
      let byte = bytes[place]
      switch byte {
      case 48...57: unit = unit << 4 | UInt32(byte - 48)
      case 65...70, 97...102: unit = unit << 4 | UInt32((byte | 0x20) - 87)
      default: return nil
      }
    }
    return unit
  }

  /// Writes the text of a checked string; never longer than its escaped form.
  private func unescape(
    _ start: Int, _ stop: Int, into target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var read = start
    var count = 0
    while read < stop {
      let byte = bytes[read]
      guard byte == UInt8(ascii: "\\") else {
        target[count] = byte
        count += 1
        read += 1
        continue
      }
      let letter = bytes[read + 1]
      guard letter == UInt8(ascii: "u") else {
        target[count] = plainEscape(letter)
        count += 1
        read += 2
        continue
      }
      var scalar = codeUnit(at: read + 2) ?? 0
      read += 6
      if scalar & 0xfc00 == 0xd800 {
        let low = codeUnit(at: read + 2) ?? 0
        scalar = 0x1_0000 + (scalar & 0x3ff) << 10 + (low & 0x3ff)
        read += 6
      }
      for unit in Unicode.UTF8.encode(Unicode.Scalar(scalar) ?? "\u{fffd}") ?? .init() {
        target[count] = unit
        count += 1
      }
    }
    return count
  }

  private func plainEscape(_ letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "b"): 8
    case UInt8(ascii: "f"): 12
    case UInt8(ascii: "n"): 10
    case UInt8(ascii: "r"): 13
    case UInt8(ascii: "t"): 9
    default: letter
    }
  }
}

/// Whether two runs of bytes are equal.
@inline(__always)
func isEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  var index = 0
  while index + 8 <= count {
    if UnsafeRawPointer(left + index).loadUnaligned(as: UInt64.self)
      != UnsafeRawPointer(right + index).loadUnaligned(as: UInt64.self)
    {
      return false
    }
    index += 8
  }
  while index < count {
    if left[index] != right[index] { return false }
    index += 1
  }
  return true
}
