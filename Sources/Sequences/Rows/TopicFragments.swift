import Events

/// Where a fragment lies.
struct FragmentPlace {
  var start: UInt32 = 0
  /// 0 where the fragment was not made yet.
  var count: UInt32 = 0
}

/// The parts of a rendered step that its topic alone decides, made when a topic occurs first.
///
/// - Shape: by the topic's code among the shared strings; a topic that has none is written out.
struct TopicFragments: ~Copyable {
  private var text = OutputBytes(capacity: 4_096)
  private var places = GrowingBuffer<FragmentPlace>()

  /// Puts a topic's fragment; false when it is still to be made.
  @inline(__always)
  func put(_ code: Int32, to out: inout ByteCursor) -> Bool {
    let index = Int(code)
    guard index < places.count, places[index].count > 0 else { return false }
    let place = places[index]
    out.reserve(Int(place.count) + 64)
    out.put(steps: UnsafePointer(text.base) + Int(place.start), Int(place.count))
    return true
  }

  /// Keeps what stands behind `start` in `out` as the fragment of a topic.
  mutating func keep(_ code: Int32, from start: Int, of out: ByteCursor) {
    let index = Int(code)
    while places.count <= index { places.append(FragmentPlace()) }
    let length = out.count - start
    places[index] = FragmentPlace(
      start: UInt32(truncatingIfNeeded: text.count), count: UInt32(truncatingIfNeeded: length))
    text.reserve(length)
    text.put(UnsafePointer(out.base) + start, length)
  }
}

extension ByteCursor {
  /// Bytes behind which 32 more can be read, usually more than 32 of them and never many.
  @inline(__always) mutating func put(steps start: UnsafePointer<UInt8>, _ length: Int) {
    let from = UnsafeRawPointer(start)
    let target = UnsafeMutableRawPointer(place)
    var done = 0
    while done < length {
      target.storeBytes(
        of: from.loadUnaligned(fromByteOffset: done, as: SIMD16<UInt8>.self), toByteOffset: done,
        as: SIMD16<UInt8>.self)
      done &+= 16
    }
    place += length
  }
}

/// Names of roles as bytes.
struct RoleNames {
  private var bytes: [UInt8] = []
  private var starts: [Int] = [0]

  init() {
    for role in Role.allCases {
      bytes.append(contentsOf: role.name.utf8)
      starts.append(bytes.count)
    }
  }

  /// Writes a name of at most 16 bytes.
  @inline(__always) func put(_ role: UInt8, _ out: inout ByteCursor) {
    for index in starts[Int(role)]..<starts[Int(role) + 1] { out.put(bytes[index]) }
  }

  func with(_ role: UInt8, _ body: (UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[starts[Int(role)]..<starts[Int(role) + 1]]))
    }
  }
}
