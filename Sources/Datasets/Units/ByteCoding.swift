// Our own compact form of what waits on disk between two stages; it never outlives a build.

/// Appends numbers and strings to bytes.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func put(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func put(signed value: Int64) {
    put(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  mutating func put(fixed value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(optional value: Int64?) {
    bytes.append(value == nil ? 0 : 1)
    if let value { put(signed: value) }
  }

  mutating func put(text: some Collection<UInt8>) {
    put(UInt64(text.count))
    bytes.append(contentsOf: text)
  }
}

/// Reads what `ByteWriter` wrote.
struct ByteReader {
  let bytes: [UInt8]
  var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { place >= bytes.count }

  mutating func byte() -> UInt8 {
    defer { place += 1 }
    return bytes[place]
  }

  mutating func number() -> UInt64 {
    let first = bytes[place]
    place += 1
    if first < 0x80 { return UInt64(first) }
    var value = UInt64(first & 0x7f)
    var shift: UInt64 = 7
    while true {
      let next = byte()
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }

  mutating func signed() -> Int64 {
    let value = number()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func fixed() -> UInt64 {
    precondition(bytes.count - place >= 8, "a record on disk ends early")
    let value = bytes.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    }
    place += 8
    return UInt64(littleEndian: value)
  }

  mutating func optional() -> Int64? { byte() == 0 ? nil : signed() }

  mutating func text() -> [UInt8] {
    let count = Int(number())
    defer { place += count }
    return Array(bytes[place..<place + count])
  }
}
