import Foundation
import Parquet

/// Repeatable chance for tests.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// Where tests write files for other readers, and the Python that runs them.
enum OtherReaders {
  /// The interpreter of a venv with pyarrow, DuckDB and Polars; nil when there is none.
  static var python: String? { ProcessInfo.processInfo.environment["DAYBOOK_PYTHON"] }

  static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Differential/parquet_write_check.py")

  /// Runs the check on a folder; returns what it printed and whether it was content.
  static func check(_ folder: URL, python: String) throws -> (output: String, isEqual: Bool) {
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = [script.path, folder.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (String(decoding: data, as: UTF8.self), process.terminationStatus == 0)
  }
}

extension TableValue {
  /// The value as JSON for the check: integers as they are, floating-point numbers by their bits,
  /// byte strings in hexadecimal, groups and lists as arrays.
  var expectation: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .float(let value): "\"f:\(value.bitPattern)\""
    case .double(let value): "\"d:\(value.bitPattern)\""
    case .bytes(let value): "\"b:\(hexadecimal(value))\""
    case .list(let values): "[\(values.map(\.expectation).joined(separator: ","))]"
    case .structure(let values):
      "{\"s\":[\(values.map(\.expectation).joined(separator: ","))]}"
    }
  }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
