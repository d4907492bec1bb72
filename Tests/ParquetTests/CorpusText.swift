import Parquet

/// Writes values the way `scripts/parquet_corpus_expected.py` does: one JSON text a row.
struct CorpusText {
  /// The texts of all slots of a column; `null` for nulls.
  static func rows(_ column: FieldColumn) -> [String] {
    switch column {
    case .values(let leaf): return values(leaf)
    case .structure(let structure):
      let fields = structure.fields.map(rows)
      return structure.isPresent.indices.map { slot in
        guard structure.isPresent[slot] == 1 else { return "null" }
        return "[" + fields.map { $0[slot] }.joined(separator: ",") + "]"
      }
    case .list(let list):
      let elements = rows(list.element)
      return list.isPresent.indices.map { slot in
        guard list.isPresent[slot] == 1 else { return "null" }
        let range = Int(list.offsets[slot])..<Int(list.offsets[slot + 1])
        return "[" + elements[range].joined(separator: ",") + "]"
      }
    }
  }

  private static func values(_ leaf: LeafColumn) -> [String] {
    let logical = leaf.column.logicalType
    var isUnsigned = false
    if case .integer(_, false) = logical { isUnsigned = true }
    var isDecimal = false
    if case .decimal = logical { isDecimal = true }
    let texts: [String]
    switch leaf.values {
    case .booleans(let values): texts = values.map { $0 == 1 ? "true" : "false" }
    case .int32(let values):
      texts = values.map {
        isDecimal
          ? decimal(Int64($0).bytes)
          : isUnsigned ? String(narrow(UInt32(bitPattern: $0), logical)) : String($0)
      }
    case .int64(let values):
      texts = values.map {
        isDecimal ? decimal($0.bytes) : isUnsigned ? String(UInt64(bitPattern: $0)) : String($0)
      }
    case .floats(let values): texts = values.map { quoted($0.bitPattern.bytes) }
    case .doubles(let values): texts = values.map { quoted($0.bitPattern.bytes) }
    case .strings(let values):
      texts = (0..<values.count).map {
        isDecimal ? decimal(Array(values[$0])) : quoted(Array(values[$0]))
      }
    case .fixed(let bytes, let byteCount):
      texts = leaf.isPresent.indices.map {
        fixed(Array(bytes[($0 * byteCount)..<(($0 + 1) * byteCount)]), leaf.column)
      }
    case .codes(let codes): texts = codes.map { String($0) }
    }
    return zip(texts, leaf.isPresent).map { $1 == 1 ? $0 : "null" }
  }

  private static func narrow(_ value: UInt32, _ logical: LogicalType?) -> UInt32 {
    guard case .integer(let bitWidth, _) = logical, bitWidth < 32 else { return value }
    return value & (1 << UInt32(bitWidth) - 1)
  }

  private static func fixed(_ bytes: [UInt8], _ column: ColumnDescriptor) -> String {
    if column.physicalType == .int96 {
      // Nanoseconds of the day, then the Julian day.
      let nanoseconds = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
      let day = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | UInt64($1) }
      let days = Int64(bitPattern: day) - 2_440_588
      return String(days &* 86_400_000_000_000 &+ Int64(bitPattern: nanoseconds))
    }
    switch column.logicalType {
    case .decimal: return decimal(bytes)
    case .float16: return quoted(bytes.reversed())
    default: return quoted(bytes)
    }
  }

  /// A big-endian two's complement number as 32 bytes.
  private static func decimal(_ bytes: [UInt8]) -> String {
    let sign: UInt8 = (bytes.first ?? 0) >= 0x80 ? 0xff : 0
    return quoted([UInt8](repeating: sign, count: max(0, 32 - bytes.count)) + bytes)
  }

  private static func quoted(_ bytes: [UInt8]) -> String { "\"" + hex(bytes) + "\"" }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension FixedWidthInteger {
  /// Big-endian bytes.
  fileprivate var bytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
