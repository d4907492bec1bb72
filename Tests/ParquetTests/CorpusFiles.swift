import Foundation

/// The files of apache/parquet-testing, unpacked once for all tests, and what pyarrow reads in
/// them.
struct CorpusFiles {
  /// What pyarrow reads from one top-level column.
  struct Expected {
    var file: String
    var column: String
    /// Nil where pyarrow refuses the column, or the file if the column has no name.
    var rowCount: Int?
    var digest: String
    var first: String
  }

  let folder: URL
  let expected: [Expected]
  /// Paths within the corpus, sorted.
  let paths: [String]

  static let shared = Result { try CorpusFiles() }

  private init() throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    folder = FileManager.default.temporaryDirectory
      .appending(path: "parquet-corpus-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    _ = try CorpusFiles.run(
      "/usr/bin/tar",
      [
        "xzf", fixtures.appending(path: "parquet-testing.tar.gz").path,
        "-C", folder.path,
      ])
    let table = try CorpusFiles.run(
      "/usr/bin/gzip",
      ["-dc", fixtures.appending(path: "parquet-testing-expected.tsv.gz").path])
    expected = String(decoding: table, as: UTF8.self).split(separator: "\n").map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Expected(
        file: parts[0], column: parts[1], rowCount: Int(parts[2]), digest: parts[3],
        first: parts[4])
    }
    let all = FileManager.default.enumerator(atPath: folder.path)?.allObjects ?? []
    paths = all.compactMap { $0 as? String }.sorted()
  }

  func bytes(_ path: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: folder.appending(path: path)))
  }

  private static func run(_ tool: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: tool)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    struct Failed: Error { var tool: String }
    guard process.terminationStatus == 0 else { throw Failed(tool: tool) }
    return data
  }
}
