import Parquet

/// A table with every type in every encoding that fits it: what the differential check reads.
enum WriteMatrix {
  /// A column under test: its field, its encoding and how its values are made.
  struct Case {
    var field: SchemaNode
    var encoding: ColumnEncoding
    var make: (Int, inout SplitMix64) -> TableValue
  }

  private static let texts = [
    "", "a", "zwölf", "a longer text that needs more than one word", "日本語", "\u{10FFFF}end",
    String(repeating: "prefix/", count: 12) + "tail", "view", "cart", "purchase",
  ]

  static func numbers() -> [Case] {
    var cases: [Case] = []
    let integers: [(String, ColumnEncoding)] = [
      ("plain", .plain), ("dictionary", .dictionary), ("delta", .deltaBinaryPacked),
      ("split", .byteStreamSplit), ("automatic", .automatic),
      ("fallback", .dictionary(fallback: .deltaBinaryPacked)),
    ]
    for (name, encoding) in integers {
      cases.append(
        Case(field: .column("int32_\(name)", .int32), encoding: encoding) { row, random in
          row % 7 == 3
            ? .null
            : .integer(
              row % 50 == 0
                ? [Int64(Int32.min), Int64(Int32.max)][row / 50 % 2]
                : Int64(Int32.random(in: -1000...1000, using: &random)))
        })
      cases.append(
        Case(field: .timestamp("time_\(name)", .required), encoding: encoding) { row, random in
          .integer(
            1_700_000_000_000_000 + Int64(row) * 977 + Int64.random(in: 0...50, using: &random))
        })
      cases.append(
        Case(field: .column("int64_\(name)", .int64), encoding: encoding) { row, random in
          row % 5 == 1
            ? .null
            : .integer(row % 40 == 0 ? [.min, .max, 0, -1][row / 40 % 4] : Int64(row % 17))
        })
    }
    for (name, encoding) in [
      ("plain", ColumnEncoding.plain), ("dictionary", .dictionary), ("split", .byteStreamSplit),
    ] {
      cases.append(
        Case(field: .column("double_\(name)", .double), encoding: encoding) { row, random in
          switch row % 11 {
          case 0: .null
          case 1: .double(row % 2 == 0 ? 0.0 : -0.0)
          case 2: .double(row % 3 == 0 ? .nan : .infinity)
          default: .double(Double.random(in: -5...5, using: &random))
          }
        })
      cases.append(
        Case(field: .column("float_\(name)", .float, .required), encoding: encoding) { row, _ in
          .float(Float(row % 100) / 4)
        })
    }
    for (name, encoding) in [("plain", ColumnEncoding.plain), ("rle", .rle)] {
      cases.append(
        Case(field: .column("bool_\(name)", .boolean), encoding: encoding) { row, random in
          row % 9 == 4 ? .null : .boolean(row % 300 < 100 || Bool.random(using: &random))
        })
    }
    return cases
  }

  static func strings() -> [Case] {
    var cases: [Case] = []
    for (name, encoding) in [
      ("plain", ColumnEncoding.plain), ("dictionary", .dictionary),
      ("lengths", .deltaLengthByteArray), ("prefixes", .deltaByteArray), ("automatic", .automatic),
      ("fallback", .dictionary(fallback: .deltaByteArray)),
    ] {
      cases.append(
        Case(field: .string("text_\(name)"), encoding: encoding) { row, random in
          row % 6 == 5 ? .null : .text(texts.randomElement(using: &random) ?? "")
        })
      cases.append(
        Case(field: .string("unique_\(name)", .required), encoding: encoding) { row, _ in
          .text("visitor-\(row * 7919 % 100_003)")
        })
      cases.append(
        Case(field: .json("json_\(name)"), encoding: encoding) { row, _ in
          row % 4 == 0 ? .null : .text("{\"row\":\(row),\"tags\":[\"x\",\(row % 3)]}")
        })
    }
    for (name, encoding) in [
      ("plain", ColumnEncoding.plain), ("dictionary", .dictionary), ("prefixes", .deltaByteArray),
      ("split", .byteStreamSplit),
    ] {
      cases.append(
        Case(
          field: .column("fixed_\(name)", .fixedLengthByteArray, typeLength: 5), encoding: encoding
        ) { row, random in
          row % 8 == 7
            ? .null
            : .bytes((0..<5).map { _ in UInt8.random(in: 0...3, using: &random) })
        })
    }
    return cases
  }

