import Foundation
import Parquet
import Testing

/// What we write is read back equal by pyarrow, DuckDB and Polars.
///
/// Writes a folder of files, each with the values expected in JSON lines beside it, and runs
/// `Tests/Differential/parquet_write_check.py` on it once.
@Suite struct WriteDifferential {
  private struct Variant {
    var name: String
    var rowCount: Int
    var compression: Compression
    var version: DataPageVersion
    var cases: [WriteMatrix.Case]
  }

  private static func variants() -> [Variant] {
    let all =
      WriteMatrix.numbers() + WriteMatrix.strings() + WriteMatrix.decimals() + WriteMatrix.nested()
    let codecs: [(String, Compression)] = [
      ("none", .uncompressed), ("zstd", .zstd(level: 1)), ("gzip", .gzip(level: 6)),
      ("snappy", .snappy), ("lz4", .lz4Raw),
    ]
    var variants: [Variant] = []
    for (name, codec) in codecs {
      for version in [DataPageVersion.v1, .v2] {
        variants.append(
          Variant(
            name: "matrix_\(name)_\(version)", rowCount: 800, compression: codec,
            version: version, cases: all))
      }
    }
    for count in [0, 1, 7, 8, 9, 63, 64, 65, 1023, 1024, 1025] {
      variants.append(
        Variant(
          name: "rows_\(count)", rowCount: count, compression: .zstd(level: 3),
          version: count % 2 == 0 ? .v1 : .v2, cases: all))
    }
    return variants
  }

  private static func write(_ variant: Variant, to folder: URL) throws {
    var writer = TableWriter(
      Schema(
        variant.cases.enumerated().map { index, entry in
          var field = entry.field
          field.fieldID = Int32(index + 1)
          return field
        }))
    writer.rowGroupRowLimit = 500
    writer.keyValues = [KeyValue("variant", variant.name)]
    let encodings = Dictionary(
      uniqueKeysWithValues: variant.cases.map { ($0.field.name, $0.encoding) })
    writer.options = { column in
      var options = ColumnOptions()
      let encoding = encodings[column.path[0]] ?? .automatic
      // The leaves of a structure have types of their own.
      options.encoding = column.path.count == 1 || column.isListElement ? encoding : .automatic
      options.compression = variant.compression
      options.minimumSavingPercent = 0
      options.dataPageVersion = variant.version
      options.pageRowLimit = 230
      options.pageByteLimit = 20_000
      options.bloomFilter = BloomFilterOptions()
      if column.path[0].hasSuffix("fallback") { options.dictionaryByteLimit = 3000 }
      return options
    }
    var random = SplitMix64(seed: 7)
    let rows = (0..<variant.rowCount).map { row in variant.cases.map { $0.make(row, &random) } }
    let bytes = try writer.write(rows)
    try Data(bytes).write(to: folder.appending(path: variant.name + ".parquet"))
    let expected = rows.map { "[\($0.map(\.expectation).joined(separator: ","))]\n" }.joined()
    try Data(expected.utf8).write(to: folder.appending(path: variant.name + ".jsonl"))
  }

  @Test func `pyarrow, DuckDB and Polars read what was written`() throws {
    guard let python = OtherReaders.python else {
      print("skipped: no Python venv (set DAYBOOK_PYTHON)")
      return
    }
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "daybook-parquet-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let keeps = ProcessInfo.processInfo.environment["DAYBOOK_KEEP_FILES"] != nil
    defer { if !keeps { try? FileManager.default.removeItem(at: folder) } }
    for variant in Self.variants() { try Self.write(variant, to: folder) }
    let (output, isEqual) = try OtherReaders.check(folder, python: python)
    print(output)
    #expect(isEqual, "\(output)")
  }
}

extension ColumnDescriptor {
  /// The values of a list of plain values.
  fileprivate var isListElement: Bool { path.count > 1 && path.last == "element" }
}
