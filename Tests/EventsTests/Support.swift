import Bytes
import Events
import Foundation

/// The folder that holds `Package.swift`.
let repositoryRoot = URL(filePath: #filePath).resolvingSymlinksInPath()
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// An RFC 3339 time in microseconds since 1970 UTC.
func time(_ text: String) -> Int64? {
  Array(text.utf8).withUnsafeBytes { parseRFC3339($0) }
}

/// Decodes lines as the whole of a file, with the clock at the year 2100.
func decode(_ lines: String) -> EventBatch { decode(Array(lines.utf8)) }

func decode(_ bytes: [UInt8]) -> EventBatch {
  EventDecoder(seed: 7).decode(chunk: bytes, firstLine: 1, importClock: 4_102_444_800_000_000)
}

/// A line with the required fields and this after them ("" or `,"data":{…}`).
func line(_ rest: String = "", id: String = "\"1\"") -> String {
  #"{"id":\#(id),"type":"t","source":"s","time":"2021-03-01T09:00:00Z"\#(rest)}"#
}

extension EventBatch {
  /// A text column's row as a string, nil when absent.
  func string(_ column: TextColumn, _ row: Int = 0) -> String? {
    bytes(column, row).map { String(decoding: $0, as: UTF8.self) }
  }

  /// "ok" for an accepted single message, else its reject's reason code.
  var verdict: String {
    if let reject = rejects.first { return reject.reason.code }
    return count == 1 ? "ok" : "nothing"
  }
}

/// A small random source that gives the same numbers for the same seed on every machine.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
