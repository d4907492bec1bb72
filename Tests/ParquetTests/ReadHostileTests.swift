import Foundation
import Parquet
import Testing

/// Damaged files give a typed error or other values: never a trap, never a hang.
///
/// Every file is read whole, as fields, as codes and by seeking, so that all decoders see the
/// damage.
@Suite struct HostileFiles {
  private static let small = [
    "data/alltypes_dictionary.parquet", "data/alltypes_plain.snappy.parquet",
    "data/binary.parquet", "data/byte_array_decimal.parquet",
    "data/byte_stream_split_extended.gzip.parquet", "data/concatenated_gzip_members.parquet",
    "data/data_index_bloom_encoding_stats.parquet", "data/datapage_v2.snappy.parquet",
    "data/delta_length_byte_array.parquet", "data/fixed_length_decimal.parquet",
    "data/float16_nonzeros_and_nans.parquet", "data/hadoop_lz4_compressed.parquet",
    "data/int96_from_spark.parquet", "data/list_columns.parquet",
    "data/lz4_raw_compressed.parquet", "data/nested_lists.snappy.parquet",
    "data/nested_maps.snappy.parquet", "data/nonnullable.impala.parquet",
    "data/nullable.impala.parquet", "data/null_list.parquet", "data/old_list_structure.parquet",
    "data/repeated_no_annotation.parquet", "data/rle_boolean_encoding.parquet",
    "data/delta_encoding_optional_column.parquet",
  ]

  @Test(arguments: small)
  func `survive being cut anywhere`(path: String) throws {
    let whole = try CorpusFiles.shared.get().bytes(path)
    let footer = footerLength(whole) + 8
    // Files up to 4 KiB, all but two, are cut at every byte; the longer ones at some hundreds.
    let isShort = whole.count <= 4096
    let step = isShort ? 1 : max(1, (whole.count - footer) / 150)
    let footerStep = isShort ? 1 : max(1, footer / 400)
    for length in stride(from: 0, to: whole.count - footer, by: step) {
      check(Array(whole[..<length]))
      // The same data cut short, with the footer that promises all of it.
      check(Array(whole[..<length]) + whole.suffix(footer))
    }
    for length in stride(from: whole.count - footer, to: whole.count, by: footerStep) {
      check(Array(whole[..<length]))
      check(withNewLength(Array(whole[(whole.count - footer)..<length])))
    }
  }

  @Test(arguments: small)
  func `survive flipped bits`(path: String) throws {
    let whole = try CorpusFiles.shared.get().bytes(path)
    var seed: UInt64 = 7
    for byte in path.utf8 { seed = seed &* 31 &+ UInt64(byte) }
    var random = SplitMix64(seed: seed)
    let footer = footerLength(whole) + 8
    for round in 0..<300 {
      var bytes = whole
      for _ in 0..<(1 + round % 3) {
        // Half of the damage goes to the footer, which is small but steers everything.
        let range =
          Bool.random(using: &random) ? 0..<whole.count : (whole.count - footer)..<whole.count
        let position = Int.random(in: range, using: &random)
        bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
      check(bytes)
    }
  }

  private func footerLength(_ bytes: [UInt8]) -> Int {
    bytes.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// A footer that was cut, made to look whole.
  private func withNewLength(_ footer: [UInt8]) -> [UInt8] {
    let length = withUnsafeBytes(of: UInt32(footer.count).littleEndian) { Array($0) }
    return Array("PAR1".utf8) + footer + length + Array("PAR1".utf8)
  }

  private func check(_ bytes: [UInt8]) {
    do throws(ParquetError) {
      let file = try FileReader(MemorySource(bytes))
      for rowGroup in file.metadata.rowGroups.indices.prefix(2) {
        for field in file.schema.fields {
          attempt { () throws(ParquetError) in try self.field(file, field.name, rowGroup) }
        }
        for column in file.schema.columns {
          attempt { () throws(ParquetError) in try self.column(file, column, rowGroup) }
        }
      }
    } catch {
      #expect(!error.what.isEmpty)
    }
  }

  private func attempt(_ body: () throws(ParquetError) -> Void) {
    do throws(ParquetError) {
      try body()
    } catch {
      #expect(!error.description.isEmpty)
    }
  }

  private func field(
    _ file: FileReader, _ name: String, _ rowGroup: Int
  ) throws(ParquetError) {
    let reader = try file.fieldReader(name, rowGroup: rowGroup)
    var batches = 0
    while batches < 3, try reader.read(700) != nil { batches += 1 }
    try reader.seek(toRow: 1)
    _ = try reader.read(1)
  }

  private func column(
    _ file: FileReader, _ column: ColumnDescriptor, _ rowGroup: Int
  ) throws(ParquetError) {
    _ = try file.mayMatch(.integers(3...3), column: column.index, rowGroup: rowGroup)
    _ = try file.candidateRows(.integers(3...9), column: column.index, rowGroup: rowGroup)
    guard column.isFlat else { return }
    let reader = try file.columnReader(column: column.index, rowGroup: rowGroup)
    switch column.physicalType {
    case .byteArray, .fixedLengthByteArray, .int96:
      var codes: [UInt32] = []
      _ = try reader.readCodes(700, into: &codes)
      #expect(
        codes.allSatisfy { $0 == ColumnReader.absentCode || $0 < reader.codeDictionary.count })
      try reader.seek(toRow: min(5, reader.rowCount))
      _ = try reader.readCodes(7, into: &codes)
    case .int64:
      var values: [Int64] = []
      var isPresent: [UInt8] = []
      _ = try reader.readInt64(700, into: &values, isPresent: &isPresent)
      try reader.seek(toRow: min(5, reader.rowCount))
      _ = try reader.readInt64(7, into: &values, isPresent: &isPresent)
      #expect(values.count == isPresent.count)
    default: return
    }
  }
}
