import Foundation
import Testing

/// The demo, and what it offers to try next.
@Suite struct DemoAndExplain {
  @Test func `the demo shows a funnel, tells a story and runs again without change`() throws {
    let scratch = try Scratch()
    let first = try Tool.run("demo", "--directory", "d", folder: scratch.folder)
    #expect(first.code == 0, "\(first.talk)")
    for part in ["354 events recorded in d/otto", "looked", "bought", "One of them", "TRY NEXT"] {
      #expect(first.text.contains(part), "no \(part)")
    }
    #expect(first.lines.allSatisfy { $0.count <= 80 })
    let again = try Tool.run("demo", "--directory", "d", folder: scratch.folder)
    #expect(again.code == 0)
    #expect(again.text.contains("nothing new: all 354 were in d/otto already"))
    // All but what was recorded is the same.
    func rest(_ result: Tool.Result) -> [Substring] {
      result.lines.filter { !$0.contains("d/otto") && !$0.contains("d/shop") }
    }
    #expect(rest(first) == rest(again))
    try `what it offers works`(first, scratch)
  }

  private func `what it offers works`(_ demo: Tool.Result, _ scratch: Scratch) throws {
    let offers = demo.lines.filter { $0.hasPrefix("  daybook ") && !$0.contains("YOUR-") }
    #expect(offers.count == 6)
    for offer in offers {
      let words = offer.split(separator: "|")[0].split(separator: " ").dropFirst().map(String.init)
      let result = try Tool.run(words, folder: scratch.folder)
      #expect(result.code == 0, "\(offer): \(result.talk)")
    }
    let explained = try #require(offers.first { $0.contains(" explain ") })
    let order = try #require(explained.split(separator: " ").last)
    let result = try Tool.run(
      "explain", "--ledger", "d/shop", "--order", String(order), folder: scratch.folder)
    for part in ["WHOSE IT IS", "because", "decides", "starts", "ends", "@", #""specversion""#] {
      #expect(result.text.contains(part), "no \(part)")
    }
  }

  @Test func `OTTO's sample in the program is the file`() throws {
    let data = try Data(contentsOf: Tool.root.appending(path: "examples/data/otto-sessions.jsonl"))
    let source = try String(
      contentsOf: Tool.root.appending(path: "Sources/daybook/Generated/OTTOSample.swift"),
      encoding: .utf8)
    let text = source.components(separatedBy: #"""""#)[1].filter { !$0.isWhitespace }
    #expect(Data(base64Encoded: text) == data, "run scripts/embed_otto.sh")
  }

  private func event(_ id: String, _ type: String, _ time: String, _ data: String) -> String {
    #"{"id":"\#(id)","source":"s","type":"\#(type)","time":"2026-03-01T\#(time):00Z","#
      + #""data":{\#(data)}}"# + "\n"
  }

  private func shop() throws -> Scratch {
    let scratch = try Scratch()
    let events =
      event("e1", "product.viewed", "10:00", #""visitor_id":"v1","item_id":"A""#)
      + event("e2", "customer.identified", "10:05", #""visitor_id":"v1","customer_id":"ann""#)
      + event("e3", "order.created", "10:10", #""visitor_id":"v1","order_id":"o1""#)
      + event("e4", "order.payment.succeeded", "10:11", #""order_id":"o1","amount":100"#)
      + event("e5", "product.viewed", "10:30", #""visitor_id":"v2","item_id":"B""#)
    try Tool.run("ingest", "--ledger", scratch.path("l"), try scratch.write("e.ndjson", events))
    return scratch
  }

  @Test func `an order is explained by the login before it`() throws {
    let scratch = try shop()
    let result = try Tool.run("explain", "--ledger", scratch.path("l"), "--order", "o1")
    #expect(result.code == 0, "\(result.talk)")
    let text = result.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(text.contains("c:ann 2 events"))
    #expect(text.contains("the last login up to then is ann by e2"))
    #expect(text.contains("starts 2026-03-01 10:00:00: nothing came before it"))
    #expect(text.contains("bought at 2026-03-01 10:11:00"))
    #expect(text.contains(#"@2 {"id":"e3","source":"s","type":"order.created""#))
  }

  @Test func `events, visitors, customers and sequences are explained, as JSON too`() throws {
    let scratch = try shop()
    let ledger = scratch.path("l")
    func explain(_ words: String...) throws -> [String: Any] {
      let result = try Tool.run(["explain", "--json", "--ledger", ledger] + words)
      #expect(result.code == 0, "\(result.talk)")
      let json = try JSONSerialization.jsonObject(with: result.output)
      return try #require(json as? [String: Any])
    }
    func actors(_ explanation: [String: Any]) -> [String] {
      (explanation["actors"] as? [[String: Any]] ?? []).compactMap { $0["actor"] as? String }
    }
    let event = try explain("--event", "e1", "--source", "s")
    #expect(actors(event) == ["c:ann"])
    let first = try #require((event["events"] as? [[String: Any]])?.first)
    #expect((first["because"] as? String)?.contains("the first one afterwards") == true)
    #expect(actors(try explain("--visitor", "v2")) == ["v:v2"])
    let customer = try explain("--customer", "ann")
    #expect(actors(customer) == ["c:ann"])
    let rows = try Tool.run("sequences", "--ledger", ledger, "--outcome", "purchased")
    let row = try JSONSerialization.jsonObject(with: rows.output) as? [String: Any]
    let id = try #require(row?["sequence_id"] as? String)
    #expect(actors(try explain("--sequence", id)) == ["c:ann"])
  }

  @Test func `the short way through the command line says what the parser's does`() throws {
    let scratch = try shop()
    let ledger = scratch.path("l")
    for words in [
      ["--order", "o1"], ["--event", "e1"], ["--visitor", "v2"], ["--customer", "ann"],
      ["--order", "none"], ["--order", "o1", "--json"], ["--event", "e1", "--full"],
      ["--order", "o1", "--order", "o2"], ["--order", "-o"], ["--order"], ["--json"], [],
      ["--event", "e1", "--visitor", "v2"], ["--order", ""], ["--colour", "red"],
    ] {
      // The parser alone knows `--threads`; two are as good as any.
      let short = try Tool.run(["explain", "-l", ledger] + words)
      let long = try Tool.run(["explain", "--threads", "2", "-l", ledger] + words)
      #expect(short.code == long.code, "\(words)")
      #expect(short.output == long.output, "\(words)")
      #expect(short.talk == long.talk, "\(words)")
    }
  }

  @Test func `what nothing names exits with 1 and says so`() throws {
    let scratch = try shop()
    let ledger = scratch.path("l")
    for words in [
      ["--order", "o2"], ["--sequence", "0123456789abcdef"], ["--event", "e1", "--source", "t"],
      ["--visitor", "ann"], ["--customer", "v1"], ["--order", "o1", "--as-of", "2026-03-01"],
    ] {
      let result = try Tool.run(["explain", "--ledger", ledger] + words)
      #expect(result.code == 1)
      #expect(result.talk.contains("nothing in"), "\(words): \(result.talk)")
      #expect(result.output.isEmpty)
    }
  }
}
