import Events
import Foundation
import Testing

/// The contract's own cases: what is accepted, redelivered and rejected, and why.
@Suite struct ContractCases {
  static let folder = repositoryRoot.appending(path: "Tests/Fixtures/cases")

  @Test func `every case accepts, drops and rejects what it says`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(names.count >= 86)
    let clock = try #require(time("2100-01-01T00:00:00Z"))
    for name in names.sorted() {
      let folder = Self.folder.appending(path: name)
      let expected = try JSONDecoder().decode(
        ExpectedCase.self, from: Data(contentsOf: folder.appending(path: "case.json")))
      let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "events.ndjson")))
      let batch = EventDecoder(seed: 7).decode(chunk: bytes, firstLine: 1, importClock: clock)
      let run = InMemoryEventRun([batch])
      var rejects = batch.rejects.map { ExpectedReject(line: $0.position, reason: $0.reason.code) }
      rejects += run.conflicts.map {
        ExpectedReject(line: batch.position[$0.row], reason: RejectReason.conflict.code)
      }
      rejects.sort { $0.line < $1.line }
      #expect(rejects == expected.rejects, "\(name)")
      // The counts of a case with `as_of` are of the events that exist then.
      let horizon = try expected.options.as_of.map { try #require(time($0)) } ?? Int64.max
      var acceptedCount = 0
      try run.scan { columns in
        for (occurredAt, recordedAt) in zip(columns.occurredAt, columns.recordedAt) {
          let effective = effectiveTime(occurredAt: occurredAt, recordedAt: recordedAt)
          if effective <= horizon && recordedAt <= horizon { acceptedCount += 1 }
        }
      }
      #expect(acceptedCount == expected.counts.accepted, "\(name)")
      #expect(run.redeliveredCount == expected.counts.redelivered, "\(name)")
      #expect(rejects.count == expected.counts.rejected, "\(name)")
    }
  }
}

private struct ExpectedReject: Decodable, Equatable {
  var line: Int64
  var reason: String
}

private struct ExpectedCase: Decodable {
  struct Counts: Decodable {
    var accepted: Int
    var redelivered: Int
    var rejected: Int
  }
  struct Options: Decodable {
    var as_of: String?
  }
  var counts: Counts
  var options: Options
  var rejects: [ExpectedReject]
}
