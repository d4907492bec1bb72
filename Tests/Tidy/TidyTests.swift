import Foundation
import Testing

/// Style as a test: reads the repository once and fails with file and line.
@Suite struct Tidiness {
  /// What each target may import, arrows pointing down only. System modules are free.
  private static let allowedImports: [String: Set<String>] = [
    "Bytes": ["CCrypto", "CKernels"],
    "Files": ["CKernels"],
    "Threads": ["Synchronization"],
    "Parquet": ["Bytes", "CKernels", "CZstd", "CZlib", "CSnappy", "CLZ4", "Synchronization"],
    "Events": ["Bytes", "CKernels"],
    "ConfigurationFiles": ["Yams", "Foundation"],
    "MessageSources": ["Bytes"],
    "Mappings": ["Bytes", "ConfigurationFiles", "Events", "Files"],
    "Decoders": ["Bytes", "ConfigurationFiles", "Events", "Mappings"],
    "Ledger": [
      "Bytes", "CKernels", "Events", "Files", "Parquet", "Threads", "GRDB", "Foundation",
      "Synchronization",
    ],
    "Sequences": [
      "Bytes", "CKernels", "ConfigurationFiles", "Events", "Files", "Parquet", "Threads",
      "Synchronization",
    ],
    "ShopSimulator": ["Bytes"],
    "FileSources": ["Bytes", "Files", "MessageSources", "Threads"],
    "EmbeddedBus": [
      "Bytes", "Files", "MessageSources", "Threads", "GRDB", "Foundation", "Synchronization",
    ],
    "Ingest": [
      "Bytes", "CZlib", "CZstd", "Decoders", "Events", "Files", "Ledger", "Mappings",
      "MessageSources", "Threads", "Synchronization",
    ],
    "Datasets": [
      "Bytes", "CCrypto", "CZlib", "ConfigurationFiles", "Events", "Files", "Ledger", "Mappings",
      "Parquet", "Sequences", "Threads", "Synchronization",
    ],
    "KafkaSource": ["Bytes", "CKafka", "ConfigurationFiles", "MessageSources", "Synchronization"],
    "NATSSource": [
      "Bytes", "CCrypto", "CNATS", "ConfigurationFiles", "MessageSources", "Foundation",
      "Synchronization",
    ],
    "LiveConfiguration": ["ConfigurationFiles", "Decoders"],
    "Monitoring": ["Bytes", "ConfigurationFiles", "Ingest", "Ledger"],
    "Server": [
      "Threads", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "NIOPosix",
      "ServiceLifecycle",
    ],
    "daybook": [
      "ArgumentParser", "Bytes", "ConfigurationFiles", "Datasets", "Decoders", "EmbeddedBus",
      "Events",
      "FileSources", "Files", "Ingest", "KafkaSource", "Ledger", "LiveConfiguration", "Logging",
      "Mappings", "MessageSources", "Monitoring", "NATSSource", "Parquet", "Sequences", "Server",
      "ServiceLifecycle", "ShopSimulator", "Threads", "UnixSignals", "Foundation",
      "Synchronization",
    ],
  ]

  private static let systemModules: Set<String> = ["Glibc", "Darwin"]

  private func sources() throws -> [Repository.File] {
    try Repository.files(under: "Sources", endings: [".swift"])
  }

  private func fail(_ file: Repository.File, _ line: Int, _ why: String) {
    Issue.record("\(file.path):\(line + 1): \(why)")
  }

  @Test func `imports point downward`() throws {
    for file in try sources() {
      let allowed = try #require(Self.allowedImports[file.target], "unknown target \(file.target)")
      for (number, line) in file.lines.enumerated() {
        let words = line.split(separator: " ").map(String.init)
        guard let place = words.firstIndex(of: "import"), place <= 1, words.count > place + 1,
          line.first != " " || line.hasPrefix("  import")
        else { continue }
        let module = words[place + 1]
        if !allowed.contains(module) && !Self.systemModules.contains(module) {
          fail(file, number, "\(file.target) must not import \(module)")
        }
      }
    }
  }

