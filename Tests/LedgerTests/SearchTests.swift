import Bytes
import Events
import Files
import Foundation
import Ledger
import Testing

/// Rows of segments by an id: what statistics, filters and page index leave has all of them.
@Suite struct `Look-ups in segments` {
  private static let segmentCount = 5
  private static let rowCount = 200

  private func filled() throws -> TestLedger {
    var ledger = try TestLedger()
    ledger.options.segmentRowCount = 1_000
    let writer = try ledger.open()
    for segment in 0..<Self.segmentCount {
      let first = segment * Self.rowCount
      _ = try TestLedger.append(
        (first..<first + Self.rowCount).map { SampleEvent(number: $0) }, to: writer)
      try writer.commit()
    }
    try writer.close()
    return ledger
  }

  private func string(_ batch: EventColumns, _ row: Int, _ column: SearchedColumn) -> String? {
    switch column {
    case .eventID: batch.eventID.text(row)
    case .id(let id): batch[id].text(row)
    }
  }

  @Test(arguments: [
    // In every segment; in one; in none, within its bounds and beyond them.
    (SearchedColumn.id(.visitorID), "v-3", 5), (.id(.orderID), "o-503", 1), (.eventID, "e-999", 1),
    (.id(.orderID), "o-504", 0), (.id(.visitorID), "v-17", 0), (.eventID, "e-1000", 0),
    (.id(.cartID), "c", 0), (.id(.customerID), "", 0),
  ])
  func `give the rows of a scan`(_ column: SearchedColumn, _ id: String, _ count: Int) throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    let runs = try LedgerReader.open(directory: ledger.path, files: ledger.files).snapshot().runs
    #expect(runs.count == Self.segmentCount)
    let wanted = WantedStrings([Array(id.utf8)])
    var holders = 0
    for run in runs {
      var expected: [Int] = []
      var first = 0
      try run.scan { batch in
        for row in 0..<batch.count where string(batch, row, column) == id {
          expected.append(first + row)
        }
        first += batch.count
      }
      let opened = try run.opened()
      let candidates = try opened.candidateRows(wanted, in: column)
      let found = try opened.open(column.columns).rows(
        of: candidates, holding: wanted, in: column)
      #expect(found == expected)
      holders += expected.isEmpty ? 0 : 1
    }
    #expect(holders == count)
  }

  @Test func `read nothing of a segment whose filter has not the id`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    let runs = try LedgerReader.open(directory: ledger.path, files: ledger.files).snapshot().runs
    // Each id lies within the bounds of some segments: only filters tell that it is not there.
    var candidates = 0
    for number in 0..<200 {
      let wanted = WantedStrings([Array("v-1\(number % 7)x\(number)".utf8)])
      for run in runs {
        candidates += try run.candidateRows(wanted, in: .id(.visitorID)).count
      }
    }
    #expect(candidates <= 20)
  }

  @Test func `tell which rows can be late`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    for run in try LedgerReader.open(directory: ledger.path, files: ledger.files).snapshot().runs {
      var latest = Int64.min
      try run.scan { latest = max(latest, $0.occurredAt.max() ?? latest) }
      #expect(run.latestOccurrence == latest)
      #expect(try !run.candidateRows(occurredFrom: latest).isEmpty)
      #expect(try run.candidateRows(occurredFrom: latest + 1).isEmpty)
    }
  }
}

/// Rows of an event's id: the index of duplicates knows where they lie, if it has a file.
@Suite struct `Look-ups of event ids` {
  private static let rowCount = 600

  /// A ledger of which the last rows are in no index run's file.
  private func filled(_ sources: [String] = ["/shop", "/app"]) throws -> TestLedger {
    let ledger = try TestLedger()
    let writer = try ledger.open()
    for part in 0..<6 {
      let lines = (part * 100..<part * 100 + 100).map { number in
        // Two sources take turns with the same ids.
        let source = sources[number % sources.count]
        return #"{"specversion":"1.0","id":"e-\#(number / 2)","source":"\#(source)","#
          + #""type":"cart.item.added","time":"2026-03-01T00:00:00Z","data":{"visitor_id":"v"}}"#
      }
      _ = try writer.append(
        [TestLedger.batch(lines, seed: writer.identity.hashSeed)], origin: TestLedger.origin)
      try writer.commit()
    }
    try writer.close()
    return ledger
  }

  private func indexFiles(_ ledger: TestLedger) throws -> [URL] {
    let folder = ledger.path + "/index"
    return try ledger.files.list(folder).filter { $0.hasSuffix(".index") }
      .map { URL(filePath: folder + "/" + $0) }
  }

  /// The ledger offsets of an id, and how many rows had to be looked at.
  private func found(_ id: String, in ledger: TestLedger) throws -> (rows: [Int64], looked: Int) {
    let snapshot = try LedgerReader.open(directory: ledger.path, files: ledger.files).snapshot()
    let wanted = WantedStrings([Array(id.utf8)])
    var rows: [Int64] = []
    var looked = 0
    var first: Int64 = 0
    for run in snapshot.runs {
      let candidates = try run.opened().candidateRows(wanted, in: .eventID)
      looked += candidates.reduce(0) { $0 + $1.count }
      let found = try run.open(.eventID).rows(of: candidates, holding: wanted, in: .eventID)
      rows += found.map { first + Int64($0) }
      first += Int64(run.rowCount)
    }
    return (rows, looked)
  }

  private func checkAll(_ ledger: TestLedger) throws {
    for number in stride(from: 0, to: Self.rowCount / 2, by: 7) {
      let first = 2 * Int64(number)
      #expect(try found("e-\(number)", in: ledger).rows == [first, first + 1])
    }
    #expect(try found("e-\(Self.rowCount / 2)", in: ledger).rows.isEmpty)
  }

  @Test func `give all rows of the id, whatever their sources`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    #expect(try !indexFiles(ledger).isEmpty)
    try checkAll(ledger)
  }

  @Test func `look at no row for an id that is nowhere`() throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    // All within the bounds of the segments' ids, so only the index can tell.
    let withIndex = try (0..<300).reduce(0) { try $0 + found("e-1\($1)x", in: ledger).looked }
    for file in try indexFiles(ledger) { try FileManager.default.removeItem(at: file) }
    let without = try (0..<300).reduce(0) { try $0 + found("e-1\($1)x", in: ledger).looked }
    #expect(without > 1000)
    #expect(withIndex < without / 3)
  }

  @Test(arguments: [0, 9, 17, 30, 60, 100, 300, -20, -1])
  func `find the rows when a byte of the index is wrong`(place: Int) throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    for file in try indexFiles(ledger) {
      var bytes = try Data(contentsOf: file)
      bytes[place < 0 ? bytes.count + place : place] ^= 1
      try bytes.write(to: file)
    }
    try checkAll(ledger)
  }

  @Test(arguments: [0, 10, 1000])
  func `find the rows when files of the index are cut or gone`(byteCount: Int) throws {
    let ledger = try filled()
    defer { withExtendedLifetime(ledger.folder) {} }
    for file in try indexFiles(ledger) {
      let bytes = try Data(contentsOf: file)
      try FileManager.default.removeItem(at: file)
      if byteCount > 0 { try bytes.prefix(byteCount).write(to: file) }
    }
    try checkAll(ledger)
  }

  @Test func `find the rows among so many sources that filters cost less`() throws {
    let ledger = try filled((0..<40).map { "/shop/\($0)" })
    defer { withExtendedLifetime(ledger.folder) {} }
    try checkAll(ledger)
  }
}
