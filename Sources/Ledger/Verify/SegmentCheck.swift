import Bytes
import Events
import Parquet

/// Decodes a segment whole and compares what it says with the catalog.
struct SegmentCheck {
  private let file: SegmentFile
  private let catalog: SegmentCatalog

  init(_ file: SegmentFile, _ catalog: SegmentCatalog) {
    self.file = file
    self.catalog = catalog
  }

  /// What does not fit, in words.
  func problems() throws -> [String] {
    var problems: [String] = []
    var occurred: ClosedRange<Int64>?
    var recorded: ClosedRange<Int64>?
    var topics = ByteCounter()
    try OpenSegmentRun(file, .all).scan(0..<file.record.rowCount, .all) { batch in
      widen(&occurred, batch.occurredAt)
      widen(&recorded, batch.recordedAt)
      topics.count(batch.topic)
    }
    let record = file.record
    if occurred != record.occurredAt { problems.append("its times are not those of the catalog") }
    if recorded != record.recordedAt {
      problems.append("its recorded times are not those of the catalog")
    }
    if topics.sorted() != (try catalog.topics(firstOffset: record.firstOffset)) {
      problems.append("its topics are not those of the catalog")
    }
    problems += try offsetProblems()
    problems += try messageProblems()
    return problems
  }

  private func widen(_ range: inout ClosedRange<Int64>?, _ times: [Int64]) {
    guard let low = times.min(), let high = times.max() else { return }
    range = min(range?.lowerBound ?? low, low)...max(range?.upperBound ?? high, high)
  }

  private func offsetProblems() throws -> [String] {
    let reader = try file.column(.ledgerOffset)
    var values: [Int64] = []
    var present: [UInt8] = []
    var row = 0
    while row < file.record.rowCount {
      values.removeAll(keepingCapacity: true)
      let got = try reader.readInt64(Limits.scanRowCount, into: &values, isPresent: &present)
      guard got > 0 else { return ["its offsets end at row \(row)"] }
      for (index, value) in values.enumerated()
      where value != file.record.firstOffset + Int64(row + index) {
        return ["row \(row + index) says it has offset \(value)"]
      }
      row += got
    }
    return []
  }

  private func messageProblems() throws -> [String] {
    let reader = try file.column(.message)
    var values = ByteValues()
    var present: [UInt8] = []
    var row = 0
    var byteCount = 0
    while row < file.record.rowCount {
      values.removeAll()
      let got = try reader.readBytes(Limits.dumpRowCount, into: &values, isPresent: &present)
      guard got > 0 else { return ["its messages end at row \(row)"] }
      byteCount += values.bytes.count
      row += got
    }
    return byteCount == file.record.messageByteCount
      ? [] : ["its messages have \(byteCount) bytes, the catalog says otherwise"]
  }
}

extension ByteCounter {
  /// Counts the rows of a coded column without nulls.
  fileprivate mutating func count(_ column: CodedStrings) {
    var counts = [Int](repeating: 0, count: column.dictionary.count)
    for code in column.codes { counts[Int(code)] += 1 }
    for (code, count) in counts.enumerated() where count > 0 {
      add(Array(column.dictionary[code]), count)
    }
  }
}
