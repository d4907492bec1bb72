import Events
import Mappings
import Testing

@Suite struct `JSON records` {
  private static let nested = """
    source: /shop
    input: {format: json_lines, each: visit.events}
    fields:
      id: "{visit.id}-{element}"
      topic: {column: visit.events.type, map: {v: product.viewed}}
      time: {column: visit.events.at, format: epoch_ms}
      visitor_id: visit.id
      item_id: visit.events.item.sku
      data: {tags: {column: visit.events.tags, as: json}, ok: {column: visit.ok, as: json}}
    """

  @Test func `each element of an array is an event`() throws {
    let line =
      #"{"x":[{"id":9}],"visit":{"events":[{"type":"v","at":5,"item":{"sku":"a\u00e9\"\ud834\udd1e"},"#
      + #""tags":[1, {"k" : "a b"}]},{"at":6,"type":"v"}, {"type":"v","at":"7"}],"ok":true,"id":12}}"#
    for size in [1, 7, 1_000] {
      let mapped = try map(Self.nested, line + "\r\n\n" + line, pieceByteCount: size)
      #expect(
        mapped.messages.prefix(3).map(data) == [
          #"{"visitor_id":"12","item_id":"aé\"𝄞","tags":[1,{"k":"a b"}],"ok":true}"#,
          #"{"visitor_id":"12","ok":true}"#, #"{"visitor_id":"12","ok":true}"#,
        ])
      #expect(mapped.messages[2].contains(#""id":"12-3""#))
      #expect(mapped.result.lineNumbers == [1, 1, 1, 3, 3, 3])
      expectAccepted(mapped)
    }
  }

  @Test func `a bad element costs itself, a bad line costs itself`() throws {
    let good = #"{"visit":{"id":1,"events":[{"type":"v","at":5}]}}"#
    let text = """
      \(good)
      {"visit":{"id":1,"events":[{"type":"z","at":5},7,{"type":"v","at":5}]}}
      {"visit":{"id":1,"events":[{"type":"v","at":5}]}
      {"visit":{"id":1,"events":{}}}
      {"visit":{"id":1}}
      [1]
      {"visit":{"id":"\\ud800","events":[]}}
      \(good)
      """
    let mapped = try map(Self.nested, text)
    #expect(mapped.result.lineNumbers == [1, 2, 8])
    #expect(mapped.rejects.map(\.reason.code) == ["type", "json", "json", "json", "json", "json"])
    #expect(mapped.rejects.map(\.lineNumber) == [2, 2, 3, 4, 6, 7])
    #expect(mapped.rejects[0].record == Array(#"{"type":"z","at":5}"#.utf8))
    #expect(mapped.rejects[0].detail == "the map has no entry for 'z' of 'type'")
  }

  @Test func `arrays become lines of an order`() throws {
    let yaml = """
      source: /shop
      input: {format: json}
      fields:
        id: order
        topic: order.created
        time: {column: at, format: rfc3339}
        order_id: order
        items: {each: lines, item_id: lines.sku, quantity: lines.n, unit_price: lines.price}
      """
    let text = """
      [
        {"order": "o1", "at": "2020-01-01T00:00:00Z",
         "lines": [{"sku": "a", "n": 2, "price": 1.5}, {"sku": "b"}, {}]},
        {"order": "o2", "at": "2020-01-01T00:00:00Z", "lines": []},
        {"order": "o3", "at": "2020-01-01T00:00:00Z"},
        {"order": "o4", "at": "2020-01-01T00:00:00Z", "lines": [5]}
      ]
      """
    for size in [1, 13, 1_000] {
      let mapped = try map(yaml, text, pieceByteCount: size)
      #expect(
        mapped.messages.map(data) == [
          #"{"order_id":"o1","items":[{"item_id":"a","quantity":2,"unit_price":150},"#
            + #"{"item_id":"b"}]}"#,
          #"{"order_id":"o2","items":[]}"#, #"{"order_id":"o3"}"#,
        ])
      #expect(mapped.rejects.map(\.reason.code) == ["items"])
      #expect(mapped.result.lineNumbers == [2, 4, 5])
      #expect(mapped.rejects.map(\.lineNumber) == [6])
      expectAccepted(mapped)
    }
  }

  @Test func `the last of repeated keys counts`() throws {
    let yaml = simpleMapping("visitor_id: a.b", input: "format: json_lines")
    let mapped = try map(
      yaml,
      #"{"id":1,"time":5,"a":{"b":1},"a":{"b":2}}"# + "\n"
        + #"{"id":1,"time":5,"a":{"b":1},"a":null}"# + "\n"
        + #"{"\u0069d":1,"time":5,"a":{"\u0062":"x"}}"#)
    #expect(mapped.messages.map(data) == [#"{"visitor_id":"2"}"#, "{}", #"{"visitor_id":"x"}"#])
  }

  @Test func `deep nesting, zero bytes and trailing text are not JSON`() throws {
    let yaml = simpleMapping("", input: "format: json_lines")
    let deep = String(repeating: "[", count: 100_000)
    for bad in [#"{"id":1,"time":5,"x":\#(deep)"#, "{\"id\":1,\"time\":5,\"x\":\"\u{0}\"}",
      #"{"id":1,"time":5} x"#, #"{"id":01,"time":5}"#, #"{"id":1,"time":5,}"#, "null"]
    {
      let mapped = try map(yaml, bad + "\n" + #"{"id":1,"time":5}"# + "\n")
      #expect(mapped.messages.count == 1)
      #expect(mapped.rejects.map(\.reason.code) == ["json"])
    }
  }

  @Test func `an object where text is wanted is rejected`() throws {
    let yaml = simpleMapping("visitor_id: user", input: "format: json_lines")
    let mapped = try map(yaml, #"{"id":1,"time":5,"user":{"a":1}}"# + "\n" + #"{"id":[1],"time":5}"#)
    #expect(mapped.rejects.map(\.reason.code) == ["visitor_id", "id"])
  }

  @Test func `random JSON-like bytes never trap and pieces change nothing`() throws {
    var state: UInt64 = 7
    let alphabet = Array("{}[]\"\"\\:,,tu0d8nul1e-. \n".utf8)
    for input in ["format: json_lines", "format: json"] {
      let mapping = try Mapping(Array(simpleMapping("", input: input).utf8), file: "x")
      for _ in 0..<300 {
        var bytes: [UInt8] = []
        for _ in 0..<120 {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          bytes.append(alphabet[Int(state >> 33) % alphabet.count])
        }
        let whole = try map(mapping, bytes)
        let pieces = try map(mapping, bytes, pieceByteCount: 1 + Int(state >> 40) % 20)
        #expect(whole.rejects == pieces.rejects)
        #expect(whole.messages == pieces.messages)
      }
    }
  }
}
