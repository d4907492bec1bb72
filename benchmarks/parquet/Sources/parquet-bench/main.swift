// Times the writer and the reader on one thread, column by column; compare.py puts pyarrow beside.
//
// usage: parquet-bench write INPUT.parquet OUTPUT.parquet ROUNDS NAME=ENCODING …
//        parquet-bench read FILE.parquet ROUNDS
// Prints a line a column: name, seconds of processor time (best of the rounds), bytes, rows, and a
// checksum of what was read.
import Foundation
import Parquet

struct Column {
  var descriptor: ColumnDescriptor
  var integers: [Int64] = []
  var narrow: [Int32] = []
  var doubles: [Double] = []
  var strings = ByteValues()
  var isPresent: [UInt8] = []
}

let batchRowCount = 65_536

func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func open(_ path: String) throws -> FileReader {
  try FileReader(MemorySource([UInt8](Data(contentsOf: URL(filePath: path)))))
}

/// Reads a column of all row groups, and a checksum of it.
func read(_ file: FileReader, _ descriptor: ColumnDescriptor, into column: inout Column) throws
  -> UInt64
{
  var checksum: UInt64 = 0
  for group in file.metadata.rowGroups.indices {
    let reader = try file.columnReader(column: descriptor.index, rowGroup: group)
    while true {
      column.integers.removeAll(keepingCapacity: true)
      column.narrow.removeAll(keepingCapacity: true)
      column.doubles.removeAll(keepingCapacity: true)
      column.strings.removeAll()
      column.isPresent.removeAll(keepingCapacity: true)
      let count = try append(reader, batchRowCount, to: &column)
      if count == 0 { break }
      checksum = checksum &* 31 &+ UInt64(column.strings.bytes.count) &+ UInt64(count)
      if let last = column.integers.last { checksum = checksum &+ UInt64(bitPattern: last) }
      if let last = column.narrow.last { checksum = checksum &+ UInt64(UInt32(bitPattern: last)) }
    }
  }
  return checksum
}

func append(_ reader: ColumnReader, _ rowLimit: Int, to column: inout Column) throws -> Int {
  switch reader.column.physicalType {
  case .int32:
    try reader.readInt32(rowLimit, into: &column.narrow, isPresent: &column.isPresent)
  case .int64:
    try reader.readInt64(rowLimit, into: &column.integers, isPresent: &column.isPresent)
  case .double:
    try reader.readDouble(rowLimit, into: &column.doubles, isPresent: &column.isPresent)
  default:
    try reader.readBytes(rowLimit, into: &column.strings, isPresent: &column.isPresent)
  }
}

func load(_ file: FileReader, _ descriptor: ColumnDescriptor) throws -> Column {
  var column = Column(descriptor: descriptor)
  for group in file.metadata.rowGroups.indices {
    let reader = try file.columnReader(column: descriptor.index, rowGroup: group)
    while try append(reader, batchRowCount, to: &column) > 0 {}
  }
  return column
}

func encoding(_ name: String) -> ColumnEncoding {
  switch name {
  case "plain": .plain
  case "dictionary": .dictionary
  case "delta": .deltaBinaryPacked
  case "lengths": .deltaLengthByteArray
  case "prefixes": .deltaByteArray
  case "split": .byteStreamSplit
  default: .automatic
  }
}

func encode(_ column: Column, _ writer: ColumnChunkWriter) throws -> EncodedColumnChunk {
  let isNullable = column.descriptor.maxDefinitionLevel > 0
  let rowCount = column.isPresent.count
  var first = 0
  while first < rowCount {
    let rows = first..<min(first + batchRowCount, rowCount)
    try column.isPresent.withUnsafeBufferPointer { presence in
      let presence = isNullable ? UnsafeBufferPointer(rebasing: presence[rows]) : nil
      switch column.descriptor.physicalType {
      case .int32:
        try column.narrow.withUnsafeBufferPointer {
          try writer.append(int32: UnsafeBufferPointer(rebasing: $0[rows]), presence: presence)
        }
      case .int64:
        try column.integers.withUnsafeBufferPointer {
          try writer.append(int64: UnsafeBufferPointer(rebasing: $0[rows]), presence: presence)
        }
      case .double:
        try column.doubles.withUnsafeBufferPointer {
          try writer.append(double: UnsafeBufferPointer(rebasing: $0[rows]), presence: presence)
        }
      default:
        try column.strings.bytes.withUnsafeBytes { bytes in
          try column.strings.offsets.withUnsafeBufferPointer {
            try writer.append(
              bytes: bytes,
              offsets: UnsafeBufferPointer(rebasing: $0[rows.lowerBound...rows.upperBound]),
              presence: presence)
          }
        }
      }
    }
    first = rows.upperBound
  }
  return try writer.finish()
}

func runWrite(_ input: String, _ output: String, _ rounds: Int, _ settings: [String]) throws {
  let file = try open(input)
  var encodings: [String: String] = [:]
  for setting in settings {
    let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
    if parts.count == 2 { encodings[parts[0]] = parts[1] }
  }
  var chunks: [EncodedColumnChunk] = []
  for descriptor in file.schema.columns {
    let column = try load(file, descriptor)
    var options = ColumnOptions(encoding: encoding(encodings[descriptor.dotPath] ?? "automatic"))
    options.dictionaryByteLimit = 64 << 20
    options.writesChecksums = false
    // For profiles of the encoders alone.
    if ProcessInfo.processInfo.environment["BENCH_CODEC"] == "none" {
      options.compression = .uncompressed
    }
    let writer = try ColumnChunkWriter(descriptor, options)
    var best = Double.infinity
    var chunk: EncodedColumnChunk?
    for _ in 0..<rounds {
      let start = processorSeconds()
      chunk = try encode(column, writer)
      best = min(best, processorSeconds() - start)
    }
    guard let chunk else { continue }
    print(descriptor.dotPath, best, chunk.compressedByteCount, chunk.rowCount, 0)
    chunks.append(chunk)
  }
  var bytes: [UInt8] = []
  var writer = FileWriter(file.schema)
  try writer.add(rowGroup: chunks) { bytes.append(contentsOf: $0) }
  _ = try writer.finish { bytes.append(contentsOf: $0) }
  try Data(bytes).write(to: URL(filePath: output))
}

func runRead(_ input: String, _ rounds: Int) throws {
  let file = try open(input)
  for descriptor in file.schema.columns {
    var column = Column(descriptor: descriptor)
    var best = Double.infinity
    var checksum: UInt64 = 0
    for _ in 0..<rounds {
      let start = processorSeconds()
      checksum = try read(file, descriptor, into: &column)
      best = min(best, processorSeconds() - start)
    }
    print(descriptor.dotPath, best, 0, file.metadata.rowCount, checksum)
  }
}

let arguments = CommandLine.arguments
if arguments.count >= 5, arguments[1] == "write", let rounds = Int(arguments[4]) {
  try runWrite(arguments[2], arguments[3], rounds, Array(arguments[5...]))
} else if arguments.count == 4, arguments[1] == "read", let rounds = Int(arguments[3]) {
  try runRead(arguments[2], rounds)
} else {
  FileHandle.standardError.write(
    Data("usage: parquet-bench write INPUT OUTPUT ROUNDS NAME=ENCODING… | read FILE ROUNDS\n".utf8))
  exit(2)
}
