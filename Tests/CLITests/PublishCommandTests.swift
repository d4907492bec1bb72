import Foundation
import ServersTesting
import Testing

/// `publish` and what a bus keeps.
@Suite struct `The publish command` {
  private let scratch: Scratch
  private var bus: String { scratch.path("bus") }

  init() throws { scratch = try Scratch() }

  private func read(_ more: String...) throws -> Tool.Result {
    try Tool.run(["bus", "read", "--bus", bus, "--subscriber", "all"] + more)
  }

  @Test func `messages with line feeds go through as they are`() throws {
    let messages = Data("{\"a\":\n1}\0{\"b\":2}\0plain\n\0".utf8)
    let sent = try Tool.run(
      "publish", "--bus", bus, "--subject", "mail.requested", "--null", "-", input: messages)
    #expect(sent.code == 0, "\(sent.talk)")
    #expect(try Tool.run("bus", "add", "all", "--bus", bus, "--filter", "mail.*").code == 0)
    #expect(try read("--null").output == messages)
  }

  @Test func `files come in their order, each line once`() throws {
    let first = try scratch.write("first.ndjson", "{\"n\":1}\n{\"n\":2}\n")
    let second = try scratch.write("second.ndjson", "{\"n\":3}\n\n{\"n\":4}")
    #expect(try Tool.run("publish", "--quiet", "--bus", bus, first, second).code == 0)
    #expect(try Tool.run("bus", "add", "all", "--bus", bus).code == 0)
    #expect(try read().lines == ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":4}"])
    let missing = try Tool.run("publish", "--bus", bus, scratch.path("nothing"))
    #expect(missing.code != 0)
    #expect(missing.talk.contains("nothing"))
  }

  @Test func `a bus keeps as many as it is told to`() throws {
    let lines = (0..<300).map { "{\"n\":\($0)}\n" }.joined()
    for _ in 0..<3 {
      let sent = try Tool.run("publish", "--quiet", "--bus", bus, "-", input: Data(lines.utf8))
      #expect(sent.code == 0, "\(sent.talk)")
      #expect(try Tool.run("bus", "retain", "--messages", "100", "--bus", bus).code == 0)
    }
    #expect(try Tool.run("bus", "prune", "--bus", bus).code == 0)
    #expect(try Tool.run("bus", "add", "all", "--bus", bus).code == 0)
    #expect(try read().lines == (200..<300).map { "{\"n\":\($0)}" })
  }

  /// A publisher that is killed leaves whole batches, from the front, and hinders nobody.
  @Test func `one that is killed leaves what it had published, in order`() throws {
    let lines = (0..<400_000).map { "{\"n\":\($0),\"pad\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}" }
    let file = try scratch.file("all.ndjson", Data((lines.joined(separator: "\n") + "\n").utf8))
    let first = try Tool.run("publish", "--bus", bus, "-", input: Data("{\"first\":1}\n".utf8))
    #expect(first.code == 0, "\(first.talk)")
    #expect(try Tool.run("bus", "add", "all", "--bus", bus).code == 0)
    #expect(try read().lines == ["{\"first\":1}"])
    let publisher = try RunningTool("publish", "--quiet", "--bus", bus, file.path)
    // It is killed as soon as something is there; if it has ended by then, nothing is cut.
    while publisher.isRunning, try read("--count", "1", "--peek").lines.isEmpty {}
    _ = publisher.end(SIGKILL)
    let there = try read().lines
    #expect(!there.isEmpty)
    let isPrefix = there.elementsEqual(lines.prefix(there.count)) { $0 == $1 }
    #expect(isPrefix, "\(there.count) messages")
    let after = try Tool.run("publish", "--bus", bus, "-", input: Data("{\"last\":1}\n".utf8))
    #expect(after.code == 0, "\(after.talk)")
    #expect(try read().lines == ["{\"last\":1}"])
  }
}
