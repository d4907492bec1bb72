// What a mapping becomes before the first record: flat tables of plain values, so that the work of
// a record is a walk over them. References are the columns (or JSON paths) that the mapping names.

/// A run of bytes in the plan's pool; a count of -1 stands for none.
struct PoolRange: Sendable {
  var start: Int32 = 0
  var count: Int32 = -1
}

/// A run of entries in one of the plan's tables.
struct TableRange: Sendable {
  var start: Int32 = 0
  var end: Int32 = 0

  var isEmpty: Bool { start == end }
}

enum UnknownRule: UInt8, Sendable { case reject, skip, keep }

enum HashRule: UInt8, Sendable { case never, long, always }

/// A part of a template.
struct Piece: Sendable {
  enum Kind: UInt8, Sendable { case literal, reference, line, element }
  var kind: Kind
  var literal = PoolRange()
  var reference: Int32 = -1
}

struct Condition: Sendable {
  enum Test: UInt8, Sendable { case equals, prefix, suffix, empty }
  var reference: Int32
  var test: Test
  var isNegated: Bool
  /// Places in `Plan.strings`.
  var values: TableRange
}

/// Where a text comes from and what is done to it on the way.
struct TextPlan: Sendable {
  enum Source: UInt8, Sendable { case constant, column, template }
  var source: Source
  var constant = PoolRange()
  var reference: Int32 = -1
  var pieces = TableRange()
  /// Place in `Plan.maps`, or -1.
  var map: Int32 = -1
  var unknown = UnknownRule.reject
  var unknownPrefix = PoolRange()
  var prefix = PoolRange()
  var strippedSuffix = PoolRange()
  var defaultValue = PoolRange()
  var nulls = TableRange()
  var hash = HashRule.never

  /// Nothing to do but copy the column; set once the plan is whole.
  var isPlainColumn = false

  var hasNothingToDo: Bool {
    source == .column && map < 0 && prefix.count <= 0 && strippedSuffix.count <= 0
      && defaultValue.count < 0 && nulls.isEmpty && hash == .never
  }
}

struct TimePlan: Sendable {
  var reference: Int32
  /// Places in `Plan.timeFormats`.
  var formats = TableRange()
  var plusReference: Int32 = -1
  /// Microseconds of one step of the added column.
  var plusUnit: Int64 = 0
}

struct NumberPlan: Sendable {
  /// -1: the constant.
  var reference: Int32 = -1
  var constant: Int64 = 0
  /// The column of a whole number to multiply with, or -1.
  var timesReference: Int32 = -1
  var scale: Int32 = 0
  var separator = UInt8(ascii: ".")
  var rounding = Rounding.reject
  var sign = SignRule.keep
  var hasDefault = false
  var defaultValue: Int64 = 0
  var nulls = TableRange()
  var minimum = Int64.min
  var maximum = Int64.max
}

struct LinePlan: Sendable {
  /// Group of the JSON array that the lines come from, or -1: the record itself is the line.
  var group: Int32 = -1
  /// Places in `texts` and `numbers`, or -1.
  var itemID: Int32 = -1
  var quantity: Int32 = -1
  var unitPrice: Int32 = -1
}

/// A member of `data`.
struct FieldPlan: Sendable {
  enum Kind: UInt8, Sendable { case text, number, lines, booleanText, numberText, wholeText, any }
  var kind: Kind
  /// `"item_id":` with its quotes and colon.
  var key: PoolRange
  /// The reason code when it cannot be made, in the pool.
  var code: PoolRange
  /// Place in `texts`, in `numbers`, or for lines a range in `lines`.
  var plan: Int32
  var lines = TableRange()
  var conditions = TableRange()
}

struct EventPlan: Sendable {
  var conditions = TableRange()
  var id: Int32
  var source: Int32
  var topic: Int32
  var time: Int32
  var fields: TableRange
}

/// A value map: from bytes to bytes.
struct ValueMap: Sendable {
  struct Entry: Sendable {
    var from: PoolRange
    /// A count of -1: skip the event.
    var to: PoolRange
  }
  /// Places in `Plan.mapEntries`; sorted by length, then bytes.
  var entries: TableRange
}

/// A column or JSON path that the mapping names, and where it names it.
struct ColumnReference: Sendable {
  /// The name as written, empty when the column is named by its place.
  var name: String
  /// Place counted from 0 when named so, else -1.
  var index: Int
  /// Which group of JSON values it belongs to; 0 is the record.
  var group: Int
  var line: Int
  var column: Int
}

/// The whole of a mapping, ready to run.
struct Plan: Sendable {
  var pool: [UInt8] = []
  var strings: [PoolRange] = []
  var pieces: [Piece] = []
  var conditions: [Condition] = []
  var texts: [TextPlan] = []
  var times: [TimePlan] = []
  var timeFormats: [TimeFormat] = []
  var numbers: [NumberPlan] = []
  var lines: [LinePlan] = []
  var fields: [FieldPlan] = []
  var events: [EventPlan] = []
  var maps: [ValueMap] = []
  var mapEntries: [ValueMap.Entry] = []
  var references: [ColumnReference] = []
  /// Any of these conditions skips the record.
  var skips = TableRange()
  /// Null markers of the whole input, in `strings`.
  var nulls = TableRange()
  /// JSON paths of arrays; entry 0 is the record itself.
  var groups: [JSONGroup] = [JSONGroup()]

  mutating func intern(_ text: some Collection<UInt8>) -> PoolRange {
    let range = PoolRange(start: Int32(pool.count), count: Int32(text.count))
    pool.append(contentsOf: text)
    return range
  }

  mutating func intern(_ text: String) -> PoolRange { intern(Array(text.utf8)) }

  mutating func intern(list: [String]) -> TableRange {
    let start = Int32(strings.count)
    for text in list { strings.append(intern(text)) }
    return TableRange(start: start, end: Int32(strings.count))
  }
}

/// A JSON array whose elements are looked at one after the other.
struct JSONGroup: Sendable {
  /// Dotted path from the record, empty for the record itself.
  var path = ""
  /// The group whose values it is found in.
  var parent = 0
  /// The reference that holds the array's raw bytes, or -1 for the record.
  var reference: Int32 = -1
}

/// How the bytes of the input fall into records and columns.
struct InputForm: Sendable {
  enum Format: Sendable { case separated, jsonLines, json }
  var format = Format.separated
  var separator = UInt8(ascii: ",")
  /// 0: quotes have no meaning.
  var quote = UInt8(ascii: "\"")
  var hasHeader = true
  /// Column names of a file without header.
  var columns: [String] = []
  var isTrimmed = false
  /// Group whose elements are the records, or 0.
  var eachGroup = 0
}

/// A mapping of other people's files to events.
///
/// - Source: docs/mappings.md; schemas/mapping.schema.json.
package struct Mapping: Sendable {
  package let name: String
  /// The file it was read from, for messages.
  package let file: String
  /// SHA-256 of its text in hexadecimal: another mapping gives other events.
  package let fingerprint: String
  var form: InputForm
  var plan: Plan
}
