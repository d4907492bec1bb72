// One event as the walk needs it, in a compact form of its own that never outlives the process:
//
//   4  byte count of the whole record     4  actor's rank          8  time
//   1  role                               1  unused                2  which fields follow
//   (`Fields`)
//   event id, source, topic, then the fields present, in the order of `Fields`
//
// A string is `length << 2 | flags` as a varint, then its bytes. A shared string is its code + 1,
// or
// 0 and then a string.

/// Which optional fields a record has.
struct Fields: OptionSet {
  let rawValue: UInt16
  static let order = Fields(rawValue: 1)
  static let cart = Fields(rawValue: 2)
  static let item = Fields(rawValue: 4)
  static let channel = Fields(rawValue: 8)
  static let campaign = Fields(rawValue: 16)
  static let currency = Fields(rawValue: 32)
  static let payment = Fields(rawValue: 64)
  static let quantity = Fields(rawValue: 128)
  static let unitPrice = Fields(rawValue: 256)
  static let amount = Fields(rawValue: 512)
  static let lines = Fields(rawValue: 1_024)
  static let ledgerOffset = Fields(rawValue: 2_048)
  /// Of histories only: when it was recorded, a hash of its visitor, its creative.
  static let knowledge = Fields(rawValue: 4_096)
  static let creative = Fields(rawValue: 8_192)
}

/// The fixed part of a record.
enum RecordHeader {
  static let byteCount = 20
  static let actorOffset = 4
  static let timeOffset = 8
  static let roleOffset = 16
  static let fieldsOffset = 18
}

/// A record taken apart; strings point into the partition or the shared strings.
struct Record {
  var time: Int64
  var role: UInt8
  var fields: Fields
  var eventID: TextSlice
  var source: TextSlice
  var topic: TextSlice
  /// The topic's code among the shared strings, or -1.
  var topicCode: Int32
  var order = TextSlice.absent
  var cart = TextSlice.absent
  var item = TextSlice.absent
  var channel = TextSlice.absent
  var campaign = TextSlice.absent
  var currency = TextSlice.absent
  var payment = TextSlice.absent
  var quantity: Int64 = 0
  var unitPrice: Int64 = 0
  var amount: Int64 = 0
  /// Lines, to be read with a `LineCursor`.
  var lineCount = 0
  var lines: UnsafePointer<UInt8>
  var ledgerOffset: Int64 = -1
  /// What only histories keep, left unread: plain sequences pay one pointer for it.
  private var knowledge: UnsafePointer<UInt8>?

  @inline(__always) init(_ start: UnsafePointer<UInt8>, _ shared: borrowing SharedStrings) {
    let raw = UnsafeRawPointer(start)
    time = raw.loadUnaligned(fromByteOffset: RecordHeader.timeOffset, as: Int64.self)
    role = start[RecordHeader.roleOffset]
    let bits = raw.loadUnaligned(fromByteOffset: RecordHeader.fieldsOffset, as: UInt16.self)
    fields = Fields(rawValue: bits)
    var cursor = RecordCursor(start + RecordHeader.byteCount)
    eventID = cursor.text()
    source = cursor.shared(shared)
    let code = cursor.varint() - 1
    topicCode = Int32(truncatingIfNeeded: code)
    topic = code < 0 ? cursor.text() : shared[code]
    lines = cursor.place
    if fields.contains(.order) { order = cursor.text() }
    if fields.contains(.cart) { cart = cursor.text() }
    if fields.contains(.item) { item = cursor.text() }
    if fields.contains(.channel) { channel = cursor.shared(shared) }
    if fields.contains(.campaign) { campaign = cursor.shared(shared) }
    if fields.contains(.currency) { currency = cursor.shared(shared) }
    if fields.contains(.payment) { payment = cursor.text() }
    if fields.contains(.quantity) { quantity = cursor.zigzag() }
    if fields.contains(.unitPrice) { unitPrice = cursor.zigzag() }
    if fields.contains(.amount) { amount = cursor.zigzag() }
    if fields.contains(.ledgerOffset) { ledgerOffset = cursor.zigzag() }
    if fields.contains(.knowledge) {
      knowledge = cursor.place
      _ = cursor.raw(Int64.self)
      _ = cursor.raw(UInt64.self)
      if fields.contains(.creative) { _ = cursor.text() }
    }
    if fields.contains(.lines) {
      lineCount = cursor.varint()
      lines = cursor.place
    }
  }

  /// When it was recorded, a hash of its visitor's id (0 where there is none), and its creative;
  /// nothing where the record was not written for histories.
  var known: (recordedAt: Int64, visitor: UInt64, creative: TextSlice) {
    guard let knowledge else { return (0, 0, .absent) }
    var cursor = RecordCursor(knowledge)
    let recordedAt = cursor.raw(Int64.self)
    let visitor = cursor.raw(UInt64.self)
    return (recordedAt, visitor, fields.contains(.creative) ? cursor.text() : .absent)
  }

  /// The event id and source of a record, for comparing places.
  static func identity(
    _ start: UnsafePointer<UInt8>, _ shared: borrowing SharedStrings
  ) -> (id: TextSlice, source: TextSlice) {
    var cursor = RecordCursor(start + RecordHeader.byteCount)
    let id = cursor.text()
    return (id, cursor.shared(shared))
  }
}

/// One line of an order or a cart.
struct Line {
  var item: TextSlice
  var quantity: Int64?
  var unitPrice: Int64?
}

extension RecordCursor {
  @inline(__always) mutating func text() -> TextSlice {
    let head = varint()
    defer { place += head >> 2 }
    return TextSlice(start: place, sizeAndFlags: head)
  }

  @inline(__always) mutating func shared(_ strings: borrowing SharedStrings) -> TextSlice {
    let code = varint()
    return code == 0 ? text() : strings[code - 1]
  }

  /// A line: a byte that says what is there, then item, quantity and price.
  mutating func line() -> Line {
    let bits = byte()
    return Line(
      item: bits & 1 != 0 ? text() : .absent,
      quantity: bits & 2 != 0 ? zigzag() : nil,
      unitPrice: bits & 4 != 0 ? zigzag() : nil)
  }
}

extension OutputBytes {
  @inline(__always) mutating func put(text: UnsafeRawBufferPointer, flags: TextFlags) {
    put(varint: UInt64(text.count) << 2 | UInt64(flags.rawValue))
    if let start = text.baseAddress {
      put(start.assumingMemoryBound(to: UInt8.self), text.count)
    }
  }
}
