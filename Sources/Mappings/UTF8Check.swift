/// Whether bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
///
/// - Source: Unicode 15, table 3-7.
func isUTF8(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  var index = 0
  while index < count {
    if index + 8 <= count,
      UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    {
      index += 8
      continue
    }
    let byte = bytes[index]
    if byte < 0x80 {
      index += 1
      continue
    }
    let length: Int
    var lowest: UInt8 = 0x80
    var highest: UInt8 = 0xbf
    switch byte {
    case 0xc2...0xdf: length = 2
    case 0xe0:
      length = 3
      lowest = 0xa0
    case 0xed:
      length = 3
      highest = 0x9f
    case 0xe1...0xef: length = 3
    case 0xf0:
      length = 4
      lowest = 0x90
    case 0xf4:
      length = 4
      highest = 0x8f
    case 0xf1...0xf3: length = 4
    default: return false
    }
    guard index + length <= count, bytes[index + 1] >= lowest, bytes[index + 1] <= highest else {
      return false
    }
    for place in 2..<max(2, length) where bytes[index + place] & 0xc0 != 0x80 { return false }
    index += length
  }
  return true
}
