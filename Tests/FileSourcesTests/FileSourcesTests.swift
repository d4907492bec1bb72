import FileSources
import Files
import Foundation
import MessageSourceChecks
import MessageSources
import Synchronization
import Testing

/// A folder that is gone after the test.
final class TestFolder: Sendable {
  let url = FileManager.default.temporaryDirectory.appending(path: "tail-\(UUID().uuidString)")
  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: url) }
  func path(_ name: String) -> String { url.appending(path: name).path }

  func append(_ name: String, _ bytes: some Sequence<UInt8>) throws {
    let path = path(name)
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  func append(_ name: String, _ text: String) throws { try append(name, Array(text.utf8)) }
}

private final class TailStand: SourceStand {
  let folder: TestFolder
  init() throws {
    folder = try TestFolder()
    try folder.append("log", "")
  }
  var takesAnyBytes: Bool { false }
  func publish(_ messages: [[UInt8]]) throws {
    try folder.append("log", messages.flatMap { $0 + [0x0a] })
  }
  func makeSource() throws -> any MessageSource { TailSource(path: folder.path("log")) }
  func close() {}
}

private final class FolderStand: SourceStand {
  let folder: TestFolder
  let count = Mutex(0)
  init() throws { folder = try TestFolder() }
  var takesAnyBytes: Bool { false }
  func publish(_ messages: [[UInt8]]) throws {
    let number = count.withLock { count -> Int in
      count += 1
      return count
    }
    let name = String(format: "%06d.ndjson", number)
    try folder.append(".\(name)", messages.flatMap { $0 + [0x0a] })
    try FileManager.default.moveItem(
      atPath: folder.path(".\(name)"), toPath: folder.path(name))
  }
  func makeSource() throws -> any MessageSource {
    FolderSource(path: folder.url.path, files: POSIXFileSystem())
  }
  func close() {}
}

private let limit = PullLimit(messageCount: 100, byteCount: 1 << 20)

/// Pulls until nothing comes; notices by kind, messages as text.
private func drain(_ source: any MessageSource, into all: inout MessageBatch) throws
  -> (lines: [String], notices: [SourceNotice.Kind])
{
  var notices: [SourceNotice.Kind] = []
  let before = all.count
  var idleCount = 0
  while idleCount < 6 {
    switch try source.pull(into: &all, limit: limit, wait: .zero) {
    case .messages: idleCount = 0
    case .notice(let notice): notices.append(notice.kind)
    case .idle, .ended: idleCount += 1
    }
  }
  let lines = (before..<all.count).map { String(decoding: all.message($0), as: UTF8.self) }
  return (lines, notices)
}

