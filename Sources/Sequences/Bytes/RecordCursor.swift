/// Reads what `OutputBytes` wrote: records of our own making, so nothing is checked.
struct RecordCursor {
  var place: UnsafePointer<UInt8>

  @inline(__always) init(_ place: UnsafePointer<UInt8>) { self.place = place }

  @inline(__always) mutating func byte() -> UInt8 {
    defer { place += 1 }
    return place.pointee
  }

  @inline(__always) mutating func varint() -> Int {
    let first = place.pointee
    place += 1
    if first < 0x80 { return Int(first) }
    var value = UInt64(first & 0x7f)
    var shift: UInt64 = 7
    while true {
      let next = place.pointee
      place += 1
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return Int(truncatingIfNeeded: value) }
      shift += 7
    }
  }

  @inline(__always) mutating func zigzag() -> Int64 {
    let value = UInt64(bitPattern: Int64(varint()))
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  @inline(__always) mutating func raw<Value: BitwiseCopyable>(_ type: Value.Type) -> Value {
    defer { place += MemoryLayout<Value>.size }
    return UnsafeRawPointer(place).loadUnaligned(as: type)
  }

  @inline(__always) mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer {
    defer { place += count }
    return UnsafeRawBufferPointer(start: place, count: count)
  }
}
