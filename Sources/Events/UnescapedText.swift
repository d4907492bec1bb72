/// Strings of a chunk after their escapes are decoded; they follow the chunk in the batch's text.
struct UnescapedText: ~Copyable {
  private(set) var bytes: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int

  init() {
    capacity = 256
    bytes = .allocate(capacity: 256)
  }

  deinit { bytes.deallocate() }

  /// Decodes a string whose escapes are known to be right and returns where it lies here.
  mutating func append(_ start: BytePointer, _ stop: BytePointer) -> (start: Int, count: Int) {
    let first = count
    reserve(stop - start)
    var place = start
    while place < stop {
      if place.pointee != UInt8(ascii: "\\") {
        put(place.pointee)
        place += 1
      } else if place[1] == UInt8(ascii: "u") {
        place = putUnit(place)
      } else {
        put(UnescapedText.simpleEscape(place[1]))
        place += 2
      }
    }
    return (first, count - first)
  }

  private static func simpleEscape(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0c
    case UInt8(ascii: "n"): 0x0a
    case UInt8(ascii: "r"): 0x0d
    case UInt8(ascii: "t"): 0x09
    default: byte
    }
  }

  /// Decodes `\uXXXX`, or a pair of them, at `place` and returns the place after.
  private mutating func putUnit(_ place: BytePointer) -> BytePointer {
    let unit = hexUnit(place + 2) ?? 0xfffd
    if unit & 0xfc00 == 0xd800 {
      let low = hexUnit(place + 8) ?? 0xdc00
      let scalar = 0x10000 + (unit & 0x3ff) << 10 + (low & 0x3ff)
      put(UInt8(0xf0 | scalar >> 18))
      put(UInt8(0x80 | scalar >> 12 & 0x3f))
      put(UInt8(0x80 | scalar >> 6 & 0x3f))
      put(UInt8(0x80 | scalar & 0x3f))
      return place + 12
    }
    if unit < 0x80 {
      put(UInt8(unit))
    } else if unit < 0x800 {
      put(UInt8(0xc0 | unit >> 6))
      put(UInt8(0x80 | unit & 0x3f))
    } else {
      put(UInt8(0xe0 | unit >> 12))
      put(UInt8(0x80 | unit >> 6 & 0x3f))
      put(UInt8(0x80 | unit & 0x3f))
    }
    return place + 6
  }

  private mutating func put(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  /// Room for a string, whose decoded form is never longer than its written one, and wide loads.
  private mutating func reserve(_ byteCount: Int) {
    let needed = count + byteCount + EventBatch.slackByteCount
    if needed <= capacity { return }
    let larger = max(needed, capacity * 2)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: bytes, count: count)
    bytes.deallocate()
    bytes = moved
    capacity = larger
  }
}
