/// Text as its UTF-8 bytes: ids are equal and ordered by bytes, never by letters.
package typealias ByteText = [UInt8]

/// Whether one text stands before another, by UTF-8 bytes.
func isBefore(_ left: ByteText, _ right: ByteText) -> Bool {
  left.lexicographicallyPrecedes(right)
}

/// The bytes of a literal.
func bytes(_ text: String) -> ByteText {
  ByteText(text.utf8)
}

/// Whether the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing over U+10FFFF.
func isUTF8(_ text: ByteText) -> Bool {
  var index = 0
  while index < text.count {
    let first = text[index]
    let length: Int
    var lowestSecond: UInt8 = 0x80
    var highestSecond: UInt8 = 0xBF
    switch first {
    case 0x00...0x7F: length = 1
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if first == 0xE0 { lowestSecond = 0xA0 }
      if first == 0xED { highestSecond = 0x9F }
    case 0xF0...0xF4:
      length = 4
      if first == 0xF0 { lowestSecond = 0x90 }
      if first == 0xF4 { highestSecond = 0x8F }
    default: return false
    }
    if index + length > text.count { return false }
    if length > 1 {
      let second = text[index + 1]
      if second < lowestSecond || second > highestSecond { return false }
      for other in text[(index + 1)..<(index + length)] where other & 0xC0 != 0x80 {
        return false
      }
    }
    index += length
  }
  return true
}