@Suite struct TailSources {
  @Test func `a growing file does what every source must`() throws {
    #expect(
      try MessageSourceChecks(patience: .milliseconds(100)) { try TailStand() }.problems() == [])
  }

  @Test func `positions are line numbers, blank lines count, half a line waits`() throws {
    let folder = try TestFolder()
    try folder.append("log", "one\r\n\n  \ntwo\nthr")
    let source = TailSource(path: folder.path("log"))
    try source.open(resumeAfter: .none)
    var all = MessageBatch()
    #expect(try drain(source, into: &all).lines == ["one", "two"])
    #expect(all.positions == [1, 4])
    try folder.append("log", "ee\n")
    #expect(try drain(source, into: &all).lines == ["three"])
    #expect(all.positions == [1, 4, 5])
  }

  @Test func `a rotated file is read to its end, then the new one from its beginning`() throws {
    let folder = try TestFolder()
    try folder.append("log", "a\nb\n")
    let source = TailSource(path: folder.path("log"))
    try source.open(resumeAfter: .none)
    var all = MessageBatch()
    #expect(try drain(source, into: &all).lines == ["a", "b"])
    try FileManager.default.moveItem(atPath: folder.path("log"), toPath: folder.path("log.1"))
    try folder.append("log.1", "c\nd")
    try folder.append("log", "e\n")
    let (lines, notices) = try drain(source, into: &all)
    #expect(lines == ["c", "d", "e"])
    #expect(notices == [.rotated])
    #expect(Set(all.parts.map(\.origin)).count == 2)
    let again = TailSource(path: folder.path("log"))
    try again.open(resumeAfter: CommittedPositions(all.endPositions))
    var rest = MessageBatch()
    #expect(try drain(again, into: &rest).lines == [])
  }

  @Test func `a file that was cut and written again is told and taken anew`() throws {
    let folder = try TestFolder()
    try folder.append("log", "a\nb\nc\n")
    let source = TailSource(path: folder.path("log"))
    try source.open(resumeAfter: .none)
    var all = MessageBatch()
    _ = try drain(source, into: &all)
    try Data("a\n".utf8).write(to: URL(filePath: folder.path("log")), options: [])
    let (lines, notices) = try drain(source, into: &all)
    #expect(lines == ["a"] && notices == [.truncated])
    #expect(all.parts.count == 2 && all.parts[0].origin != all.parts[1].origin)
  }

  @Test func `a file replaced while nobody looked is told and taken from its beginning`() throws {
    let folder = try TestFolder()
    try folder.append("log", "a\nb\n")
    let first = TailSource(path: folder.path("log"))
    try first.open(resumeAfter: .none)
    var all = MessageBatch()
    _ = try drain(first, into: &all)
    first.close()
    for (text, kind) in [("x\ny\nz\n", SourceNotice.Kind.rotated), ("a\nx\n", .truncated)] {
      try Data(text.utf8).write(to: URL(filePath: folder.path("log")))
      let second = TailSource(path: folder.path("log"))
      try second.open(resumeAfter: CommittedPositions(all.endPositions))
      var rest = MessageBatch()
      let (lines, notices) = try drain(second, into: &rest)
      #expect(lines == text.split(separator: "\n").map(String.init))
      #expect(notices == [kind])
      second.close()
    }
  }

  @Test func `a line too long to hold comes as its beginning, and the next ones whole`() throws {
    let folder = try TestFolder()
    try folder.append("log", "a\n")
    try folder.append("log", [UInt8](repeating: 0x78, count: 9 << 20))
    try folder.append("log", "\nb\n")
    let source = TailSource(path: folder.path("log"))
    try source.open(resumeAfter: .none)
    var all = MessageBatch()
    _ = try drain(source, into: &all)
    #expect(all.lengths == [1, (8 << 20) + 1, 1])
    #expect(all.positions == [1, 2, 3])
  }
}

@Suite struct FolderSources {
  @Test func `a folder of finished files does what every source must`() throws {
    #expect(
      try MessageSourceChecks(patience: .milliseconds(100)) { try FolderStand() }.problems() == [])
  }

  @Test func `each file is taken once, by name and content`() throws {
    let folder = try TestFolder()
    try folder.append("1.ndjson", "a\nb")
    try folder.append("2.ndjson", "\n\n")
    try folder.append("3.ndjson.part", "unfinished\n")
    try folder.append("4.ndjson.gz", "compressed\n")
    let source = FolderSource(path: folder.url.path, files: POSIXFileSystem())
    try source.open(resumeAfter: .none)
    var all = MessageBatch()
    let first = try drain(source, into: &all)
    #expect(first.lines == ["a", "b"] && first.notices == [.information])
    // Touched, but the same; another content; another name.
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1000)], ofItemAtPath: folder.path("1.ndjson"))
    let again = FolderSource(path: folder.url.path, files: POSIXFileSystem())
    try again.open(resumeAfter: CommittedPositions(all.endPositions))
    var rest = MessageBatch()
    let none: [String] = []
    #expect(try drain(again, into: &rest).lines == none)
    try Data("c\n".utf8).write(to: URL(filePath: folder.path("1.ndjson")))
    try folder.append("5.ndjson", "d\n")
    #expect(try drain(source, into: &all).lines == ["c", "d"])
  }
}
