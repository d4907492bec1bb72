import Bytes
import CKafka
import MessageSources
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What belongs to one opening of a source: the client, and how far each partition is.
final class OpenTopics {
  /// One partition that is being read.
  struct Partition {
    var topic: String
    var number: Int32
    var origin: [UInt8]
    /// The next offset to fetch when everything is assigned again.
    var next: Int64
    /// The last committed message, which comes first, to compare: its offset and digest.
    var expected: (offset: Int64, digest: MessageDigest)?
    /// The partition's end as it was told last.
    var high: Int64
  }

  let client: KafkaClient
  private let address: KafkaAddress
  private let committed: CommittedPositions
  private let cluster: String?
  private var partitions: [Partition] = []
  /// Partitions ("topic/number") known to be made again: their next life begins at the beginning.
  private let remade: Set<String>
  private(set) var notices: [SourceNotice] = []
  /// An error that came after messages of the same pull, or in a callback: the next pull throws it.
  var failure: (any Error)?
  private var newestAt: Int64?
  private var topicsAskedAt = ContinuousClock.now
  private var tails = ShortPartitions()
  private var tailsLookedAt = ContinuousClock.now
  private var last: (topic: OpaquePointer?, number: Int32, index: Int) = (nil, -1, -1)

  init(_ address: KafkaAddress, committed: CommittedPositions, remade: Set<String>) throws {
    self.address = address
    self.committed = committed
    self.remade = remade
    let client = try KafkaClient(address, role: .consumer)
    self.client = client
    let found = try client.partitions(of: address)
    cluster = client.clusterName(for: address)
    if address.group != nil {
      client.onRebalance { [unowned self] isAssigned, list in rebalance(isAssigned, list) }
      try subscribe()
    } else {
      for (topic, number) in found { partitions.append(try begin(topic, number)) }
      try assign()
    }
  }

  deinit {
    client.onRebalance(nil)
    _ = daybook_rd_kafka_consumer_close(client.handle)
  }

  /// Whether everything that the partitions held has been given out.
  var isExhausted: Bool {
    waiting == nil && failure == nil && !partitions.isEmpty
      && partitions.allSatisfy { $0.next >= $0.high && $0.expected == nil }
  }

  func takeFailure() -> (any Error)? {
    defer { failure = nil }
    return failure
  }

  func takeNotice() -> SourceNotice? { notices.isEmpty ? nil : notices.removeFirst() }

  // MARK: Partitions

  /// Where to go on in a partition: the ledger's word, held against what the broker has.
  private func begin(_ topic: String, _ number: Int32) throws -> Partition {
    var low: Int64 = 0
    var high: Int64 = 0
    let status = daybook_rd_kafka_query_watermark_offsets(
      client.handle, topic, number, &low, &high, Limits.requestMilliseconds)
    guard status == 0 else { throw client.failure(status, "the ends of \(topic)/\(number)") }
    let life = try PartitionLife.find(
      topic: topic, partition: number, cluster: cluster, low: low, high: high,
      committed: committed, mustBegin: remade.contains("\(topic)/\(number)"))
    if let notice = life.notice { notices.append(notice) }
    return Partition(
      topic: topic, number: number, origin: life.origin, next: life.start,
      expected: life.digest.map { (life.start, $0) }, high: high)
  }

  private func assign() throws {
    guard let list = daybook_rd_kafka_topic_partition_list_new(Int32(partitions.count)) else {
      throw SourceError.unreachable(place: client.place, detail: "out of memory")
    }
    defer { daybook_rd_kafka_topic_partition_list_destroy(list) }
    for partition in partitions {
      daybook_rd_kafka_topic_partition_list_add(list, partition.topic, partition.number)?
        .pointee.offset = partition.next
    }
    last = (nil, -1, -1)
    let status = daybook_rd_kafka_assign(client.handle, list)
    guard status == 0 else { throw client.failure(status, "assigning partitions") }
  }

  private func subscribe() throws {
    guard let list = daybook_rd_kafka_topic_partition_list_new(Int32(address.topics.count)) else {
      throw SourceError.unreachable(place: client.place, detail: "out of memory")
    }
    defer { daybook_rd_kafka_topic_partition_list_destroy(list) }
    for topic in address.topics {
      _ = daybook_rd_kafka_topic_partition_list_add(
        list, topic, daybook_RD_KAFKA_PARTITION_UA.rawInt32)
    }
    let status = daybook_rd_kafka_subscribe(client.handle, list)
    guard status == 0 else { throw client.failure(status, "joining the group") }
  }

  /// A group gives or takes partitions; each begins where the ledger stands.
  private func rebalance(_ isAssigned: Bool, _ list: [(topic: String, partition: Int32)]) {
    last = (nil, -1, -1)
    partitions = []
    guard isAssigned else {
      _ = daybook_rd_kafka_assign(client.handle, nil)
      return
    }
    do {
      for (topic, number) in list { partitions.append(try begin(topic, number)) }
      try assign()
      let names = list.map { "\($0.topic)/\($0.partition)" }.sorted().joined(separator: ", ")
      notices.append(
        SourceNotice(.information, "the group gave \(list.isEmpty ? "no partition" : names)"))
    } catch {
      _ = daybook_rd_kafka_assign(client.handle, nil)
      failure = error
    }
  }

