import Foundation
import Testing

/// The contract's worked examples through the real tool: rows byte for byte, counts, rejects.
@Suite struct WorkedExamples {
  struct Case: Decodable {
    struct Counts: Decodable, Equatable {
      var accepted: Int
      var redelivered: Int
      var rejected: Int
      var unattributed: Int
      var orphans: Int
    }
    struct Reject: Decodable, Equatable {
      var line: Int
      var reason: String
    }
    var counts: Counts
    var rejects: [Reject]
  }

  private struct IngestReport: Decodable {
    var accepted: Int
    var redelivered: Int
    var rejected: Int
  }

  private struct SequencesReport: Decodable {
    var accepted: Int
    var unattributed: Int
    var orphans: Int
  }

  private struct RejectLine: Decodable {
    var position: Int
    var reason: String
  }

  static let names = (try? FileManager.default.contentsOfDirectory(
    atPath: Tool.root.appending(path: "Tests/Fixtures/cases").path))?.sorted() ?? []

  @Test func `there are 86 of them`() { #expect(Self.names.count == 86) }

  @Test(arguments: names)
  func `a case comes out byte for byte`(name: String) throws {
    let folder = Tool.root.appending(path: "Tests/Fixtures/cases/\(name)")
    let json = try Data(contentsOf: folder.appending(path: "case.json"))
    let expected = try JSONDecoder().decode(Case.self, from: json)
    let scratch = try Scratch()
    let content = try JSONSerialization.jsonObject(with: json) as? [String: Any]
    let options = try JSONSerialization.data(withJSONObject: content?["options"] ?? [:])
    try options.write(to: URL(filePath: scratch.path("options.json")))

    let ingest = try Tool.run(
      "ingest", "--json", "--ledger", scratch.path("ledger"),
      folder.appending(path: "events.ndjson").path)
    #expect(ingest.code == 0, "\(ingest.talk)")
    let taken = try JSONDecoder().decode(IngestReport.self, from: ingest.output)
    #expect(taken.redelivered == expected.counts.redelivered)
    #expect(taken.rejected == expected.counts.rejected)

    let rows = try Tool.run(
      "sequences", "--json", "--ledger", scratch.path("ledger"), "--format", "ndjson",
      "--options", scratch.path("options.json"))
    #expect(rows.code == 0, "\(rows.talk)")
    let wanted = try Data(contentsOf: folder.appending(path: "expected.ndjson"))
    #expect(rows.output == wanted, "the rows of \(name) differ")
    let walked = try JSONDecoder().decode(SequencesReport.self, from: Data(rows.talk.utf8))
    #expect(walked.accepted == expected.counts.accepted)
    #expect(walked.unattributed == expected.counts.unattributed)
    #expect(walked.orphans == expected.counts.orphans)

    let rejects = try Tool.run(
      "rejects", "list", "--ledger", scratch.path("ledger"), "--format", "ndjson")
    let found = try rejects.lines.map {
      try JSONDecoder().decode(RejectLine.self, from: Data($0.utf8))
    }
    #expect(found.map { Case.Reject(line: $0.position, reason: $0.reason) } == expected.rejects)
  }
}
