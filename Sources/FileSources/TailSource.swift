import Bytes
import Files
package import MessageSources

/// A file of lines that grows: every line is a message, its position is its number.
///
/// A file that takes its place (rotation) and one that was cut (truncation) are other origins:
/// told apart by a hash of the first line, and by the last line that was taken, which must still be
/// where it was. Both are said loudly; the new file is taken from its beginning.
/// - Concurrency: `@unchecked` because all but `interrupt` is one thread's.
package final class TailSource: MessageSource, @unchecked Sendable {
  private let path: String
  private let follows: Bool
  private let waiting = SourceWait()
  private var committed = CommittedPositions.none
  private var cursor: LineCursor?
  private var identity: FileIdentity?
  private var origin: [UInt8] = []
  private var notices: [SourceNotice] = []
  private var looksAfterRotation = 0
  /// Origins of files that were here before, since the opening.
  private var usedOrigins: Set<[UInt8]> = []

  /// - Parameters:
  ///   - path: names the file in origins, so it should be whole, from the root.
  ///   - follows: false ends with what is there.
  package init(path: String, follows: Bool = true) {
    self.path = path
    self.follows = follows
  }

  package var name: String { "tail:\(path)" }

  package func open(resumeAfter committed: CommittedPositions) throws {
    close()
    waiting.reset()
    self.committed = committed
    notices = []
    usedOrigins = []
    try begin()
    if cursor == nil {
      throw SourceError.missing(place: path, detail: "there is no such file yet")
    }
  }

  /// Opens the file that is at the path now, if there is one; its origin follows from its first
  /// line, as soon as that is whole.
  private func begin() throws {
    looksAfterRotation = 0
    origin = []
    let file: FollowedFile
    do throws(FileError) {
      file = try FollowedFile(path: path)
      identity = try file.identity()
    } catch {
      cursor = nil
      identity = nil
      if error.reason == .notFound { return }
      throw unreachable(error)
    }
    cursor = LineCursor(file)
  }

  /// Finds out which origin the file is and where to go on; false while its first line is not
  /// whole.
  private func identify(_ file: FollowedFile) throws -> Bool {
    var first = LineCursor(file)
    var fingerprint: UInt64?
    _ = try reading {
      try first.next(takesUnfinished: false) { line in
        let part = UnsafeRawBufferPointer(
          rebasing: line.prefix(Limits.fingerprintByteCount))
        fingerprint = fastHash(part, seed: 0)
      }
    }
    guard let fingerprint else { return false }
    let prefix = Array("tail:\(path)@".utf8)
    let base = prefix + Array(String(fingerprint, radix: 16).utf8)
    let others = try committed.positions(beginningWith: prefix)
    // Files that begin with the same line are counted, should one be cut and written again.
    for life in 1... {
      let name = life == 1 ? base : base + Array("#\(life)".utf8)
      if usedOrigins.contains(name) { continue }
      guard let known = try committed.position(of: name) else {
        origin = name
        cursor = LineCursor(file)
        if let latest = others.last, usedOrigins.isEmpty {
          notices.append(
            SourceNotice(
              life > 1 ? .truncated : .rotated,
              "\(path) is not the file it was when line \(latest.position) was taken; it is "
                + "taken from its beginning, and lines that came behind that one are elsewhere"))
        }
        return true
      }
      if let place = TailPlace(known.detail), try isStillThere(place, file) {
        origin = name
        cursor = LineCursor(file, offset: place.offset, line: known.position)
        return true
      }
    }
    preconditionFailure("a life without a position is found")
  }

  /// Whether the last line that was taken still ends where it did.
  private func isStillThere(_ place: TailPlace, _ file: FollowedFile) throws -> Bool {
    guard place.lineStart < place.offset else { return false }
    var cursor = LineCursor(file, offset: place.lineStart)
    var hash: UInt64?
    let found = try reading {
      try cursor.next(takesUnfinished: false) { hash = fastHash($0, seed: 0) }
    }
    return found && hash == place.hash
  }

  package func pull(
    into batch: inout MessageBatch, limit: PullLimit, wait: Duration
  ) throws -> PullOutcome {
    let end = ContinuousClock.now.advanced(by: wait)
    var pause = Limits.shortestWait
    while !waiting.wasInterrupted {
      if cursor == nil { try begin() }
      if let cursor, origin.isEmpty { _ = try identify(cursor.file) }
      if !notices.isEmpty { return .notice(notices.removeFirst()) }
      if !origin.isEmpty, try readLines(&batch, limit) { return .messages }
      if let notice = try lookForChange() { return .notice(notice) }
      if !follows { return .ended }
      let left = end - ContinuousClock.now
      if left <= .zero { return .idle }
      waiting.wait(min(pause, left))
      pause = min(pause * 2, Limits.longestWait)
    }
    return .idle
  }

  private func readLines(_ batch: inout MessageBatch, _ limit: PullLimit) throws -> Bool {
    guard var cursor else { return false }
    self.cursor = nil
    defer { self.cursor = cursor }
    let before = batch.count
    let subject = batch.code(forSubject: [])
    var byteCount = 0
    // A file that was renamed away is finished: its end ends its last line.
    let isFinished = looksAfterRotation >= Limits.lastLooks
    while batch.count - before < limit.messageCount {
      let saved = cursor
      var hash: UInt64?
      var isTooMuch = false
      let found = try reading {
        try cursor.next(takesUnfinished: isFinished) { line in
          if isBlank(line) { return }
          byteCount += line.count
          isTooMuch = batch.count > before && byteCount > limit.byteCount
          if isTooMuch { return }
          batch.beginPart(origin: origin)
          batch.append(
            line, position: saved.line + 1, recordedAt: MessageBatch.noTime, subjectCode: subject)
          hash = fastHash(line, seed: 0)
        }
      }
      if isTooMuch { cursor = saved }
      if !found || isTooMuch { break }
      if let hash {
        batch.setDetail(
          TailPlace(offset: cursor.offset, lineStart: saved.offset, hash: hash).text)
      }
    }
    return batch.count > before
  }

  /// Sees whether the file was cut or another has taken its place.
  private func lookForChange() throws -> SourceNotice? {
    guard let cursor, let identity else { return nil }
    do throws(FileError) {
      let now = try cursor.file.identity()
      if now.byteCount < cursor.offset {
        try reopen()
        return SourceNotice(
          .truncated,
          "\(path) was cut to \(now.byteCount) bytes though \(cursor.offset) were read; it is "
            + "taken from its beginning")
      }
      let atPath = try FileIdentity.at(path)
      if let atPath, atPath.isSameFile(as: identity) { return nil }
      looksAfterRotation += 1
      // One more reading with the end of the file as the end of its last line.
      guard looksAfterRotation > Limits.lastLooks, atPath != nil else { return nil }
    } catch {
      throw unreachable(error)
    }
    let lineCount = cursor.line
    try reopen()
    return SourceNotice(
      .rotated, "\(path) was replaced; the earlier file was read to its end, line \(lineCount)")
  }

  private func reopen() throws(FileError) {
    cursor?.file.close()
    cursor = nil
    identity = nil
    if !origin.isEmpty { usedOrigins.insert(origin) }
    origin = []
    looksAfterRotation = 0
  }

  package func acknowledge(_ positions: [SourcePosition]) -> Bool { true }

  package func backlog() -> SourceBacklog? {
    guard let cursor, !origin.isEmpty else { return nil }
    do throws(FileError) {
      return try cursor.file.identity().byteCount <= cursor.offset
        ? SourceBacklog(messageCount: 0) : SourceBacklog()
    } catch {
      return nil
    }
  }

  package func interrupt() { waiting.interrupt() }

  package func close() {
    cursor?.file.close()
    cursor = nil
    origin = []
  }

  private func reading<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as FileError {
      throw unreachable(error)
    }
  }

  private func unreachable(_ error: FileError) -> SourceError {
    error.reason == .denied
      ? .refused(place: path, detail: error.description, hint: "check who may read it")
      : .unreachable(place: path, detail: error.description)
  }
}

/// Where the last line that was taken lies, as a checkpoint keeps it.
struct TailPlace: Equatable {
  /// Byte behind the line and its end.
  var offset: Int
  var lineStart: Int
  /// `fastHash` of the line.
  var hash: UInt64

  init(offset: Int, lineStart: Int, hash: UInt64) {
    self.offset = offset
    self.lineStart = lineStart
    self.hash = hash
  }

  init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count == 6, words[0] == "byte", let offset = Int(words[1]), words[2] == "line-at",
      let start = Int(words[3]), words[4] == "hash", let hash = UInt64(words[5], radix: 16)
    else { return nil }
    self.init(offset: offset, lineStart: start, hash: hash)
  }

  var text: String { "byte \(offset) line-at \(lineStart) hash \(String(hash, radix: 16))" }
}
