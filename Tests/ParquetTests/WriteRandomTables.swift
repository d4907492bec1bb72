import Parquet

/// Random schemas, nested to depth 4, with rows that fit them.
struct RandomTable {
  var schema: Schema
  var rows: [[TableValue]]
  var options: ColumnOptions
  var rowGroupRowLimit: Int

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let fields = (0..<Int.random(in: 1...4, using: &random)).map {
      RandomTable.field("f\($0)", depth: 0, &random)
    }
    schema = Schema(fields)
    let rowCount = Int.random(in: 0...300, using: &random)
    rows = (0..<rowCount).map { _ in fields.map { RandomTable.value($0, &random) } }
    options = ColumnOptions()
    options.compression =
      [.uncompressed, .snappy, .zstd(level: 1), .gzip(level: 1), .lz4Raw]
      .randomElement(using: &random) ?? .uncompressed
    options.dataPageVersion = Bool.random(using: &random) ? .v1 : .v2
    options.pageRowLimit = Int.random(in: 1...200, using: &random)
    options.pageByteLimit = Int.random(in: 10...5000, using: &random)
    options.dictionaryByteLimit = Int.random(in: 10...2000, using: &random)
    options.defersCompression = Bool.random(using: &random)
    rowGroupRowLimit = Int.random(in: 20...400, using: &random)
  }

  private static func field(
    _ name: String, depth: Int, _ random: inout SplitMix64
  ) -> SchemaNode {
    let repetition: Repetition = Bool.random(using: &random) ? .optional : .required
    switch Int.random(in: 0...(depth < 4 ? 9 : 5), using: &random) {
    case 0: return .column(name, .int32, repetition)
    case 1: return .column(name, .int64, repetition)
    case 2: return .column(name, .boolean, repetition)
    case 3: return .column(name, .double, repetition)
    case 4: return .column(name, .fixedLengthByteArray, repetition, typeLength: 3)
    case 5: return .string(name, repetition)
    case 6, 7:
      return .list(name, of: field("element", depth: depth + 1, &random), repetition)
    default:
      let children = (0..<Int.random(in: 1...3, using: &random)).map {
        field("c\($0)", depth: depth + 1, &random)
      }
      return .structure(name, children, repetition)
    }
  }

  private static func value(_ node: SchemaNode, _ random: inout SplitMix64) -> TableValue {
    if node.repetition == .optional, Int.random(in: 0...3, using: &random) == 0 { return .null }
    if node.logicalType == .list, let element = node.children.first?.children.first {
      return .list((0..<Int.random(in: 0...3, using: &random)).map { _ in value(element, &random) })
    }
    switch node.shape {
    case .group(let children): return .structure(children.map { value($0, &random) })
    case .leaf(.int32, _): return .integer(Int64(Int32.random(in: -3...3, using: &random)))
    case .leaf(.int64, _): return .integer(Int64.random(in: .min ... .max, using: &random))
    case .leaf(.boolean, _): return .boolean(Bool.random(using: &random))
    case .leaf(.double, _): return .double(Double.random(in: -1...1, using: &random))
    case .leaf(.fixedLengthByteArray, _):
      return .bytes((0..<3).map { _ in UInt8.random(in: 0...1, using: &random) })
    case .leaf:
      return .bytes(
        (0..<Int.random(in: 0...12, using: &random)).map { _ in
          UInt8.random(in: 97...100, using: &random)
        })
    }
  }

  /// An encoding for a column, one of those that fit its type.
  func encoding(_ column: ColumnDescriptor, seed: UInt64) -> ColumnEncoding {
    let fitting: [ColumnEncoding] =
      switch column.physicalType {
      case .int32, .int64:
        [
          .automatic, .plain, .dictionary, .deltaBinaryPacked, .byteStreamSplit,
          .dictionary(fallback: .deltaBinaryPacked),
        ]
      case .boolean: [.automatic, .plain, .rle]
      case .byteArray:
        [
          .automatic, .plain, .dictionary, .deltaLengthByteArray, .deltaByteArray,
          .dictionary(fallback: .deltaLengthByteArray),
        ]
      case .fixedLengthByteArray:
        [.automatic, .plain, .dictionary, .deltaByteArray, .byteStreamSplit]
      default: [.automatic, .plain, .dictionary, .byteStreamSplit]
      }
    return fitting[(Int(seed) + column.index) % fitting.count]
  }
}
