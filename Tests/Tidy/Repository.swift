import Foundation

/// The repository's own files, as the tidy tests read them.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  struct File: Sendable {
    /// Path from the repository's root.
    let path: String
    let lines: [String]

    /// The target a source file belongs to: `Sources/<target>/…`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
  }

  /// Files git knows or would add, with an ending among `endings`, under `folder`.
  static func files(under folder: String, endings: [String]) throws -> [File] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]
    process.currentDirectoryURL = root
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let names = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    return try names.filter { name in endings.contains { name.hasSuffix($0) } }.compactMap { name in
      let url = root.appending(path: name)
      guard FileManager.default.fileExists(atPath: url.path) else { return nil }
      let text = try String(contentsOf: url, encoding: .utf8)
      return File(path: name, lines: text.components(separatedBy: "\n"))
    }
  }
}
