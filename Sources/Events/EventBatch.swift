package import Bytes

/// A column of byte strings as places in a batch's `text`.
///
/// - Shape: one entry a row; a length of `absent` stands for null.
package struct TextColumn: Sendable {
  package static let absent = UInt32.max

  package var starts: [UInt32] = []
  package var lengths: [UInt32] = []

  package init() {}

  /// Empties the column; it keeps its memory.
  mutating func removeAll() {
    starts.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
  }
}

extension OptionalIntegers {
  mutating func removeAll() {
    values.removeAll(keepingCapacity: true)
    isPresent.removeAll(keepingCapacity: true)
  }
}

/// A message that broke a rule of the contract, kept as it came.
package struct Reject: Sendable, Equatable {
  package var reason: RejectReason
  /// Where it came from: line number in a file, sequence in a stream.
  package var position: Int64
  /// The message as received, in the batch's `text`; of a recorded line the whole line.
  package var start: UInt32
  package var length: UInt32
  /// What was wrong, in words, for people ("expected a whole number, found 1.5").
  package var detail: String

  package init(
    reason: RejectReason, position: Int64, start: UInt32, length: UInt32, detail: String
  ) {
    self.reason = reason
    self.position = position
    self.start = start
    self.length = length
    self.detail = detail
  }
}

/// Why a message was rejected: the contract's reason codes, §1.
package enum RejectReason: Sendable, Equatable, Hashable {
  case encoding, size, json, conflict
  /// The name of the field at fault: `id`, `type`, `source`, `time`, `data`, `items` or a column's.
  case field(String)

  package init(code: String) {
    switch code {
    case "encoding": self = .encoding
    case "size": self = .size
    case "json": self = .json
    case "conflict": self = .conflict
    default: self = .field(code)
    }
  }

  package var code: String {
    switch self {
    case .encoding: "encoding"
    case .size: "size"
    case .json: "json"
    case .conflict: "conflict"
    case .field(let name): name
    }
  }
}

/// What decoding one chunk of lines gives: accepted events as columns, and rejects.
///
/// - Shape: every column has `count` rows in the order of the lines. Strings point into `text`,
///   which holds the chunk's bytes and, after them, strings that had to be unescaped.
/// - Units: times in microseconds since 1970 UTC; money in minor units.
/// - Source: docs/semantics.md §1.
package struct EventBatch: Sendable {
  /// At least `EventBatch.slackByteCount` readable bytes follow the last string, for wide loads.
  package var text: [UInt8] = []
  package var count = 0
  package var messages = TextColumn()
  package var eventID = TextColumn()
  package var topic = TextColumn()
  package var source = TextColumn()
  package var occurredAt: [Int64] = []
  package var recordedAt: [Int64] = []
  package var position: [Int64] = []
  /// Only recorded lines name an origin; elsewhere absent, and the batch's origin holds.
  package var origin = TextColumn()
  /// False while no row of the batch has an origin of its own.
  package var hasOwnOrigins = false
  /// Indexed by `IDColumn.rawValue`; junk ids and empty strings are absent.
  package var ids: [TextColumn] = Array(repeating: TextColumn(), count: IDColumn.allCases.count)
  /// Columns of `ids` known to be absent in every row, as bits of `IDColumn.rawValue`; a maker that
  /// does not know leaves it at 0.
  package var emptyColumns: UInt32 = 0
  package var quantity = OptionalIntegers<Int32>()
  package var unitPrice = OptionalIntegers<Int64>()
  package var amount = OptionalIntegers<Int64>()
  /// 1 where `items` was an array (it may be empty), else 0.
  package var hasLines: [UInt8] = []
  /// Lines of row `i` are `lineStarts[i]..<lineStarts[i + 1]` of the three columns below.
  package var lineStarts: [UInt32] = [0]
  package var lineItemID = TextColumn()
  package var lineQuantity = OptionalIntegers<Int32>()
  package var lineUnitPrice = OptionalIntegers<Int64>()
  /// `fastHash` of the id, seeded with `fastHash` of the source, seeded with the decoder's seed:
  /// finds candidates for a redelivery.
  package var identityHash: [UInt64] = []
  /// `fastHash` of the message with the decoder's seed.
  package var messageHash: [UInt64] = []
  package var rejects: [Reject] = []
  /// Lines read, blank ones included: the next chunk's first line is this much further.
  package var lineCount = 0

  package static let slackByteCount = 64

  package init() {}

  /// Empties all but `text`; the columns keep their memory for the next chunk.
  package mutating func removeRows() {
    count = 0
    hasOwnOrigins = false
    emptyColumns = 0
    lineCount = 0
    messages.removeAll()
    eventID.removeAll()
    topic.removeAll()
    source.removeAll()
    origin.removeAll()
    for index in ids.indices { ids[index].removeAll() }
    occurredAt.removeAll(keepingCapacity: true)
    recordedAt.removeAll(keepingCapacity: true)
    position.removeAll(keepingCapacity: true)
    quantity.removeAll()
    unitPrice.removeAll()
    amount.removeAll()
    hasLines.removeAll(keepingCapacity: true)
    lineStarts.removeAll(keepingCapacity: true)
    lineStarts.append(0)
    lineItemID.removeAll()
    lineQuantity.removeAll()
    lineUnitPrice.removeAll()
    identityHash.removeAll(keepingCapacity: true)
    messageHash.removeAll(keepingCapacity: true)
    rejects.removeAll(keepingCapacity: true)
  }

  /// The bytes of a row of a column, or nil when absent; for tests and code that is not hot.
  package func bytes(_ column: TextColumn, _ row: Int) -> ArraySlice<UInt8>? {
    if column.lengths[row] == TextColumn.absent { return nil }
    return text[Int(column.starts[row])..<Int(column.starts[row]) + Int(column.lengths[row])]
  }

  package subscript(column: IDColumn) -> TextColumn {
    get { ids[column.rawValue] }
    set { ids[column.rawValue] = newValue }
  }
}
