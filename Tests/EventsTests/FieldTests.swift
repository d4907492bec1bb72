import Bytes
import Events
import Testing

/// The rules of the contract's table of columns, one message each.
@Suite struct Fields {
  @Test func `a plain event gives its columns`() throws {
    let batch = decode(
      #"{"specversion":"1.0","id":"e1","source":"/shop","type":"product.viewed","time":"#
        + #""2021-03-01T09:00:00.25Z","data":{"visitor_id":"v1","item_id":"A","quantity":2,"#
        + #""unit_price":-5,"amount":9223372036854775807,"currency":"EUR","channel":"none"}}"#)
    #expect(batch.count == 1 && batch.rejects.isEmpty)
    #expect(batch.string(batch.eventID) == "e1")
    #expect(batch.string(batch.source) == "/shop")
    #expect(batch.string(batch.topic) == "product.viewed")
    #expect(batch.occurredAt == [try #require(time("2021-03-01T09:00:00.250000Z"))])
    #expect(batch.recordedAt == batch.occurredAt)
    #expect(batch.position == [1])
    #expect(batch.string(batch[.visitorID]) == "v1")
    #expect(batch.string(batch[.itemID]) == "A")
    #expect(batch.string(batch[.customerID]) == nil)
    #expect(batch.string(batch[.channel]) == "none")
    #expect(batch.string(batch[.currency]) == "EUR")
    #expect(batch.quantity[0] == 2)
    #expect(batch.unitPrice[0] == -5)
    #expect(batch.amount[0] == Int64.max)
    #expect(batch.hasLines == [0])
  }

  @Test(arguments: [
    (#""""#, "id"), ("7", "id"), ("null", "id"), ("true", "id"), ("[]", "id"), (#""a\tb""#, "id"),
    (#""a\u001fb""#, "id"), (#""a\u0020b""#, "ok"), (#""\u00e9""#, "ok"),
    ("\"\(String(repeating: "é", count: 128))\"", "ok"),
    ("\"\(String(repeating: "é", count: 128))x\"", "id"),
    (#"{"a":1}"#, "id"),
  ])
  func `an id is a string of 1 to 256 bytes without control characters`(
    id: String, verdict: String
  ) {
    #expect(decode(line(id: id)).verdict == verdict)
  }

  @Test func `a topic has 1 to 256 bytes, a source any number above none`() {
    func message(_ type: String, _ source: String) -> String {
      #"{"id":"1","type":"\#(type)","source":"\#(source)","time":"2021-03-01T09:00:00Z"}"#
    }
    let long = String(repeating: "x", count: 257)
    #expect(decode(message(long, "s")).verdict == "type")
    #expect(decode(message("", "s")).verdict == "type")
    #expect(decode(message(#"a\nb"#, "s")).verdict == "ok")
    #expect(decode(message("t", long)).verdict == "ok")
    #expect(decode(message("t", "")).verdict == "source")
    #expect(decode(message("t", #"a\u0000b"#)).verdict == "source")
  }

  @Test func `the first fault in the contract's order is the reason`() {
    #expect(decode("{}").verdict == "id")
    #expect(decode(#"{"data":7,"time":"x","type":"t","id":"1"}"#).verdict == "source")
    #expect(decode(#"{"time":"x","source":"s","type":"t","id":"1","data":7}"#).verdict == "time")
    #expect(decode(line(#","data":7"#)).verdict == "data")
    let all = #","data":{"items":7,"amount":"1","quantity":"1","currency":[],"visitor_id":{}}"#
    #expect(decode(line(all)).verdict == "visitor_id")
    #expect(decode(line(#","data":{"items":7,"amount":"1","currency":[]}"#)).verdict == "currency")
    #expect(decode(line(#","data":{"items":7,"amount":"1"}"#)).verdict == "amount")
    #expect(decode(line(#","data":{"amount":"1"}} x"#)).verdict == "json")
  }

  @Test func `the last of a repeated key counts, faults and all`() {
    #expect(decode(line(#","id":"2""#)).verdict == "ok")
    let last = decode(line(#","id":"2","\u0069d":"3""#))
    #expect(last.string(last.eventID) == "3")
    #expect(decode(line(#","id":null"#)).verdict == "id")
    #expect(decode(line(#","data":{"amount":"x","amount":4}"#)).verdict == "ok")
    #expect(decode(line(#","data":{"amount":4,"amount":"x"}"#)).verdict == "amount")
    #expect(decode(line(#","data":{"amount":"x"},"data":{}"#)).verdict == "ok")
    #expect(decode(line(#","data":[],"data":null"#)).verdict == "ok")
    let absent = decode(
      line(#","data":{"visitor_id":"v","quantity":1,"quantity":null,"items":[{}]},"data":null"#))
    #expect(absent.string(absent[.visitorID]) == nil)
    #expect(absent.quantity[0] == nil && absent.hasLines == [0])
    #expect(absent.lineStarts == [0, 0])
    let lines = decode(
      line(
        #","data":{"items":[{"item_id":true},{}],"#
          + #""items":[{"item_id":"A","item_id":"B","quantity":"x","quantity":3}]}"#))
    #expect(lines.lineStarts == [0, 1])
    #expect(lines.string(lines.lineItemID) == "B")
    #expect(lines.lineQuantity[0] == 3)
  }

  @Test(arguments: [
    (#""v""#, "v"), (#""""#, nil), ("null", nil), ("42", "42"), ("1.50", "1.50"), ("1E2", "1E2"),
    ("-0", "-0"), ("0", nil), ("-1", nil), ("-1.0", "-1.0"), (#""-1""#, nil), (#"" 0 ""#, nil),
    (#"" NULL""#, nil), (#""Undefined  ""#, nil), (#""AnonYmous""#, nil), (#""(NOT SET)""#, nil),
    (#""anonymous1""#, "anonymous1"), (#"" ""#, " "), (#"" v ""#, " v "),
    (#""\u006eull""#, nil), (#""0\u0000""#, "0\0"), (#""null\t""#, "null\t"),
    (#""\u00a0null""#, "\u{a0}null"), (#""gUEST""#, nil), (#""nil""#, nil), (#""nan""#, nil),
    (#""unknown""#, nil), (#""none""#, nil), (#""\uD83D\uDE00\/\\\"\b\f\n\r\t""#,
      "😀/\\\"\u{8}\u{c}\n\r\t"), (#""\u0130""#, "\u{130}"), (#""ſ""#, "ſ"),
  ] as [(String, String?)])
  func `a string column takes strings and numbers, and drops junk`(
    value: String, expected: String?
  ) {
    let batch = decode(line(#","data":{"visitor_id":\#(value),"item_id":"A"}"#))
    #expect(batch.verdict == "ok")
    #expect(batch.string(batch[.visitorID])?.utf8.elementsEqual((expected ?? "").utf8)
      ?? (expected == nil))
    #expect(batch.string(batch[.itemID]) == "A")
    let item = decode(line(#","data":{"items":[{"item_id":\#(value)}]}"#))
    #expect(item.string(item.lineItemID) == batch.string(batch[.visitorID]))
  }

  @Test(arguments: ["true", "false", "{}", "[]", "[1]"])
  func `a string column refuses anything else`(value: String) {
    for column in IDColumn.allCases {
      let batch = decode(line(#","data":{"\#(column.name)":\#(value)}"#))
      #expect(batch.verdict == column.name)
    }
    #expect(decode(line(#","data":{"items":[{"item_id":\#(value)}]}"#)).verdict == "items")
  }

  @Test func `junk words are kept in channel and currency`() {
    let batch = decode(line(#","data":{"channel":"null","currency":0,"campaign_id":"null"}"#))
    #expect(batch.string(batch[.channel]) == "null")
    #expect(batch.string(batch[.currency]) == "0")
    #expect(batch.string(batch[.campaignID]) == nil)
  }

  @Test(arguments: [
    ("2", 2), ("2.0", 2), ("1e3", 1000), ("20e-1", 2), ("-0", 0), ("-0.0e9", 0), ("0e999999999", 0),
    ("-2147483648", -2_147_483_648), ("2147483647", 2_147_483_647), ("2147483648", nil),
    ("-2147483649", nil), ("21474836470e-1", 2_147_483_647), ("1.5", nil), ("1e-1", nil),
    ("1e400", nil), ("1e-400", nil), ("0.000000000000000000001e21", 1), ("1e99999999999999999999", nil),
    ("100000000000000000000000e-23", 1), ("123456789012", nil), ("1E+2", 100), ("12.50E1", 125),
  ] as [(String, Int?)])
  func `a quantity is a whole number of 32 bits`(value: String, expected: Int?) {
    let batch = decode(line(#","data":{"quantity":\#(value)}"#))
    #expect(batch.verdict == (expected == nil ? "quantity" : "ok"))
    if let expected { #expect(batch.quantity[0] == Int32(expected)) }
    let item = decode(line(#","data":{"items":[{"quantity":\#(value)}]}"#))
    #expect(item.verdict == (expected == nil ? "items" : "ok"))
  }

  @Test(arguments: [
    ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
    ("9223372036854775808", nil), ("-9223372036854775809", nil), ("18446744073709551616", nil),
    ("9.223372036854775807e18", Int64.max), ("922337203685477580700e-2", Int64.max),
    ("99999999999999999999", nil), ("999999999999999999", 999_999_999_999_999_999),
    ("1000000000000000000", 1_000_000_000_000_000_000), ("0.5", nil), ("\"1\"", nil), ("true", nil),
    ("[1]", nil),
  ] as [(String, Int64?)])
  func `an amount is a whole number of 64 bits`(value: String, expected: Int64?) {
    for name in ["amount", "unit_price"] {
      let batch = decode(line(#","data":{"\#(name)":\#(value)}"#))
      #expect(batch.verdict == (expected == nil ? name : "ok"))
      if let expected {
        #expect((name == "amount" ? batch.amount[0] : batch.unitPrice[0]) == expected)
      }
    }
  }

  @Test func `items is an array of objects`() {
    let batch = decode(
      [
        line(#","data":{"items":[]}"#), line(#","data":{"items":null}"#, id: #""2""#),
        line(
          #","data":{"items":[{},{"item_id":7,"quantity":2.0,"unit_price":null,"x":[{}]}]}"#,
          id: #""3""#),
      ].joined(separator: "\n"))
    #expect(batch.hasLines == [1, 0, 1])
    #expect(batch.lineStarts == [0, 0, 0, 2])
    #expect(batch.string(batch.lineItemID, 0) == nil)
    #expect(batch.string(batch.lineItemID, 1) == "7")
    #expect(batch.lineQuantity[1] == 2 && batch.lineUnitPrice[1] == nil)
    for items in ["{}", "7", #""x""#, "[null]", "[[]]", "[{},1]", #"[{"unit_price":0.5}]"#] {
      #expect(decode(line(#","data":{"items":\#(items)}"#)).verdict == "items")
    }
  }

  @Test func `lines of a rejected event leave nothing behind`() {
    let batch = decode(
      [
        line(#","data":{"items":[{"item_id":"A"}]}"#),
        line(#","data":{"items":[{"item_id":"B"},{"item_id":true}]}"#),
        line(#","data":{"items":[{"item_id":"C"}"#),
        line(#","data":{"items":[{"item_id":"D"}]}"#, id: #""4""#),
      ].joined(separator: "\n"))
    #expect(batch.lineStarts == [0, 1, 2])
    #expect((0..<2).map { batch.string(batch.lineItemID, $0) } == ["A", "D"])
    #expect(batch.rejects.map(\.position) == [2, 3])
  }

  @Test func `equal identities and messages have equal hashes`() {
    let batch = decode([line(), line(), line(id: #""2""#), line(#","x":1"#)].joined(separator: "\n"))
    #expect(batch.identityHash[0] == batch.identityHash[1])
    #expect(batch.identityHash[0] != batch.identityHash[2])
    #expect(batch.identityHash[0] == batch.identityHash[3])
    #expect(batch.messageHash[0] == batch.messageHash[1])
    #expect(batch.messageHash[0] != batch.messageHash[3])
    let escaped = decode(line(id: #""\u0031""#))
    #expect(escaped.identityHash[0] == batch.identityHash[0])
  }
}
