import Bytes
package import Files
package import MessageSources

/// A folder in which finished files appear, by a rename: each is taken once, by name and content.
///
/// Files are taken in the order of their names. Names that begin with a dot or end in `.part`,
/// `.tmp` or `.swp` are still being written. A file is its own origin, named by its path and a hash
/// of its content; the checkpoint of its last line says so, and what the file looked like, so that
/// it need not be read again.
/// - Concurrency: `@unchecked` because all but `interrupt` is one thread's.
package final class FolderSource: MessageSource, @unchecked Sendable {
  private let path: String
  private let follows: Bool
  private let files: any FileSystem
  private let waiting = SourceWait()
  private var committed = CommittedPositions.none
  /// What files looked like that are taken or refused, by name.
  private var done: [String: FileIdentity] = [:]
  private var current: OpenFile?
  private var notices: [SourceNotice] = []
  private var waitingCount = 0

  /// The file that is being taken.
  private struct OpenFile {
    var name: String
    var origin: [UInt8]
    var identity: FileIdentity
    var cursor: LineCursor
  }

  package init(path: String, files: any FileSystem, follows: Bool = true) {
    self.path = path
    self.files = files
    self.follows = follows
  }

  package var name: String { "tail:\(path)/" }

  package func open(resumeAfter committed: CommittedPositions) throws {
    close()
    waiting.reset()
    self.committed = committed
    done = [:]
    // What was finished and looks as it did then is not even opened.
    let prefix = Array("tail:\(path)/".utf8)
    for known in try committed.positions(beginningWith: prefix) {
      guard let place = FilePlace(known.detail), place.isWhole else { continue }
      let rest = known.origin.dropFirst(prefix.count)
      guard let mark = rest.lastIndex(of: UInt8(ascii: "@")) else { continue }
      let name = String(decoding: rest[..<mark], as: UTF8.self)
      if let now = try reading({ try FileIdentity.at(self.path + "/" + name) }), place.isLike(now) {
        done[name] = now
      }
    }
    _ = try reading { try self.files.list(self.path) }
  }

  package func pull(
    into batch: inout MessageBatch, limit: PullLimit, wait: Duration
  ) throws -> PullOutcome {
    let end = ContinuousClock.now.advanced(by: wait)
    var pause = Limits.shortestWait
    while !waiting.wasInterrupted {
      if !notices.isEmpty { return .notice(notices.removeFirst()) }
      if current == nil { try openNext() }
      if current != nil {
        if try readLines(&batch, limit) { return .messages }
        continue
      }
      if !notices.isEmpty { continue }
      if !follows { return .ended }
      let left = end - ContinuousClock.now
      if left <= .zero { return .idle }
      waiting.wait(min(pause, left))
      pause = min(pause * 2, Limits.listingWait)
    }
    return .idle
  }

  // MARK: Choosing

  private func openNext() throws {
    let names = try reading { try self.files.list(self.path) }.filter(FolderSource.isFinished)
    waitingCount = 0
    for name in names {
      let place = path + "/" + name
      guard let identity = try reading({ try FileIdentity.at(place) }), !identity.isDirectory,
        done[name] != identity
      else { continue }
      if current != nil {
        waitingCount += 1
        continue
      }
      if FolderSource.isCompressed(name) {
        done[name] = identity
        notices.append(
          SourceNotice(
            .information,
            "\(place) is compressed and left alone: 'daybook ingest \(place)' takes it"))
        continue
      }
      try begin(name, place, identity)
    }
  }

  private static func isFinished(_ name: String) -> Bool {
    !name.utf8.starts(with: ".".utf8)
      && ![".part", ".tmp", ".swp"].contains { name.hasSuffix($0) }
  }

  private static func isCompressed(_ name: String) -> Bool {
    [".gz", ".zst", ".bz2", ".xz"].contains { name.hasSuffix($0) }
  }

  /// Opens a file where it was left; passes over one whose content is taken.
  private func begin(_ name: String, _ place: String, _ identity: FileIdentity) throws {
    let file = try reading { try FollowedFile(path: place) }
    let hash = try contentHash(file)
    let origin = Array("tail:\(path)/\(name)@\(hexadecimal(Array(hash.prefix(8))))".utf8)
    var cursor = LineCursor(file)
    if let known = try committed.position(of: origin) {
      guard let place = FilePlace(known.detail) else {
        throw SourceError.damaged(
          place: place, detail: "its checkpoint says '\(known.detail)', which is no place")
      }
      if place.isWhole {
        done[name] = identity
        return
      }
      cursor = LineCursor(file, offset: place.offset, line: known.position)
    }
    current = OpenFile(name: name, origin: origin, identity: identity, cursor: cursor)
  }

  private func contentHash(_ file: FollowedFile) throws -> [UInt8] {
    var hash = ContentHash(seed: 0)
    var buffer = [UInt8](repeating: 0, count: Limits.readByteCount)
    var offset = 0
    while true {
      let got = try reading {
        try buffer.withUnsafeMutableBytes { bytes in try file.read(into: bytes, at: offset) }
      }
      if got == 0 { return hash.finish() }
      buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
      offset += got
    }
  }

  // MARK: Reading

  private func readLines(_ batch: inout MessageBatch, _ limit: PullLimit) throws -> Bool {
    guard var open = current else { return false }
    current = nil
    let before = batch.count
    let subject = batch.code(forSubject: [])
    var byteCount = 0
    while batch.count - before < limit.messageCount {
      let saved = open.cursor
      var isTooMuch = false
      var isMessage = false
      let found = try reading {
        try open.cursor.next(takesUnfinished: true) { line in
          if isBlank(line) { return }
          byteCount += line.count
          isTooMuch = batch.count > before && byteCount > limit.byteCount
          if isTooMuch { return }
          isMessage = true
          batch.beginPart(origin: open.origin)
          batch.append(
            line, position: saved.line + 1, recordedAt: MessageBatch.noTime, subjectCode: subject)
        }
      }
      if isTooMuch {
        open.cursor = saved
        current = open
        return true
      }
      if !found {
        if batch.count > before {
          batch.setDetail(FilePlace(whole: open.identity).text)
        }
        done[open.name] = open.identity
        open.cursor.file.close()
        return batch.count > before
      }
      if isMessage { batch.setDetail(FilePlace(offset: open.cursor.offset).text) }
    }
    current = open
    return true
  }

  package func acknowledge(_ positions: [SourcePosition]) -> Bool { true }

  package func backlog() -> SourceBacklog? {
    current == nil && waitingCount == 0 ? SourceBacklog(messageCount: 0) : SourceBacklog()
  }

  package func interrupt() { waiting.interrupt() }

  package func close() {
    current?.cursor.file.close()
    current = nil
  }

  private func reading<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as FileError {
      throw error.reason == .denied
        ? SourceError.refused(
          place: path, detail: error.description, hint: "check who may read it")
        : SourceError.unreachable(place: path, detail: error.description)
    }
  }
}

/// How far a file of a folder is taken, as a checkpoint keeps it.
struct FilePlace: Equatable {
  var offset = 0
  /// What a file looked like that is taken whole.
  private var size: Int?
  private var modifiedAt: Int64?

  var isWhole: Bool { size != nil }

  init(offset: Int) { self.offset = offset }

  init(whole identity: FileIdentity) {
    size = identity.byteCount
    modifiedAt = identity.modifiedAt
  }

  init?(_ text: String) {
    let words = text.split(separator: " ")
    if words.count == 2, words[0] == "byte", let offset = Int(words[1]) {
      self.offset = offset
    } else if words.count == 5, words[0] == "whole", words[1] == "bytes", let size = Int(words[2]),
      words[3] == "modified", let time = Int64(words[4])
    {
      self.size = size
      modifiedAt = time
    } else {
      return nil
    }
  }

  func isLike(_ identity: FileIdentity) -> Bool {
    size == identity.byteCount && modifiedAt == identity.modifiedAt
  }

  var text: String {
    guard let size, let modifiedAt else { return "byte \(offset)" }
    return "whole bytes \(size) modified \(modifiedAt)"
  }
}
