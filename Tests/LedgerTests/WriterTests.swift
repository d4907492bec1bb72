import Events
import Files
import FilesTesting
import Ledger
import Testing
import Threads

/// What the writer accepts, refuses and keeps.
@Suite struct Writer {
  @Test func `accepts new events and commits them`() throws {
    let ledger = try TestLedger()
    let writer = try ledger.open()
    let counts = try TestLedger.append((0..<200).map { SampleEvent(number: $0) }, to: writer)
    #expect(counts.accepted == 200)
    try writer.commit()
    #expect(writer.endOffset == 200)
    #expect(writer.uncommittedRowCount == 0)
    try writer.close()
    #expect(try ledger.files.list(ledger.path + "/segments").count == 4)
    #expect(try ledger.files.list(ledger.path + "/temporary") == [])
  }

  @Test func `knows redeliveries and conflicts in open, sealed and reopened segments`() throws {
    let ledger = try TestLedger()
    let events = (0..<150).map { SampleEvent(number: $0) }
    let others = [3, 100, 149].map { SampleEvent(number: $0, variant: 1) }
    var writer = try ledger.open()
    _ = try TestLedger.append(events, to: writer)
    for _ in 0..<2 {
      let again = try TestLedger.append(events, to: writer)
      #expect(again.redelivered == 150 && again.accepted == 0)
      let conflicts = try TestLedger.append(others, to: writer)
      #expect(conflicts.conflicts == 3 && conflicts.accepted == 0)
      try writer.commit()
      try writer.close()
      writer = try ledger.open()
    }
    #expect(writer.endOffset == 150)
    try writer.close()
  }

  @Test func `a second writer is told that the ledger is locked`() throws {
    let ledger = try TestLedger()
    let writer = try ledger.open()
    let error = #expect(throws: LedgerError.self) { _ = try ledger.open() }
    guard case .locked = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    try writer.close()
    try ledger.open().close()
  }

  @Test func `rows that were not committed are gone, and taken again`() throws {
    let ledger = try TestLedger()
    let events = (0..<30).map { SampleEvent(number: $0) }
    let writer = try ledger.open()
    _ = try TestLedger.append(events, to: writer)
    try writer.close()
    let next = try ledger.open()
    #expect(try TestLedger.append(events, to: next).accepted == 30)
    try next.commit()
    try next.close()
  }
}
