import Bytes
import Events
import Foundation
import Testing

/// The decoder beside a second one, written in Python over its own JSON reader.
///
/// Method: the script makes mutated lines from a seed and judges them by the contract; every
/// verdict and every column must be the same here.
@Suite struct DecoderAgainstPython {
  static let seeds: [UInt64] = {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SEED"].flatMap({ UInt64($0) }) { return [seed] }
    return (0..<(environment["SEEDS"].flatMap { UInt64($0) } ?? 2)).map { $0 }
  }()

  @Test(arguments: seeds)
  func `verdicts and columns are the same`(seed: UInt64) throws {
    guard let python = ProcessInfo.processInfo.environment["DAYBOOK_PYTHON"] else {
      print("skipped: no Python venv (set DAYBOOK_PYTHON)")
      return
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let lines = folder.appending(path: "lines"), verdicts = folder.appending(path: "verdicts")
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = [
      repositoryRoot.appending(path: "Tests/Differential/json_fuzz.py").path, "\(seed)", "5000",
      lines.path, verdicts.path,
    ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "the script failed for seed \(seed)")

    let bytes = [UInt8](try Data(contentsOf: lines))
    let batch = decode(bytes)
    let expected = try [UInt8](Data(contentsOf: verdicts)).split(separator: 10).map {
      try JSONDecoder().decode(Verdict.self, from: Data($0))
    }
    let reasons = Dictionary(
      uniqueKeysWithValues: batch.rejects.map { ($0.start, $0.reason.code) })
    let rows = Dictionary(
      uniqueKeysWithValues: (0..<batch.count).map { (batch.messages.starts[$0], $0) })
    var start = 0
    for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated()
    where index < expected.count {
      let row = (start...start + line.count).lazy.compactMap { rows[UInt32($0)] }.first
      let found =
        reasons[UInt32(start)].map { Verdict(reason: $0) } ?? row.map { Verdict(batch, $0) }
      if found != expected[index] {
        Issue.record(
          """
          seed \(seed), line \(index + 1): \(String(decoding: line, as: UTF8.self))
          expected \(expected[index])
          found \(String(describing: found))
          """)
      }
      start += line.count + 1
    }
    #expect(batch.count > 1_000 && batch.rejects.count > 1_000)
  }
}

/// What a line is: a reason, or the columns of an event. Strings are compared byte by byte.
private struct Verdict: Decodable, Equatable {
  struct Line: Decodable, Equatable {
    var item_id: Bytewise?
    var quantity: Int32?
    var unit_price: Int64?
  }

  var reason: String?
  var id, type, source: Bytewise?
  var time: Int64?
  var ids: [Bytewise?]?
  var quantity: Int32?
  var unit_price, amount: Int64?
  var has_lines: Bool?
  var lines: [Line]?

  init(reason: String) { self.reason = reason }

  init(_ batch: EventBatch, _ row: Int) {
    func string(_ column: TextColumn, _ row: Int) -> Bytewise? {
      batch.string(column, row).map { Bytewise(text: $0) }
    }
    id = string(batch.eventID, row)
    type = string(batch.topic, row)
    source = string(batch.source, row)
    time = batch.occurredAt[row]
    ids = batch.ids.map { string($0, row) }
    quantity = batch.quantity[row]
    unit_price = batch.unitPrice[row]
    amount = batch.amount[row]
    has_lines = batch.hasLines[row] == 1
    lines = (Int(batch.lineStarts[row])..<Int(batch.lineStarts[row + 1])).map {
      Line(
        item_id: string(batch.lineItemID, $0), quantity: batch.lineQuantity[$0],
        unit_price: batch.lineUnitPrice[$0])
    }
  }
}

private struct Bytewise: Decodable, Equatable {
  var text: String

  init(text: String) { self.text = text }

  init(from decoder: any Decoder) throws {
    text = try decoder.singleValueContainer().decode(String.self)
  }

  static func == (left: Bytewise, right: Bytewise) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }
}
