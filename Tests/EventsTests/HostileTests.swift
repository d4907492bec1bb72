import Bytes
import Events
import Foundation
import Testing

/// Input that means harm: each broken message is one reject, and its neighbours do not notice.
@Suite struct HostileInput {
  @Test func `JSONTestSuite: a value is accepted and refused inside a message and as one`() throws {
    let folder = repositoryRoot.appending(path: "Tests/Fixtures/JSONTestSuite/test_parsing")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names.count == 318)
    var free: [String] = []
    for name in names {
      let content = [UInt8](try Data(contentsOf: folder.appending(path: name)))
      let inside = verdict(Array(#"{"id":"1","type":"t","source":"s","time":"#.utf8)
        + Array(#""2021-03-01T09:00:00Z","x":"#.utf8) + content + Array("}".utf8))
      let alone = verdict(content)
      let isBroken = ["json", "encoding"]
      switch name.prefix(2) {
      case "y_":
        #expect(inside == "ok", "\(name)")
        let first = content.first { !" \n\t\r".utf8.contains($0) }
        #expect(isBroken.contains(alone) == (first != UInt8(ascii: "{")), "\(name)")
      case "n_":
        #expect(isBroken.contains(inside), "\(name)")
        #expect(isBroken.contains(alone), "\(name)")
      default: free.append("\(name): \(inside)")
      }
    }
    print("JSONTestSuite, free cases inside a message:\n  " + free.joined(separator: "\n  "))
    #expect(free.count == 35)
  }

  private func verdict(_ message: [UInt8]) -> String {
    EventDecoder(seed: 1).decodeOne(message: message, position: 1, recordedAt: 0).verdict
  }

  @Test(arguments: [
    ("[", "]"), (#"{"a":"#, "}"),
  ])
  func `1,024 levels are a message, 1,025 are none, wherever they are`(open: String, close: String) {
    func nested(_ levels: Int) -> String {
      String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
    }
    func check(_ outer: Int, _ make: (String) -> String) {
      #expect(decode(make(nested(1_024 - outer))).verdict == "ok")
      let batch = decode("\(make(nested(1_025 - outer)))\n\(line())")
      #expect(batch.rejects.map(\.reason) == [.json] && batch.count == 1)
    }
    check(1) { line(#","x":\#($0)"#) }
    check(2) { line(#","data":{"x":\#($0)}"#) }
    check(4) { line(#","data":{"items":[{"x":\#($0)}]}"#) }
    // Levels are the message's own: the wrapper does not count.
    check(1) { #"{"recorded_at":"2021-03-01T09:00:00Z","message":\#(line(#","x":\#($0)"#))}"# }
    #expect(decode(line(#","x":\#(String(repeating: "[", count: 1_000_000))"#)).verdict == "json")
    #expect(decode(line(#","time":\#(nested(1_023))"#)).verdict == "time")
    #expect(decode(line(#","time":\#(nested(1_024))"#)).verdict == "json")
    #expect(decode(line(#","data":{"visitor_id":\#(nested(1_023))}"#)).verdict == "json")
    #expect(decode(line(#","data":{"items":[{"item_id":\#(nested(1_020))}]}"#)).verdict == "items")
    #expect(decode(line(#","data":{"items":[{"item_id":\#(nested(1_021))}]}"#)).verdict == "json")
    let itemVerdict = open == "[" ? "items" : "ok"
    #expect(decode(line(#","data":{"items":[\#(nested(1_021))]}"#)).verdict == itemVerdict)
    #expect(decode(line(#","data":{"items":[\#(nested(1_022))]}"#)).verdict == "json")
  }

  @Test func `8 MiB are a message, a byte more is none, whatever is in it`() {
    let limit = 8 << 20
    func message(_ byteCount: Int, _ filler: UInt8) -> [UInt8] {
      let start = Array(line(",\"x\":\"").dropLast().utf8)
      return start + [UInt8](repeating: filler, count: byteCount - start.count - 2)
        + Array("\"}".utf8)
    }
    func neighbours(_ bytes: [UInt8]) -> [UInt8] {
      Array("\(line())\n".utf8) + bytes + Array("\n\(line())".utf8)
    }
    let plain = UInt8(ascii: "a")
    #expect(decode(message(limit, plain)).verdict == "ok")
    #expect(decode(neighbours(message(limit + 1, plain))).count == 2)
    #expect(decode(message(limit + 1, plain)).verdict == "size")
    #expect(decode(message(limit + 1, 0xff)).verdict == "encoding")
    #expect(decode([UInt8](repeating: plain, count: limit + 1)).verdict == "size")
    let wrapper = Array(#"{"recorded_at":"2021-03-01T09:00:00Z","message":"#.utf8)
    let close = Array("}".utf8)
    #expect(decode(wrapper + message(limit, plain) + close).verdict == "ok")
    #expect(decode(wrapper + message(limit + 1, plain) + close).verdict == "size")
    #expect(decode(wrapper + message(limit + 1, 0) + close).verdict == "size")
    #expect(decode(wrapper + message(limit, 0) + close).verdict == "json")
  }

  @Test func `NULs and control characters are no part of JSON`() {
    for byte in UInt8(0)..<0x20 where ![0x09, 0x0a, 0x0d].contains(byte) {
      let template = Array(line(#","x":"ab""#).utf8)
      for place in template.indices {
        var bytes = template
        bytes.insert(byte, at: place)
        let batch = decode(Array("\(line())\n".utf8) + bytes + Array("\n\(line())".utf8))
        #expect(batch.count == 2 && batch.rejects.map(\.reason) == [.json])
      }
    }
  }

  @Test func `bytes that are no UTF-8 are an encoding fault in every place`() {
    let template = Array(line(#","data":{"visitor_id":"é","x":["\u00e9"]}"#).utf8)
    for place in 0...template.count {
      for fault: [UInt8] in [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf]] {
        var bytes = template
        bytes.insert(contentsOf: fault, at: place)
        let batch = decode(Array("\(line())\n".utf8) + bytes + Array("\n\(line())\n".utf8))
        #expect(batch.count == 2 && batch.rejects.map(\.reason) == [.encoding])
        #expect(batch.rejects.map(\.position) == [2])
      }
    }
  }

  @Test func `a line cut anywhere is one reject`() {
    let whole = line(#","data":{"items":[{"item_id":"\u00e9","quantity":-1.0e2}],"amount":12}"#)
    let bytes = Array(whole.utf8)
    for count in 1..<bytes.count {
      let batch = decode(Array(bytes[..<count]) + [10] + bytes)
      #expect(batch.count == 1 && batch.rejects.map(\.reason) == [.json])
      #expect(decode(Array(bytes[..<count])).verdict == "json")
      let wrapper = Array(#"{"recorded_at":"2021-03-01T09:00:00Z","message":"#.utf8)
      #expect(decode(wrapper + bytes[..<count] + [UInt8(ascii: "}"), 10] + bytes).rejects.count == 1)
    }
  }

  @Test func `many keys, and keys unlike any, do not confuse the guesses`() throws {
    var random = SplitMix64(seed: 3)
    var lines: [String] = []
    for index in 0..<400 {
      var members = [
        #""id":"\#(index)""#, #""type":"t""#, #""source":"s""#, #""time":"2021-03-01T09:00:00Z""#,
        #""data":{"visitor_id":"v\#(index)","amount":\#(index)}"#,
      ]
      for _ in 0..<5 {
        let length = Int.random(in: 0...30, using: &random)
        let key = (0..<length).map { _ in ["a", "b", "\u{e9}", " "].randomElement(using: &random) ?? "" }
        members.append("\"\(key.joined())\" : 1")
        members.append("\"\(key.joined())\":2")
      }
      lines.append("{\(members.shuffled(using: &random).joined(separator: ","))}")
    }
    let batch = decode(lines.joined(separator: "\n"))
    #expect(batch.count == 400)
    for row in 0..<batch.count {
      #expect(batch.string(batch.eventID, row) == "\(row)")
      #expect(batch.string(batch[.visitorID], row) == "v\(row)")
      #expect(batch.amount[row] == Int64(row))
    }
  }

  @Test(arguments: 0..<8)
  func `mutated lines never trap and never change their neighbours`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let good = Array(
      line(#","data":{"visitor_id":"v","items":[{"item_id":"A","quantity":2}]}"#, id: #""good""#)
        .utf8)
    let expected = decode(good)
    for _ in 0..<600 {
      var bytes = mutated(&random)
      bytes.removeAll { $0 == 10 }
      let batch = decode(good + [10] + bytes + [10] + good)
      let isBlank = bytes.allSatisfy { $0 == 0x20 || $0 == 9 } || bytes.isEmpty
        || bytes.last == 13 && bytes.dropLast().allSatisfy { $0 == 0x20 || $0 == 9 }
      #expect(batch.count + batch.rejects.count == (isBlank ? 2 : 3))
      for row in [0, batch.count - 1] {
        #expect(batch.string(batch.eventID, row) == "good")
        #expect(batch.messageHash[row] == expected.messageHash[0])
        #expect(batch.string(batch[.visitorID], row) == "v")
        let lines = batch.lineStarts[row]..<batch.lineStarts[row + 1]
        #expect(lines.count == 1 && batch.string(batch.lineItemID, Int(lines.lowerBound)) == "A")
      }
      #expect(batch.position.first == 1 && batch.position.last == 3)
    }
  }

  private func mutated(_ random: inout SplitMix64) -> [UInt8] {
    let templates = [
      line(#","data":{"visitor_id":"a\u00e9\ud83d\ude00","amount":-12.0e1,"x":[{},[true,null]]}"#),
      line(#","data":{"items":[{"item_id":"A","quantity":1,"unit_price":2},{"item_id":7}]}"#),
      #"{"recorded_at":"2021-03-01T09:00:01Z","origin":"f","position":7,"message":\#(line())}"#,
    ]
    var bytes = Array((templates.randomElement(using: &random) ?? "").utf8)
    let marks = Array("{}[]\",:\\u0123eE+-. \t\r\u{0}tfn".utf8) + [0x80, 0xc3, 0xed, 0xf0, 0xff]
    for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      let mark = marks.randomElement(using: &random) ?? 0
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[place] = mark
      case 1: bytes.insert(mark, at: place)
      case 2: bytes.remove(at: place)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + 9))
      default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 9)], at: place)
      }
    }
    return bytes
  }
}
