/// Where an event stands in the order of events: time, rank, then id and source, by bytes.
///
/// - Shape: id and source lie in a `PlaceText` at `reference`; they are only read when time and
///   rank
///   are equal.
struct Place {
  var time: Int64
  /// Rank in the upper 8 bits, place of id and source in the text below them.
  var key: UInt64

  static let none = Place(time: Int64.max, key: UInt64.max)

  @inline(__always) var exists: Bool { key != UInt64.max }
  @inline(__always) var rank: UInt8 { UInt8(truncatingIfNeeded: key >> 56) }
  @inline(__always) var reference: Int { Int(key & 0x00ff_ffff_ffff_ffff) }
}

/// The place of the event at hand, its id and source still in the batch.
struct Candidate {
  var time: Int64
  var rank: UInt8
  var id: UnsafeRawBufferPointer
  var source: UnsafeRawBufferPointer
  /// Where id and source lie in the text, once somebody kept them.
  var reference = -1
}

/// Ids and sources of the places that were kept; each source once.
struct PlaceText: ~Copyable {
  private var text = OutputBytes(capacity: 256)
  private var sources = InternTable()

  var byteCount: Int { text.capacity + sources.byteCount }

  mutating func keep(_ candidate: inout Candidate) -> Place {
    if candidate.reference < 0 {
      candidate.reference = text.count
      text.reserve(candidate.id.count + 20)
      text.put(varint: UInt64(candidate.id.count))
      text.put(candidate.id)
      text.put(varint: UInt64(sources.intern(candidate.source)))
    }
    return Place(
      time: candidate.time, key: UInt64(candidate.rank) << 56 | UInt64(candidate.reference))
  }

  /// The id and source kept at a place.
  func texts(_ place: Place) -> (id: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer) {
    var cursor = RecordCursor(text.base + place.reference)
    let id = cursor.bytes(cursor.varint())
    return (id, sources[UInt32(truncatingIfNeeded: cursor.varint())])
  }

  /// Whether the event at hand stands before a kept place.
  @inline(__always)
  func precedes(_ candidate: Candidate, _ place: Place) -> Bool {
    if candidate.time != place.time { return candidate.time < place.time }
    if !place.exists { return true }
    if candidate.rank != place.rank { return candidate.rank < place.rank }
    let kept = texts(place)
    let order = compareBytes(candidate.id, kept.id)
    return order != 0 ? order < 0 : compareBytes(candidate.source, kept.source) < 0
  }

  /// Whether one kept place stands before another.
  func precedes(_ first: Place, _ second: Place) -> Bool {
    if first.time != second.time { return first.time < second.time }
    if first.rank != second.rank { return first.rank < second.rank }
    if first.reference == second.reference { return false }
    let left = texts(first)
    let right = texts(second)
    let order = compareBytes(left.id, right.id)
    return order != 0 ? order < 0 : compareBytes(left.source, right.source) < 0
  }
}
