import Decoders
import Mappings
import Testing

/// A small generator, so that a failure can be run again from its seed.
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ state >> 33) &* 0xff51_afd7_ed55_8ccd
  }
}

@Suite struct `Hostile messages` {
  private static let seeds = [
    `Hanzo commerce`.created, `Hanzo commerce`.refunded, `Hanzo event plane`.fact,
    `Hanzo event plane`.twin, `Segment calls`.added, `Segment calls`.completed,
    `Recognition of messages`.event,
    "{\"batch\":[\(`Segment calls`.added),\(`Segment calls`.alias)],\"sentAt\":\"x\"}",
  ].map { Array($0.utf8) }

  /// Bytes that mean something to JSON, more often than others.
  private static func byte(_ dice: inout Dice) -> UInt8 {
    let marks = Array("{}[]\":,\\u0e-+.ntf \n\u{0}".utf8) + [0xff, 0xc3, 0xed]
    return Bool.random(using: &dice)
      ? marks[Int.random(in: 0..<marks.count, using: &dice)] : UInt8.random(in: 0...255, using: &dice)
  }

  private static func broken(_ dice: inout Dice) -> [UInt8] {
    var message = seeds[Int.random(in: 0..<seeds.count, using: &dice)]
    for _ in 0..<Int.random(in: 1...6, using: &dice) {
      guard !message.isEmpty else { break }
      let place = Int.random(in: 0..<message.count, using: &dice)
      switch Int.random(in: 0..<5, using: &dice) {
      case 0: message[place] = byte(&dice)
      case 1: message.insert(byte(&dice), at: place)
      case 2: message.remove(at: place)
      case 3: message.removeSubrange(place...)
      default:
        let end = Int.random(in: place...min(message.count, place + 40), using: &dice)
        message.insert(contentsOf: message[place..<end], at: place)
      }
    }
    return message
  }

  private static let mapping = """
    input: {format: json, each: batch}
    source: mapped
    fields:
      id: batch.messageId
      topic: batch.event
      time: {column: batch.timestamp, format: rfc3339}
    """

  private static func choices() throws -> [DecoderChoice] {
    let mapping = try Mapping(Array(mapping.utf8), file: "test.yaml")
    return [.auto, .cloudEvents, .hanzoCommerce, .hanzoEvent, .segment, .mapping(mapping)]
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func `never trap, never vanish and never touch their neighbours`(seed: UInt64) throws {
    var dice = Dice(state: seed)
    for choice in try Self.choices() {
      for _ in 0..<8 {
        let messages = (0..<5).map { $0 % 2 == 0 ? Self.seeds[$0] : Self.broken(&dice) }
        let options = DecoderOptions(choice)
        let together = Decoded.messages(messages, options)
        var rows: [String] = []
        var rejects: [String] = []
        for (index, message) in messages.enumerated() {
          // Alone the message has the first position; ids that are made of it differ by that.
          let alone = Decoded.messages([message], options)
          rows += alone.rows.map(\.message)
          rejects += alone.rejects.map { $0.replacing("@7:", with: "@\(7 + index):") }
          if case .mapping = choice { continue }
          #expect(!alone.rows.isEmpty || !alone.rejects.isEmpty, "seed \(seed), message \(index)")
        }
        #expect(together.rows.map(\.message) == rows, "seed \(seed)")
        #expect(together.rejects == rejects, "seed \(seed)")
      }
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `as lines give one verdict each`(seed: UInt64) throws {
    var dice = Dice(state: seed &+ 1_000)
    for choice in try Self.choices() {
      let messages = (0..<30).map { _ in Self.broken(&dice).filter { $0 != 0x0a && $0 != 0x0d } }
      let wrapped = messages.map { message in
        Bool.random(using: &dice)
          ? message
          : Array("{\"recorded_at\":\"2026-01-01T00:00:00Z\",\"origin\":\"o\",\"message\":".utf8)
            + message + [0x7d]
      }
      let text = Array(wrapped.joined(separator: [0x0a]))
      let read = Decoded.lines(text, DecoderOptions(choice), readsPlainLines: true)
      let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
      // A last line without any byte is none.
      #expect(read.lineCount == lines.count - (lines.last?.isEmpty == true ? 1 : 0))
    }
  }

  @Test func `one message of 8 MiB passes, one more byte is too much`() {
    let head = #"{"type":"alias","userId":"u","previousId":"a","messageId":"1","timestamp":"#
      + #""2026-08-01T10:00:00Z","filler":""#
    let limit = 8 << 20
    let whole = Array((head + String(repeating: "x", count: limit - head.utf8.count - 2) + "\"}").utf8)
    #expect(whole.count == limit)
    #expect(Decoded.messages([whole]).rows.map(\.message.utf8.count) == [limit])
    #expect(Decoded.messages([whole + [0x20]]).rejects.map { $0.prefix(7) } == ["size@7:"])
    #expect(
      Decoded.messages([whole + [0x20]], DecoderOptions(.segment)).rejects.map { $0.prefix(7) }
        == ["size@7:"])
  }

  @Test func `line feeds inside a message are part of it`() {
    let message = `Hanzo commerce`.created.replacing(",\"user_id\"", with: ",\n\r\n \"user_id\"")
    let decoded = Decoded.messages([message])
    #expect(decoded.rows.map(\.message) == [message])
  }
}

@Suite struct `A mapping as decoder` {
  private static let mapping = """
    input: {format: json, each: orders}
    source: {constant: till}
    fields:
      id: orders.number
      topic: {constant: order.payment.succeeded}
      time: {column: orders.at, format: rfc3339}
      order_id: orders.number
    """

  @Test func `gives several events of one message, each with the whole of it`() throws {
    let mapping = try Mapping(Array(Self.mapping.utf8), file: "till.yaml")
    let message = """
      {"orders":[{"number":"1","at":"2026-08-01T10:00:00Z"},
      {"number":"2","at":"never"},{"number":"3","at":"2026-08-01T11:00:00Z"}]}
      """
    let decoded = Decoded.messages([message], .mapping(mapping))
    #expect(decoded.rows.map { $0["id"] } == ["1", "3"])
    #expect(decoded.rows.map(\.message) == [message, message])
    #expect(decoded.rejects == [#"time@7: {"number":"2","at":"never"}"#])
  }
}
