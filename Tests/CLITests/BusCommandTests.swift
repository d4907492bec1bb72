import Foundation
import Testing

/// One bus, many processes: publishers know no subscriber, and subscribers not one another.
@Suite struct `The embedded bus among processes` {
  private func orders(_ publisher: Int, _ count: Int) -> Data {
    let lines = (0..<count).map { number in
      let type = number % 4 == 0 ? "order.created" : "product.viewed"
      return #"{"id":"\#(publisher)-\#(number)","source":"s","type":"\#(type)","#
        + #""time":"2026-03-01T10:00:00Z"}"# + "\n"
    }
    return Data(lines.joined().utf8)
  }

  private func position(of name: String, _ bus: String) throws -> String {
    let listed = try Tool.run(
      "bus", "list", "--what", "subscribers", "--format", "ndjson", "--bus", bus)
    let line = listed.lines.first { $0.contains("\"subscriber\":\"\(name)\"") }
    return String(line?.prefix { $0 != "}" }.split(separator: "\"seen\"").first ?? "")
  }

  @Test func `e-mail, stock and ledger each see everything once, also after being down`() throws {
    let scratch = try Scratch()
    let (bus, ledger) = (scratch.path("bus"), scratch.path("ledger"))
    #expect(try Tool.run("publish", "--bus", bus, "-", input: orders(0, 40)).code == 0)
    for (name, filter) in [("mail", "order.>"), ("stock", ">")] {
      let added = try Tool.run("bus", "add", name, "--bus", bus, "--filter", filter)
      #expect(added.code == 0, "\(added.talk)")
    }
    func reader(_ name: String) throws -> RunningTool {
      try RunningTool("bus", "read", "--bus", bus, "--subscriber", name, "--follow")
    }
    let mail = try reader("mail")
    var stock = try reader("stock")
    let subscriber = try RunningTool(
      "subscribe", "--ledger", ledger, "--max-delay", "100ms", "--disk-floor", "16MiB",
      "file:\(bus)")
    // Several publishers at once.
    let publishers = try (1...3).map { number in
      let file = try scratch.file("orders-\(number)", orders(number, 400))
      return try RunningTool("publish", "--quiet", "--bus", bus, file.path)
    }
    try subscriber.waits(for: "1240 events") { try Tool.eventCount(ledger) == 1_240 }
    for publisher in publishers { #expect(publisher.end(SIGCONT).code == 0) }
    func lines(_ text: String) -> Int { text.split(separator: "\n").count }
    try stock.waits(for: "the first part") {
      try Tool.eventCount(ledger) == 1_240 && lines(stock.output) == 1_240
    }
    // Stock is down while more comes, then catches up; a new one is added meanwhile.
    #expect(stock.end().code == 0 || stock.end().code == 130)
    let first = stock.output
    #expect(try Tool.run("publish", "--bus", bus, "-", input: orders(4, 100)).code == 0)
    try subscriber.waits(for: "1340 events") { try Tool.eventCount(ledger) == 1_340 }
    let before = try position(of: "stock", bus)
    #expect(try Tool.run("bus", "add", "late", "--bus", bus, "--from", "end").code == 0)
    #expect(try position(of: "stock", bus) == before)
    stock = try reader("stock")
    try stock.waits(for: "what it missed") {
      try Tool.eventCount(ledger) == 1_340 && lines(stock.output) == 100
    }
    try mail.waits(for: "all orders") {
      try Tool.eventCount(ledger) == 1_340 && lines(mail.output) == 335
    }
    let late = try Tool.run("bus", "read", "--bus", bus, "--subscriber", "late")
    #expect(late.output.isEmpty)
    for tool in [mail, stock] { #expect([0, 130].contains(tool.end().code)) }
    #expect(subscriber.end().code == 0)
    let everything = (first + stock.output).split(separator: "\n")
    #expect(Set(everything).count == 1_340)
    #expect(everything.count == 1_340)
    #expect(Set(mail.output.split(separator: "\n")).count == 335)
    let recorded = try Tool.run("dump", "--messages", "--ledger", ledger).lines
    #expect(recorded.sorted() == everything.sorted())
  }

  @Test func `a subscriber may go back, be forgotten, and hold old messages back`() throws {
    let scratch = try Scratch()
    let bus = scratch.path("bus")
    try Tool.run("publish", "--bus", bus, "-", input: orders(0, 100))
    #expect(try Tool.run("bus", "add", "a", "--bus", bus).code == 0)
    #expect(try Tool.run("bus", "add", "a", "--bus", bus).code == 1)
    func read(_ more: String...) throws -> Int {
      try Tool.run(["bus", "read", "--bus", bus, "--subscriber", "a"] + more).lines.count
    }
    #expect(try read("--count", "30", "--peek") == 30)
    #expect(try read("--count", "30") == 30)
    #expect(try read() == 70)
    #expect(try read() == 0)
    #expect(try Tool.run("bus", "seek", "a", "--to", "90", "--bus", bus).code == 0)
    // Ten are still needed, so only ninety go.
    let pruned = try Tool.run("bus", "prune", "--messages", "1", "--bus", bus)
    #expect(pruned.talk.contains("90 messages removed"), "\(pruned.talk)")
    #expect(pruned.talk.contains("needed by: a"), "\(pruned.talk)")
    #expect(try read() == 10)
    #expect(try Tool.run("bus", "remove", "a", "--bus", bus).code == 0)
    let unknown = try Tool.run("bus", "read", "--subscriber", "a", "--bus", bus)
    #expect(unknown.code == 1)
    #expect(try Tool.run("publish", "--bus", bus, "--subject", "a b", "-").code == 2)
  }
}
