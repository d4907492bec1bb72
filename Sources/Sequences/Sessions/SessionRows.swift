/// One session of the actor at hand.
struct WalkedSession {
  var id: UInt64
  var number: Int64
  var startedAt: Int64
  var endedAt: Int64
  var eventCount: Int64
  var firstEvent: TextSlice
  var lastEvent: TextSlice
  var channel: TextSlice
  var campaign: TextSlice
}

/// Writes sessions as text.
struct SessionRows: ~Copyable {
  static let header: StaticString = """
    session_id,actor,session,started_at,ended_at,events,first_event_id,last_event_id,channel,\
    campaign_id\r\n
    """

  private var days = DayCache()

  init() {}

  mutating func writeNDJSON(
    _ session: WalkedSession, letter: UInt8, actor: TextSlice, to bytes: inout OutputBytes
  ) {
    var out = bytes.cursor()
    defer { bytes.take(out) }
    out.reserve(400 + 6 * (textByteCount(session) + actor.count))
    out.put("{\"session_id\":\"")
    out.put(hex: session.id)
    out.put("\",\"actor\":\"")
    out.put(letter)
    out.put(":")
    out.putInside(json: actor)
    out.put("\",\"session\":")
    out.put(decimal: session.number)
    out.put(",\"started_at\":\"")
    days.write(session.startedAt, to: &out)
    out.put("\",\"ended_at\":\"")
    days.write(session.endedAt, to: &out)
    out.put("\",\"events\":")
    out.put(decimal: session.eventCount)
    out.put(",\"first_event_id\":")
    out.put(json: session.firstEvent)
    out.put(",\"last_event_id\":")
    out.put(json: session.lastEvent)
    out.put(",\"channel\":")
    if session.channel.isPresent { out.put(json: session.channel) } else { out.put("null") }
    out.put(",\"campaign_id\":")
    if session.campaign.isPresent { out.put(json: session.campaign) } else { out.put("null") }
    out.put("}\n")
  }

  mutating func writeCSV(
    _ session: WalkedSession, letter: UInt8, actor: TextSlice, to bytes: inout OutputBytes
  ) {
    var out = bytes.cursor()
    defer { bytes.take(out) }
    out.reserve(300 + 2 * (textByteCount(session) + actor.count))
    out.put(hex: session.id)
    out.put(",")
    out.put(actor: actor, letter: letter)
    out.put(",")
    out.put(decimal: session.number)
    out.put(",")
    days.write(session.startedAt, to: &out)
    out.put(",")
    days.write(session.endedAt, to: &out)
    out.put(",")
    out.put(decimal: session.eventCount)
    out.put(",")
    out.put(csv: session.firstEvent)
    out.put(",")
    out.put(csv: session.lastEvent)
    out.put(",")
    out.put(csv: session.channel)
    out.put(",")
    out.put(csv: session.campaign)
    out.put("\r\n")
  }

  private func textByteCount(_ session: WalkedSession) -> Int {
    session.firstEvent.count + session.lastEvent.count + session.channel.count
      + session.campaign.count
  }
}

extension NestedColumns {
  func append(_ session: WalkedSession, letter: UInt8, actor: TextSlice) {
    hex(0, session.id, definition: 0)
    self.actor(1, letter, actor)
    smallInteger(2, Int32(clamping: session.number), definition: 0)
    integer(3, session.startedAt, definition: 0)
    integer(4, session.endedAt, definition: 0)
    smallInteger(5, Int32(clamping: session.eventCount), definition: 0)
    text(6, session.firstEvent.raw, definition: 0)
    text(7, session.lastEvent.raw, definition: 0)
    optional(8, text: session.channel)
    optional(9, text: session.campaign)
    endRow()
  }
}
