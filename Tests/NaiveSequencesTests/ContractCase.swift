import Foundation
import NaiveSequences
import Testing

/// One of the contract's cases, as the repository keeps it.
struct ContractCase: CustomTestStringConvertible {
  let folder: URL

  var testDescription: String { folder.lastPathComponent }

  /// All cases, sorted by name.
  static func all() throws -> [ContractCase] {
    let cases = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/cases")
    return try FileManager.default
      .contentsOfDirectory(at: cases, includingPropertiesForKeys: nil)
      .filter { FileManager.default.fileExists(atPath: $0.appending(path: "case.json").path) }
      .sorted { $0.lastPathComponent.utf8.lexicographicallyPrecedes($1.lastPathComponent.utf8) }
      .map(ContractCase.init)
  }

  func file(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  /// What `case.json` says.
  func description() throws -> Description {
    try JSONDecoder().decode(Description.self, from: Data(try file("case.json")))
  }

  /// The options of `case.json`, as its text.
  func options() throws -> NaiveOptions {
    let object = try JSONSerialization.jsonObject(with: Data(try file("case.json")))
    let options = (object as? [String: Any])?["options"] ?? [:]
    return try NaiveOptions(json: [UInt8](try JSONSerialization.data(withJSONObject: options)))
  }

  struct Description: Decodable {
    var counts: Counts
    var rejects: [Reject]
  }

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
}