  /// Partitions that were added to a topic meanwhile.
  private func lookForNewPartitions() throws {
    let now = ContinuousClock.now
    guard address.group == nil, address.partitions == nil,
      now - topicsAskedAt > Limits.metadataInterval
    else { return }
    topicsAskedAt = now
    let known = Set(partitions.map { "\($0.topic)/\($0.number)" })
    let added = try client.partitions(of: address).filter { !known.contains("\($0.0)/\($0.1)") }
    if added.isEmpty { return }
    for (topic, number) in added { partitions.append(try begin(topic, number)) }
    try assign()
    notices.append(SourceNotice(.information, "\(added.count) partitions were added"))
  }

  // MARK: Pulling

  func fill(
    _ batch: inout MessageBatch, limit: PullLimit, wait: Duration,
    interrupted: borrowing Atomic<Bool>
  ) throws {
    try lookForNewPartitions()
    try lookForLostTails()
    let before = batch.count
    var byteCount = 0
    var partIndex = -1
    var code: UInt32 = 0
    let deadline = ContinuousClock.now + wait
    defer { closePart(&batch, from: before, partIndex) }
    while batch.count - before < limit.messageCount {
      if interrupted.load(ordering: .relaxed) { return }
      let count = batch.count - before
      guard let message = next(patience(count, deadline)) else {
        if failure != nil || !notices.isEmpty { return }
        if count > 0 || ContinuousClock.now >= deadline {
          if count == 0 { try checkBrokers() }
          return
        }
        continue
      }
      if message.pointee.err != 0 {
        defer { daybook_rd_kafka_message_destroy(message) }
        try takeEvent(message.pointee)
        continue
      }
      client.areAllBrokersDown = false
      if client.hasLostConnection {
        daybook_rd_kafka_message_destroy(message)
        throw Reconnected()
      }
      if count > 0, byteCount + message.pointee.len > limit.byteCount {
        waiting = message
        return
      }
      defer { daybook_rd_kafka_message_destroy(message) }
      guard let index = index(of: message.pointee), try isNew(message.pointee, index) else {
        continue
      }
      if index != partIndex {
        closePart(&batch, from: before, partIndex)
        batch.beginPart(origin: partitions[index].origin)
        code = batch.code(forSubject: Array(partitions[index].topic.utf8))
        partIndex = index
      }
      append(message, &batch, code)
      byteCount += message.pointee.len
      partitions[index].next = message.pointee.offset + 1
    }
  }

  /// A message that did not fit into the pull before.
  private var waiting: UnsafeMutablePointer<rd_kafka_message_t>?

  private func next(_ milliseconds: Int32) -> UnsafeMutablePointer<rd_kafka_message_t>? {
    if let waiting {
      self.waiting = nil
      return waiting
    }
    return daybook_rd_kafka_consumer_poll(client.handle, milliseconds)
  }

  private func patience(_ count: Int, _ deadline: ContinuousClock.Instant) -> Int32 {
    if count >= Limits.fullEnoughCount { return 0 }
    if count > 0 { return 2 }
    let left = (deadline - ContinuousClock.now) / .milliseconds(1)
    return max(0, min(Limits.waitSliceMilliseconds, Int32(left.rounded(.up))))
  }

