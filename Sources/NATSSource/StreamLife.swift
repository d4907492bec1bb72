import Bytes
import MessageSources

/// Which life of a stream the ledger has seen, and where to go on in it.
///
/// A stream that was deleted and made again has another `created`. A stream that lost its tail (a
/// machine without power forgets what it had not yet synchronised) gives positions a second time:
/// the digest of the last message in the checkpoint finds that out, and another life begins behind
/// the messages that the ledger has.
struct StreamLife: Equatable {
  /// `nats:STREAM@<created>`, with `~2` and so on for lives after a lost tail.
  var origin: [UInt8]
  /// The last committed position of this life.
  var position: Int64?
  var start: JetStreamAPI.Start
  var notice: SourceNotice?

  /// What a checkpoint keeps beside the number.
  struct Digest: Equatable {
    var hash: UInt64
    var timeNanoseconds: Int64

    init(message: UnsafeRawBufferPointer, timeNanoseconds: Int64) {
      hash = xxHash64(message)
      self.timeNanoseconds = timeNanoseconds
    }

    /// Reads `xxh64=<16 hex digits> at=<nanoseconds>`.
    init?(_ detail: String) {
      let words = detail.split(separator: " ")
      guard words.count == 2, words[0].hasPrefix("xxh64="), words[1].hasPrefix("at="),
        let hash = UInt64(words[0].dropFirst(6), radix: 16), let time = Int64(words[1].dropFirst(3))
      else { return nil }
      self.hash = hash
      timeNanoseconds = time
    }

    var text: String {
      let digits = String(hash, radix: 16)
      let zeros = String(repeating: "0", count: 16 - digits.count)
      return "xxh64=\(zeros)\(digits) at=\(timeNanoseconds)"
    }
  }

  /// What the stream says about the last committed message.
  enum Stored: Equatable {
    /// It is not there any more, which retention may do.
    case gone
    case message(Digest)
  }

  /// Decides from what the ledger knows and what the stream says.
  ///
  /// - Shape: `sequences` from the first that the stream has to the last it gave; `isWhole` when
  ///   every subject is taken. `stored` is asked only when there is something to compare.
  static func find(
    stream: String, created: String, sequences: Range<UInt64>, isWhole: Bool,
    committed: CommittedPositions, stored: (Int64) throws -> Stored
  ) throws -> StreamLife {
    let base = Array("nats:\(stream)@\(created)".utf8)
    let known = try committed.positions(beginningWith: Array("nats:\(stream)@".utf8))
    let lives = known.compactMap { position in
      number(of: position.origin, base).map { ($0, position) }
    }
    guard let (life, last) = lives.max(by: { $0.0 < $1.0 }) else {
      let notice =
        known.isEmpty
        ? nil
        : SourceNotice(
          .newEpoch,
          "the stream \(stream) was deleted and made again (created \(created)): its sequences "
            + "begin anew, all its messages are taken as origin \(text(base))")
      return StreamLife(origin: base, position: nil, start: .all, notice: notice)
    }
    let digest = Digest(last.detail)
    var problem: String?
    if UInt64(clamping: last.position) >= sequences.upperBound {
      problem = "ends at sequence \(sequences.upperBound - 1)"
    } else if let digest, case .message(let found) = try stored(last.position), found != digest {
      problem = "holds another message there"
    }
    guard let problem else {
      return StreamLife(
        origin: last.origin, position: last.position,
        start: .sequence(UInt64(clamping: last.position) + 1),
        notice: isWhole ? removed(stream, sequences.lowerBound, behind: last) : nil)
    }
    let next = base + Array("~\(life + 1)".utf8)
    return StreamLife(
      origin: next, position: nil,
      start: digest.map { .time(time(nanoseconds: $0.timeNanoseconds + 1)) } ?? .all,
      notice: SourceNotice(
        .newEpoch,
        "the stream \(stream) lost its tail: the ledger has sequence \(last.position), the stream "
          + "\(problem). Its messages since then are taken as origin \(text(next))"))
  }

  /// Tells when the stream begins behind the first message that the ledger has not.
  private static func removed(
    _ stream: String, _ first: UInt64, behind last: SourcePosition
  ) -> SourceNotice? {
    guard first > UInt64(clamping: last.position) + 1 else { return nil }
    return SourceNotice(
      .lost,
      "the stream \(stream) begins at sequence \(first), the ledger ends at \(last.position): "
        + "messages between them were removed before they were taken, by retention or a purge")
  }

  /// 1 for a stream's own origin, 2 and more for lives after a lost tail.
  private static func number(of origin: [UInt8], _ base: [UInt8]) -> Int? {
    guard origin.starts(with: base) else { return nil }
    let rest = origin.dropFirst(base.count)
    if rest.isEmpty { return 1 }
    guard rest.first == UInt8(ascii: "~") else { return nil }
    return Int(String(decoding: rest.dropFirst(), as: UTF8.self))
  }

  private static func text(_ origin: [UInt8]) -> String { String(decoding: origin, as: UTF8.self) }

  /// RFC 3339 with nanoseconds.
  static func time(nanoseconds: Int64) -> String {
    var text: [UInt8] = []
    appendTime(nanoseconds / 1_000, to: &text)
    let rest = Int(nanoseconds % 1_000)
    text.removeLast()
    let digits = String(rest)
    text += Array((String(repeating: "0", count: 3 - digits.utf8.count) + digits + "Z").utf8)
    return String(decoding: text, as: UTF8.self)
  }

  /// Nanoseconds since 1970 of a time as the server writes it (up to nine digits).
  static func nanoseconds(_ time: String) -> Int64? {
    let bytes = Array(time.utf8)
    guard let microseconds = bytes.withUnsafeBytes({ parseRFC3339($0) }) else { return nil }
    guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")) else { return microseconds * 1_000 }
    let digits = bytes[(dot + 1)...].prefix { (0x30...0x39).contains($0) }
    var rest: Int64 = 0
    for place in 6..<9 {
      rest = rest * 10 + (place < digits.count ? Int64(digits[dot + 1 + place] - 0x30) : 0)
    }
    return microseconds * 1_000 + rest
  }
}
