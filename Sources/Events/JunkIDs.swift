/// Whether an id is one of the words that stand for "absent", spaces around it aside.
///
/// - Source: docs/semantics.md §1.
@inline(never)
func isJunkID(_ start: BytePointer, _ count: Int) -> Bool {
  var first = 0
  var last = count
  while first < last, start[first] == 0x20 { first += 1 }
  while last > first, start[last - 1] == 0x20 { last -= 1 }
  let length = last - first
  if length == 0 || length > 9 { return false }
  // The word as eight bytes in lower case and a ninth; bytes outside A–Z stay as they are.
  var word: UInt64 = 0
  var ninth: UInt8 = 0
  for index in 0..<length {
    var byte = start[first + index]
    if byte &- 0x41 < 26 { byte |= 0x20 }
    if index < 8 { word |= UInt64(byte) << UInt64(index * 8) } else { ninth = byte }
  }
  for junk in junkWords {
    if junk.word == word && junk.ninth == ninth && junk.count == length { return true }
  }
  return false
}

/// The junk words as `isJunkID` compares them: little-endian, padded with zeros.
private let junkWords: [(word: UInt64, ninth: UInt8, count: Int)] = {
  let words: [StaticString] = [
    "null", "undefined", "none", "nil", "nan", "0", "-1", "guest", "anonymous", "unknown",
    "(not set)",
  ]
  return words.map { text in
    var word: UInt64 = 0
    var ninth: UInt8 = 0
    for index in 0..<text.utf8CodeUnitCount {
      let byte = text.utf8Start[index]
      if index < 8 { word |= UInt64(byte) << UInt64(index * 8) } else { ninth = byte }
    }
    return (word, ninth, text.utf8CodeUnitCount)
  }
}()