  private func append(
    _ message: UnsafeMutablePointer<rd_kafka_message_t>, _ batch: inout MessageBatch, _ code: UInt32
  ) {
    var kind: UInt32 = 0
    let milliseconds = daybook_rd_kafka_message_timestamp(message, &kind)
    let isTimed = kind != UInt32(daybook_RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) && milliseconds >= 0
    let time = isTimed ? milliseconds.multipliedReportingOverflow(by: 1_000) : (0, true)
    batch.append(
      UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len),
      position: message.pointee.offset,
      recordedAt: time.1 ? MessageBatch.noTime : time.0, subjectCode: code)
    if !time.1 { newestAt = max(newestAt ?? Int64.min, time.0) }
  }

  /// Notes the digest of a part's last message for the checkpoint.
  private func closePart(_ batch: inout MessageBatch, from before: Int, _ partIndex: Int) {
    guard partIndex >= 0, batch.count > before else { return }
    let row = batch.count - 1
    let start = Int(batch.starts[row])
    let end = start + Int(batch.lengths[row])
    let digest = batch.text.withUnsafeBytes {
      MessageDigest(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
    }
    batch.setDetail(digest.text)
  }

  private func index(of message: rd_kafka_message_t) -> Int? {
    if message.rkt == last.topic, message.partition == last.number { return last.index }
    guard let name = daybook_rd_kafka_topic_name(message.rkt) else { return nil }
    let topic = String(cString: name)
    guard
      let index = partitions.firstIndex(where: {
        $0.number == message.partition && $0.topic == topic
      })
    else { return nil }
    last = (message.rkt, message.partition, index)
    return index
  }

  /// Whether a message is to be given out; the one that was asked for to compare is not.
  private func isNew(_ message: rd_kafka_message_t, _ index: Int) throws -> Bool {
    if let expected = partitions[index].expected {
      partitions[index].expected = nil
      if message.offset == expected.offset {
        let found = MessageDigest(
          UnsafeRawBufferPointer(start: message.payload, count: message.len))
        guard found == expected.digest else {
          throw Remade(partition: "\(partitions[index].topic)/\(partitions[index].number)")
        }
        partitions[index].next = message.offset + 1
        return false
      }
      notices.append(
        SourceNotice(
          .information,
          "\(partitions[index].topic)/\(partitions[index].number): offset \(expected.offset), the "
            + "last one taken, is gone (compaction), so it cannot be compared"))
    }
    return message.offset >= partitions[index].next
  }

  /// Something came over another connection than before. A broker that crashed may have lost its
  /// tail and filled it again meanwhile: nothing is taken before the last messages are compared.
  struct Reconnected: Error {}

  /// A partition holds another message where the ledger's last one was.
  struct Remade: Error { var partition: String }

  private func takeEvent(_ message: rd_kafka_message_t) throws {
    switch message.err {
    case daybook_RD_KAFKA_RESP_ERR__PARTITION_EOF.rawInt32:
      client.areAllBrokersDown = false
      if let index = index(of: message) {
        partitions[index].next = max(partitions[index].next, message.offset)
        partitions[index].high = max(partitions[index].high, message.offset)
      }
    case daybook_RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET.rawInt32,
      daybook_RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE.rawInt32:
      throw SourceError.unreachable(
        place: client.place, detail: "an offset is not there any more: looking what happened")
    default:
      throw client.failure(message.err, "reading")
    }
  }

  /// Some brokers answer a fetch beyond their end with nothing, for ever, where others complain: a
  /// partition that ends before what was read of it has lost its tail.
  private func lookForLostTails() throws {
    let now = ContinuousClock.now
    guard now - tailsLookedAt > Limits.tailInterval else { return }
    tailsLookedAt = now
    for partition in partitions {
      let wanted = partition.next + (partition.expected == nil ? 0 : 1)
      var low: Int64 = 0
      var high: Int64 = 0
      let place = "\(partition.topic)/\(partition.number)"
      let status = daybook_rd_kafka_get_watermark_offsets(
        client.handle, partition.topic, partition.number, &low, &high)
      guard
        tails.mayBeLost(place, end: status == 0 && high >= 0 ? high : nil, wanted: wanted, at: now),
        daybook_rd_kafka_query_watermark_offsets(
          client.handle, partition.topic, partition.number, &low, &high,
          Limits.requestMilliseconds) == 0, high < wanted
      else { continue }
      throw SourceError.unreachable(
        place: client.place,
        detail: "\(place) ends at \(high), and was read up to \(wanted): looking what happened")
    }
  }

  /// Asks the brokers once the client believes that all are gone.
  private func checkBrokers() throws {
    guard client.areAllBrokersDown else { return }
    _ = try client.partitions(of: address)
    client.areAllBrokersDown = false
  }

  // MARK: Acknowledging, backlog

  func acknowledge(_ positions: [SourcePosition]) -> Bool {
    let ours = positions.compactMap { position in
      partitions.first { $0.origin == position.origin }.map { ($0, position.position + 1) }
    }
    guard !ours.isEmpty else { return true }
    guard !client.areAllBrokersDown,
      let list = daybook_rd_kafka_topic_partition_list_new(Int32(ours.count))
    else { return false }
    defer { daybook_rd_kafka_topic_partition_list_destroy(list) }
    for (partition, offset) in ours {
      daybook_rd_kafka_topic_partition_list_add(list, partition.topic, partition.number)?
        .pointee.offset = offset
    }
    return daybook_rd_kafka_commit(client.handle, list, 0) == 0
  }

  func backlog() -> SourceBacklog {
    var count: Int64 = 0
    for index in partitions.indices {
      let partition = partitions[index]
      var low: Int64 = 0
      var high: Int64 = 0
      let status = daybook_rd_kafka_get_watermark_offsets(
        client.handle, partition.topic, partition.number, &low, &high)
      if status == 0, high >= 0 { partitions[index].high = max(high, partition.high) }
      count += max(0, partitions[index].high - partition.next)
    }
    return SourceBacklog(messageCount: count, newestAt: newestAt)
  }

  /// Gives back what was fetched and not given out; before the client goes.
  func discard() {
    if let waiting { daybook_rd_kafka_message_destroy(waiting) }
    waiting = nil
  }
}