  @Test func `files are short and lines fit the page`() throws {
    for file in try sources() where !file.path.contains("Generated") {
      if file.lines.count > 600 { fail(file, 599, "longer than 600 lines: one noun a file") }
      for (number, line) in file.lines.enumerated() where line.count > 100 {
        fail(file, number, "longer than 100 columns")
      }
    }
  }

  /// Ways to trap on data, to hide an error, or to be unfinished.
  private static let banned: [(pattern: String, why: String)] = [
    (#"\btry!"#, "try! traps"),
    (#"\bas!"#, "as! traps"),
    (#"\bfatalError\("#, "throw, or use precondition for programmer errors"),
    (#"catch \{\s*\}"#, "an empty catch hides an error"),
    (#"\b(TODO|FIXME|XXX|HACK)\b"#, "leftover mark"),
    (#"[A-Za-z0-9_\)\]]!(\.|\)|,|\s*$|\[)"#, "force unwrap"),
    (#"/(home|root|tmp|work)/"#, "a path of some machine"),
  ]

  @Test func `hard rules hold`() throws {
    let rules = try Self.banned.map { (try Regex($0.pattern), $0.why) }
    for file in try sources() {
      for (number, line) in file.lines.enumerated() {
        let code = line.trimmingCharacters(in: .whitespaces)
        if code.hasPrefix("//") { continue }
        for (regex, why) in rules where code.contains(regex) { fail(file, number, why) }
      }
    }
  }

  /// Calls that make output depend on the moment, the machine or chance.
  private static let ambient: [(pattern: String, why: String)] = [
    (#"\bDate\(\)"#, "time comes through a seam"),
    (#"\bUUID\(\)"#, "randomness comes through a seam"),
    (#"\.random\(in:"#, "randomness comes through a seam"),
    (#"\bFileManager\b"#, "files come through the file seam"),
    (#"\bProcessInfo\b"#, "the environment is the command line's business"),
    (#"(^|[^.\w])print\("#, "only the command line talks"),
  ]

  @Test func `core targets look at no clock, no chance and no directory`() throws {
    let rules = try Self.ambient.map { (try Regex($0.pattern), $0.why) }
    for file in try sources() where file.target != "daybook" {
      for (number, line) in file.lines.enumerated() {
        let code = line.trimmingCharacters(in: .whitespaces)
        if code.hasPrefix("//") { continue }
        for (regex, why) in rules where code.contains(regex) { fail(file, number, why) }
      }
    }
  }

  @Test func `unchecked concurrency says why`() throws {
    for file in try sources() {
      for (number, line) in file.lines.enumerated()
      where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
        let before = file.lines[max(0, number - 12)..<number].joined(separator: "\n")
        if !before.contains("Concurrency:") {
          fail(file, number, "needs a comment with '- Concurrency:' just before it")
        }
      }
    }
  }

  @Test func `package and public declarations are documented`() throws {
    let declaration = try Regex(
      #"^(package|public) (final |indirect |static |mutating |consuming )*(class|struct|enum|protocol|actor) "#
    )
    for file in try sources() {
      for (number, line) in file.lines.enumerated() where line.contains(declaration) {
        var above = number - 1
        while above >= 0, file.lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("@") {
          above -= 1
        }
        let comment = above >= 0 ? file.lines[above].trimmingCharacters(in: .whitespaces) : ""
        if !comment.hasPrefix("///") { fail(file, number, "a type across targets needs a comment") }
      }
    }
  }

  @Test func `links in documents lead somewhere`() throws {
    let link = try Regex(#"\]\(([^)#]+)(#[^)]*)?\)"#)
    for file in try Repository.files(under: ".", endings: [".md"])
    where file.path != "docs/semantics.md" {
      let folder = Repository.root.appending(path: file.path).deletingLastPathComponent()
      for (number, line) in file.lines.enumerated() {
        for match in line.matches(of: link) {
          guard let target = match.output[1].substring, !target.contains("://") else { continue }
          let path = folder.appending(path: String(target)).path
          if !FileManager.default.fileExists(atPath: path) {
            fail(file, number, "the link to \(target) leads nowhere")
          }
        }
      }
    }
  }
}
