/// Writes rows as CSV: one line a sequence, or one line a step; lists are left out.
///
/// - Shape: RFC 4180 with a header line and CR LF; null is an empty field, the empty string `""`.
struct CSVRows: ~Copyable {
  static let sequenceHeader: StaticString = """
    sequence_id,actor,outcome,level,reason,started_at,ended_at,abandoned_at,purchased_at,\
    recovered_at,recovered_by,recovery,sessions,attempts,failures,channel,campaign_id,currency,\
    paid,refunded,net,fulfilled_at,refunded_at,cancelled_at,step_count\r\n
    """
  static let stepHeader: StaticString = """
    sequence_id,actor,outcome,level,step_index,event_id,time,topic,role,session,item_id,quantity,\
    unit_price\r\n
    """

  private var days = DayCache()
  private let roles = RoleNames()
  private var prefix = OutputBytes(capacity: 256)
  private var fragments = TopicFragments()

  init() {}

  mutating func writeSequence(
    _ index: Int, of walk: borrowing ActorWalk, to bytes: inout OutputBytes
  ) {
    let sequence = walk.sequences[index]
    var out = bytes.cursor()
    defer { bytes.take(out) }
    out.reserve(
      600 + 2 * (walk.actorText.count + sequence.channel.count + sequence.campaign.count)
        + 2 * sequence.currency.count)
    CSVRows.writeIdentity(sequence, walk, &out)
    out.put(",")
    if let reason = sequence.reason { out.put(reason.name) }
    for time in [
      sequence.startedAt, sequence.endedAt, sequence.abandonedAt, sequence.purchasedAt,
      sequence.recoveredAt,
    ] { put(time: time, &out) }
    out.put(",")
    if sequence.recovery == .recovered { out.put(hex: sequence.recoveredBy) }
    switch sequence.recovery {
    case .notAsked: out.put(",")
    case .recovered: out.put(",recovered")
    case .lost: out.put(",lost")
    case .censored: out.put(",censored")
    }
    for count in [sequence.sessionCount, sequence.attemptCount, sequence.failureCount] {
      put(Int64(count), &out)
    }
    for text in [sequence.channel, sequence.campaign, sequence.currency] {
      out.put(",")
      out.put(csv: text)
    }
    for amount in [sequence.paid, sequence.refunded, sequence.net] { put(amount, &out) }
    for time in [sequence.fulfilledAt, sequence.refundedAt, sequence.cancelledAt] {
      put(time: time, &out)
    }
    put(Int64(sequence.stepCount), &out)
    out.put("\r\n")
  }

  mutating func writeSteps(
    _ index: Int, of walk: borrowing ActorWalk, to bytes: inout OutputBytes
  ) {
    let sequence = walk.sequences[index]
    prefix.count = 0
    prefix.reserve(128 + 2 * walk.actorText.count)
    prefix.write { CSVRows.writeIdentity(sequence, walk, &$0) }
    let prefixStart = UnsafePointer(prefix.base)
    let prefixCount = prefix.count
    var out = bytes.cursor()
    var step = sequence.firstStep
    var place: Int64 = 0
    while step >= 0 {
      let record = walk.record(step)
      out.reserve(
        prefixCount + 256
          + 2 * (record.eventID.count + record.topic.count + record.item.count))
      if prefixCount <= 128 {
        out.put(steps: prefixStart, prefixCount)
      } else {
        out.put(exact: prefixStart, prefixCount)
      }
      put(place, &out)
      out.put(",")
      out.put(csv: record.eventID)
      put(time: record.time, &out)
      if record.topicCode < 0 || !fragments.put(record.topicCode, to: &out) {
        out.place = topicAndRole(record, out)
      }
      out.reserve(128 + 2 * record.item.count)
      let session = walk.sessions[Int(step)]
      put(session < 0 ? nil : Int64(session - sequence.firstSession), &out)
      out.put(",")
      out.put(csv: record.item)
      put(record.fields.contains(.quantity) ? record.quantity : nil, &out)
      put(record.fields.contains(.unitPrice) ? record.unitPrice : nil, &out)
      out.put("\r\n")
      step = walk.next[Int(step)]
      place += 1
    }
    bytes.take(out)
  }

  /// Topic and role, which it keeps; room is reserved already.
  @inline(never)
  private mutating func topicAndRole(
    _ record: Record, _ cursor: ByteCursor
  ) -> UnsafeMutablePointer<UInt8> {
    var out = cursor
    out.put(",")
    out.put(csv: record.topic)
    out.put(",")
    roles.put(record.role, &out)
    if record.topicCode >= 0 { fragments.keep(record.topicCode, from: cursor.count, of: out) }
    return out.place
  }

  /// Id, actor, outcome and level; room is reserved already.
  private static func writeIdentity(
    _ sequence: WalkedSequence, _ walk: borrowing ActorWalk, _ out: inout ByteCursor
  ) {
    let actor = walk.actorText
    out.put(hex: sequence.id)
    out.put(",")
    out.put(actor: actor, letter: walk.actorLetter)
    out.put(",")
    out.put(sequence.outcome.name)
    out.put(",")
    out.put(sequence.level.name)
  }

  @inline(__always) private mutating func put(time: Int64, _ out: inout ByteCursor) {
    out.put(",")
    if time != WalkedSequence.none { days.write(time, to: &out) }
  }

  @inline(__always) private func put(_ number: Int64?, _ out: inout ByteCursor) {
    out.put(",")
    if let number { out.put(decimal: number) }
  }
}

extension ByteCursor {
  /// An actor as a CSV field; the quotes go around its prefix too.
  @inline(__always) mutating func put(actor: TextSlice, letter: UInt8) {
    if !actor.flags.contains(.quotedInCSV) {
      put(letter)
      put(":")
      if let start = actor.start { put(slack: start, actor.count) }
      return
    }
    put("\"")
    put(letter)
    put(":")
    for byte in actor.raw {
      if byte == UInt8(ascii: "\"") { put(byte) }
      put(byte)
    }
    put("\"")
  }
}
