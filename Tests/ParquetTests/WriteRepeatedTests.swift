import Parquet
import Testing

/// Rows that are all alike give the same pages as the same rows one by one.
@Suite struct WriteRepeated {
  private static let encodings: [ColumnEncoding] = [
    .automatic, .dictionary, .plain, .deltaLengthByteArray, .deltaByteArray,
  ]

  /// Runs of one value each; nil is no value.
  private static let runs: [(text: String?, count: Int)] = [
    ("a", 3), (nil, 130), ("a longer string, longer than two words", 70), ("", 65), (nil, 1),
    ("a", 1), ("b", 200),
  ]

  private func options(_ encoding: ColumnEncoding, dictionaryByteLimit: Int) -> ColumnOptions {
    var options = ColumnOptions(encoding: encoding)
    options.pageRowLimit = 50
    options.pageByteLimit = 400
    options.dictionaryByteLimit = dictionaryByteLimit
    return options
  }

  private func append(_ text: String?, to writer: ColumnChunkWriter) throws {
    try Array((text ?? "").utf8).withUnsafeBytes { bytes in
      try [UInt32(0)].withUnsafeBufferPointer { starts in
        try [text == nil ? UInt32.max : UInt32(bytes.count)].withUnsafeBufferPointer {
          try writer.append(text: bytes, starts: starts, lengths: $0)
        }
      }
    }
  }

  @Test(arguments: encodings, [1 << 20, 24])
  func `runs give the pages of single rows`(
    encoding: ColumnEncoding, dictionaryByteLimit: Int
  ) throws {
    let column = try #require(Schema([.string("text")]).columns.first)
    let options = options(encoding, dictionaryByteLimit: dictionaryByteLimit)
    let repeated = try ColumnChunkWriter(column, options)
    let single = try ColumnChunkWriter(column, options)
    for run in WriteRepeated.runs {
      if let text = run.text {
        try Array(text.utf8).withUnsafeBytes {
          try repeated.append(repeating: $0, count: run.count)
        }
      } else {
        try repeated.append(nullCount: run.count)
      }
      for _ in 0..<run.count { try append(run.text, to: single) }
    }
    let chunk = try repeated.finish()
    let other = try single.finish()
    #expect(chunk.pages == other.pages)
    #expect(chunk.rowCount == other.rowCount)
    #expect(chunk.nullCount == other.nullCount)
  }

  @Test func `a required column takes no null`() throws {
    let column = try #require(Schema([.string("text", .required)]).columns.first)
    let writer = try ColumnChunkWriter(column)
    #expect(throws: ParquetError.self) { try writer.append(nullCount: 1) }
  }
}
