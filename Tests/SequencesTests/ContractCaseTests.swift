import Foundation
import Sequences
import Testing

/// One of the contract's cases, as the repository keeps it.
struct ContractCase: CustomTestStringConvertible {
  let folder: URL

  var testDescription: String { folder.lastPathComponent }

  static func all() throws -> [ContractCase] {
    let cases = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/cases")
    return try FileManager.default
      .contentsOfDirectory(at: cases, includingPropertiesForKeys: nil)
      .filter { FileManager.default.fileExists(atPath: $0.appending(path: "case.json").path) }
      .sorted { $0.lastPathComponent.utf8.lexicographicallyPrecedes($1.lastPathComponent.utf8) }
      .map(ContractCase.init)
  }

  func file(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  func options() throws -> SequenceOptions {
    let object = try JSONSerialization.jsonObject(with: Data(try file("case.json")))
    let options = (object as? [String: Any])?["options"] ?? [:]
    let text = [UInt8](try JSONSerialization.data(withJSONObject: options))
    return try SequenceOptions(parsing: text, file: "case.json")
  }

  func counts() throws -> Counts {
    struct Description: Decodable { var counts: Counts }
    return try JSONDecoder().decode(Description.self, from: Data(try file("case.json"))).counts
  }

  struct Counts: Decodable {
    var accepted: Int
    var unattributed: Int
    var orphans: Int
  }
}

@Suite struct `The contract's cases` {
  @Test(arguments: try ContractCase.all())
  func `give the expected rows byte for byte and the expected counts`(
    contractCase: ContractCase
  ) throws {
    let events = run(of: try contractCase.file("events.ndjson"))
    let computed = try compute([events], try contractCase.options())
    let expected = try contractCase.file("expected.ndjson")
    if computed.rows != expected {
      Issue.record("\(firstDifference(text(computed.rows), text(expected)))")
    }
    let counts = try contractCase.counts()
    #expect(computed.counts.accepted == counts.accepted)
    #expect(computed.counts.unattributed == counts.unattributed)
    #expect(computed.counts.orphans == counts.orphans)
  }
}

/// The first line that differs, of both.
func firstDifference(_ found: String, _ expected: String) -> String {
  let foundLines = found.split(separator: "\n", omittingEmptySubsequences: false)
  let expectedLines = expected.split(separator: "\n", omittingEmptySubsequences: false)
  for index in 0..<max(foundLines.count, expectedLines.count) {
    let left = index < foundLines.count ? String(foundLines[index]) : "(nothing)"
    let right = index < expectedLines.count ? String(expectedLines[index]) : "(nothing)"
    if Array(left.utf8) != Array(right.utf8) {
      return "line \(index + 1)\n  found    \(left)\n  expected \(right)"
    }
  }
  return "no difference"
}
