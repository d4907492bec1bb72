import Decoders
import Testing

@Suite struct `Recognition of messages` {
  static let event = """
    {"specversion":"1.0","id":"e1","source":"shop","type":"product.viewed",\
    "time":"2026-08-01T10:00:00Z","data":{"visitor_id":"v","item_id":"i"}}
    """

  @Test func `vocabularies mix in one stream, in order`() {
    let messages = [
      `Hanzo commerce`.created, Self.event, `Hanzo event plane`.fact, "[]", Self.event,
      `Segment calls`.alias,
    ]
    let decoded = Decoded.messages(messages)
    #expect(decoded.rows.map(\.position) == [7, 8, 9, 11, 12])
    #expect(decoded.rows.map(\.message) == [0, 1, 2, 4, 5].map { messages[$0] })
    #expect(decoded.rejects == ["json@10: []"])
  }

  @Test(arguments: [
    #"{"specversion":"1.0","organization_id":"a","type":"x","timestamp":"2026-08-01T10:00:00Z"}"#,
    #"{"id":"1","type":"track"}"#, #"{"batch":[]}"#, #"{"batch":[{"event":"x"}]}"#, "{}",
    #"{"id":"x","type":"order.created","data":{}}"#,
  ])
  func `what is not clearly ours keeps the contract's verdict`(message: String) {
    #expect(
      Decoded.messages([message]) == Decoded.messages([message], .cloudEvents))
  }

  @Test func `plain lines of a file are the contract's unless a decoder is named`() {
    let text = `Segment calls`.alias + "\n \n" + Self.event + "\n"
    let plain = Decoded.lines(text)
    #expect(plain.rows.map(\.position) == [3])
    #expect(plain.rejects == ["id@1: \(`Segment calls`.alias)"])
    #expect(plain == Decoded.lines(text, DecoderOptions(.cloudEvents)))
    let read = Decoded.lines(text, readsPlainLines: true)
    #expect(read.rows.map(\.position) == [1, 3])
    #expect(read.lineCount == 3)
  }

  @Test func `recorded lines give what the stream gave`() {
    let messages = [
      `Hanzo commerce`.created, `Hanzo event plane`.fact, `Hanzo event plane`.twin,
      `Segment calls`.added, #" {"type":"track","event":"Cart Viewed","anonymousId":"a"} "#,
      Self.event,
    ]
    let decoded = Decoded.messages(messages)
    #expect(decoded.rows.count == messages.count)
    let dump = decoded.rows.map { row in
      """
      {"recorded_at":"2026-05-28T20:26:40.000000Z","origin":"nats:SHOP@1",\
      "position":\(row.position),"message":\(row.message)}
      """
    }
    let read = Decoded.lines(dump.joined(separator: "\n"))
    #expect(read.rejects.isEmpty)
    for (row, original) in zip(read.rows, decoded.rows) {
      #expect(row.columns == original.columns)
      #expect(row.message == original.message)
      #expect(row.lines == original.lines)
      #expect(row.position == original.position)
      #expect(row.recordedAt == original.recordedAt)
      #expect(row.origin == "nats:SHOP@1")
    }
  }

  @Test func `a recorded line whose message is at fault is kept with its wrapper`() {
    let line = """
      {"recorded_at":"2026-05-28T20:26:40Z","origin":"o","position":5,"message":\
      {"type":"track","messageId":"1"}}
      """
    let broken = #"{"recorded_at":"never","message":{"type":"alias","userId":"u"}}"#
    let read = Decoded.lines(line + "\n" + broken)
    #expect(read.rejects == ["type@1: \(line)", "time@2: \(broken)"])
  }
}
