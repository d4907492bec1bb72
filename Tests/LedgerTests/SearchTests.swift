import Bytes
import Events
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
