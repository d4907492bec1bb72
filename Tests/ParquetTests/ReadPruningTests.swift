import Bytes
import Parquet
import Testing

/// Row groups and pages are stepped over only when they cannot have what is wanted.
@Suite struct Pruning {
  @Test func `the hash of bloom filters has its published values`() {
    func hash(_ text: String) -> UInt64 {
      Array(text.utf8).withUnsafeBytes { xxHash64($0) }
    }
    #expect(hash("") == 0xef46_db37_51d8_e999)
    #expect(hash("abc") == 0x44bc_2cf5_ad77_0999)
    #expect(hash("Nobody inspects the spammish repetition") == 0xfbce_a83c_8a37_8bf1)
  }

  @Test(arguments: [
    "data/data_index_bloom_encoding_stats.parquet",
    "data/data_index_bloom_encoding_with_length.parquet",
  ])
  func `a bloom filter knows every value of its column`(path: String) throws {
    let file = try FileReader(MemorySource(try CorpusFiles.shared.get().bytes(path)))
    var values = ByteValues()
    var isPresent: [UInt8] = []
    let reader = try file.columnReader(column: 0, rowGroup: 0)
    _ = try reader.readBytes(100, into: &values, isPresent: &isPresent)
    for index in 0..<values.count {
      let value = Array(values[index])
      #expect(try file.mightContain(value, column: 0, rowGroup: 0))
      #expect(
        try file.mayMatch(.bytes(from: value, through: value), column: 0, rowGroup: 0))
    }
    var falsePositives = 0
    for number in 0..<1000
    where try file.mightContain(Array("absent \(number)".utf8), column: 0, rowGroup: 0) {
      falsePositives += 1
    }
    #expect(falsePositives < 100)
  }

  @Test func `pages outside of a range are stepped over and none with it`() throws {
    let path = "data/alltypes_tiny_pages_plain.parquet"
    let file = try FileReader(MemorySource(try CorpusFiles.shared.get().bytes(path)))
    let column = try file.column("id")
    let reader = try file.columnReader(column: column.index, rowGroup: 0)
    var values: [Int32] = []
    var isPresent: [UInt8] = []
    while try reader.readInt32(999, into: &values, isPresent: &isPresent) > 0 {}
    let wanted: ClosedRange<Int64> = 500...520
    let ranges = try file.candidateRows(.integers(wanted), column: column.index, rowGroup: 0)
    #expect(ranges.reduce(0) { $0 + $1.count } < values.count / 2)
    for row in values.indices where wanted.contains(Int64(values[row])) {
      #expect(ranges.contains { $0.contains(row) })
    }
    #expect(try !file.mayMatch(.integers(90_000...90_001), column: column.index, rowGroup: 0))
  }

  @Test(arguments: [
    "data/alltypes_tiny_pages_plain.parquet", "data/alltypes_tiny_pages.parquet",
    "data/delta_binary_packed.parquet", "data/int32_with_null_pages.parquet",
    "data/datapage_v1-snappy-compressed-checksum.parquet",
  ])
  func `a seek finds the rows that reading on finds`(path: String) throws {
    let file = try FileReader(MemorySource(try CorpusFiles.shared.get().bytes(path)))
    for column in file.schema.columns where column.physicalType == .int32 {
      let reader = try file.columnReader(column: column.index, rowGroup: 0)
      var values: [Int32] = []
      var isPresent: [UInt8] = []
      while try reader.readInt32(999, into: &values, isPresent: &isPresent) > 0 {}
      #expect(values.count == reader.rowCount)
      var random = SplitMix64(seed: 11)
      for _ in 0..<60 {
        let row = Int.random(in: 0..<values.count, using: &random)
        try reader.seek(toRow: row)
        var found: [Int32] = []
        var there: [UInt8] = []
        let count = try reader.readInt32(5, into: &found, isPresent: &there)
        #expect(found == Array(values[row..<row + count]))
        #expect(there == Array(isPresent[row..<row + count]))
      }
    }
  }

  @Test func `codes and strings agree`() throws {
    let path = "data/alltypes_tiny_pages.parquet"
    let file = try FileReader(MemorySource(try CorpusFiles.shared.get().bytes(path)))
    let column = try file.column("date_string_col")
    var strings = ByteValues()
    var isPresent: [UInt8] = []
    var codes: [UInt32] = []
    let first = try file.columnReader(column: column.index, rowGroup: 0)
    while try first.readBytes(777, into: &strings, isPresent: &isPresent) > 0 {}
    let second = try file.columnReader(column: column.index, rowGroup: 0)
    while try second.readCodes(555, into: &codes) > 0 {}
    let dictionary = second.codeDictionary
    #expect(codes.count == strings.count)
    for row in codes.indices { #expect(dictionary[Int(codes[row])] == strings[row]) }
  }

  @Test func `strings without a dictionary get codes too`() throws {
    let path = "data/delta_byte_array.parquet"
    let file = try FileReader(MemorySource(try CorpusFiles.shared.get().bytes(path)))
    for column in file.schema.columns {
      var strings = ByteValues()
      var isPresent: [UInt8] = []
      var codes: [UInt32] = []
      let first = try file.columnReader(column: column.index, rowGroup: 0)
      while try first.readBytes(777, into: &strings, isPresent: &isPresent) > 0 {}
      let second = try file.columnReader(column: column.index, rowGroup: 0)
      while try second.readCodes(99, into: &codes) > 0 {}
      let dictionary = second.codeDictionary
      var seen: Set<[UInt8]> = []
      for index in 0..<dictionary.count {
        #expect(seen.insert(Array(dictionary[index])).inserted)
      }
      for row in codes.indices {
        if isPresent[row] == 0 {
          #expect(codes[row] == ColumnReader.absentCode)
        } else {
          #expect(dictionary[Int(codes[row])] == strings[row])
        }
      }
    }
  }
}
