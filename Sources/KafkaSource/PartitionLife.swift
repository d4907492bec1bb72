import Bytes
import MessageSources

/// Where to go on in one partition, from what the ledger knows and what the broker holds.
///
/// A topic that was deleted and made again gives offsets a second time: found by an end before our
/// position, or by another message at it (the reader begins at the last message taken, to compare).
struct PartitionLife: Equatable {
  /// `kafka:TOPIC/PARTITION@CLUSTER`, with `~2` and so on for later lives; without `@` when the
  /// brokers tell no cluster id.
  var origin: [UInt8]
  /// The last committed offset of this life.
  var position: Int64?
  /// The first offset to fetch.
  var start: Int64
  /// The message at `position` comes first and is compared with this.
  var digest: MessageDigest?
  var notice: SourceNotice?

  static func find(
    topic: String, partition: Int32, cluster: String?, low: Int64, high: Int64,
    committed: CommittedPositions, mustBegin: Bool = false
  ) throws -> PartitionLife {
    let name = "kafka:\(topic)/\(partition)"
    let base = Array((name + (cluster.map { "@\($0)" } ?? "")).utf8)
    let known = try committed.positions(beginningWith: Array(name.utf8)).filter { place in
      // Not "kafka:t/12" when "kafka:t/1" is meant.
      let rest = place.origin.dropFirst(name.utf8.count)
      return rest.isEmpty || rest.first == UInt8(ascii: "@") || rest.first == UInt8(ascii: "~")
    }
    let lives = known.compactMap { place in number(of: place.origin, base).map { ($0, place) } }
    guard let (life, last) = lives.max(by: { $0.0 < $1.0 }) else {
      let notice =
        known.isEmpty
        ? nil
        : SourceNotice(
          .newEpoch,
          "\(topic)/\(partition) is on another cluster now: all its messages are taken as origin "
            + String(decoding: base, as: UTF8.self))
      return PartitionLife(origin: base, position: nil, start: low, digest: nil, notice: notice)
    }
    if mustBegin || last.position >= high {
      let why = mustBegin ? "has another message there" : "ends at \(high)"
      let next = base + Array("~\(life + 1)".utf8)
      return PartitionLife(
        origin: next, position: nil, start: low, digest: nil,
        notice: SourceNotice(
          .newEpoch,
          "\(topic)/\(partition) was made again or cut: the ledger has offset \(last.position), "
            + "the partition \(why). All it holds is taken as origin "
            + String(decoding: next, as: UTF8.self)))
    }
    if last.position + 1 < low {
      return PartitionLife(
        origin: last.origin, position: last.position, start: low, digest: nil,
        notice: SourceNotice(
          .lost,
          "\(topic)/\(partition): offsets \(last.position + 1) to \(low - 1) were removed before "
            + "they were taken (retention)"))
    }
    if last.position >= low, let digest = MessageDigest(last.detail) {
      return PartitionLife(
        origin: last.origin, position: last.position, start: last.position, digest: digest,
        notice: nil)
    }
    return PartitionLife(
      origin: last.origin, position: last.position, start: last.position + 1, digest: nil,
      notice: nil)
  }

  private static func number(of origin: [UInt8], _ base: [UInt8]) -> Int? {
    guard origin.starts(with: base) else { return nil }
    let rest = origin.dropFirst(base.count)
    if rest.isEmpty { return 1 }
    guard rest.first == UInt8(ascii: "~") else { return nil }
    return Int(String(decoding: rest.dropFirst(), as: UTF8.self))
  }
}

/// What a checkpoint keeps of the last message: enough to know it again.
struct MessageDigest: Equatable {
  var hash: UInt64

  init(_ message: UnsafeRawBufferPointer) { hash = xxHash64(message) }

  /// Reads `xxh64=<hex digits>`.
  init?(_ detail: String) {
    guard detail.hasPrefix("xxh64="), let hash = UInt64(detail.dropFirst(6), radix: 16) else {
      return nil
    }
    self.hash = hash
  }

  var text: String { "xxh64=" + String(hash, radix: 16) }
}