  static func decimals() -> [Case] {
    func bigEndian(_ value: Int64, count: Int) -> TableValue {
      .bytes((0..<count).map { UInt8(truncatingIfNeeded: value >> Int64(8 * (count - 1 - $0))) })
    }
    return [
      Case(field: .decimal("decimal9", precision: 9, scale: 2), encoding: .plain) { row, _ in
        row % 3 == 0 ? .null : .integer(Int64(row) * 101 - 50_000)
      },
      Case(field: .decimal("decimal18", precision: 18, scale: 4), encoding: .automatic) { row, _ in
        .integer(Int64(row) * 1_000_000_007 - 1_000_000_000_000)
      },
      Case(
        field: .column(
          "decimal_fixed", .fixedLengthByteArray, logicalType: .decimal(precision: 16, scale: 3),
          typeLength: 7), encoding: .plain
      ) { row, _ in bigEndian(Int64(row) * 31_337 - 20_000_000, count: 7) },
      Case(
        field: .column(
          "date", .int32, logicalType: .date), encoding: .automatic
      ) { row, _ in .integer(Int64(18_000 + row % 400)) },
    ]
  }

  static func nested() -> [Case] {
    let line = SchemaNode.structure(
      "line",
      [
        .string("item_id"), .column("quantity", .int32), .decimal("price", precision: 12, scale: 2),
        .list("tags", of: .string("tag")),
      ])
    func makeLine(_ random: inout SplitMix64) -> TableValue {
      if UInt8.random(in: 0...9, using: &random) == 0 { return .null }
      let tagCount = Int.random(in: -1...3, using: &random)
      return .structure([
        Bool.random(using: &random) ? .text(texts.randomElement(using: &random) ?? "") : .null,
        Bool.random(using: &random) ? .integer(Int64.random(in: 0...9, using: &random)) : .null,
        .integer(Int64.random(in: 0...100_000, using: &random)),
        tagCount < 0
          ? .null
          : .list((0..<tagCount).map { $0 == 1 ? .null : .text(texts[$0 + 1]) }),
      ])
    }
    return [
      Case(field: .list("lines", of: line), encoding: .automatic) { row, random in
        let count = Int.random(in: -1...4, using: &random)
        return count < 0 ? .null : .list((0..<count).map { _ in makeLine(&random) })
      },
      Case(
        field: .list(
          "numbers", of: .column("n", .int64, .required), .required), encoding: .deltaBinaryPacked
      ) { row, random in
        .list(
          (0..<Int.random(in: 0...5, using: &random)).map { .integer(Int64(row + $0)) })
      },
      Case(
        field: .list("matrix", of: .list("row", of: .column("cell", .double))), encoding: .plain
      ) { row, random in
        row % 10 == 0
          ? .null
          : .list(
            (0..<row % 4).map { inner in
              inner == 2 ? .null : .list((0..<inner + row % 3).map { .double(Double($0) / 8) })
            })
      },
      Case(
        field: .structure(
          "envelope",
          [.string("kind", .required), .structure("inner", [.column("flag", .boolean)])]),
        encoding: .automatic
      ) { row, random in
        row % 5 == 0
          ? .null
          : .structure([
            .text("kind\(row % 3)"),
            row % 3 == 0 ? .null : .structure([row % 2 == 0 ? .null : .boolean(row % 4 == 1)]),
          ])
      },
    ]
  }
}
