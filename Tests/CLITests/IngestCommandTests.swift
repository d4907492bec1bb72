import Foundation
import Testing

/// What `ingest` promises to people and to schedulers.
@Suite struct IngestCommand {
  private func event(_ id: String, _ more: String = "") -> String {
    #"{"id":"\#(id)","source":"s","type":"product.viewed","time":"2026-03-01T10:00:00Z"\#(more)}"#
      + "\n"
  }

  private func report(_ result: Tool.Result) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: result.output) as? [String: Any])
  }

  @Test func `the same content again is a no-op that says so`() throws {
    let scratch = try Scratch()
    let file = try scratch.write("a.ndjson", event("1") + event("2"))
    let ledger = scratch.path("ledger")
    #expect(try Tool.run("ingest", "--ledger", ledger, file).code == 0)
    // Another name, the same bytes.
    let copy = try scratch.write("b.ndjson", event("1") + event("2"))
    let again = try Tool.run("ingest", "--json", "--ledger", ledger, copy)
    #expect(again.code == 0)
    #expect(try report(again)["accepted"] as? Int == 0)
    #expect(try report(again)["redelivered"] as? Int == 0)
    #expect(again.talk.contains("already"))
  }

  @Test func `redeliveries and conflicts are told apart whatever file they come from`() throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let first = try scratch.write("a.ndjson", event("1") + event("2"))
    try Tool.run("ingest", "--ledger", ledger, first)
    let second = try scratch.write("b.ndjson", event("2") + event("1", #","x":1"#) + event("3"))
    let result = try report(try Tool.run("ingest", "--json", "--ledger", ledger, second))
    #expect(result["accepted"] as? Int == 1)
    #expect(result["redelivered"] as? Int == 1)
    #expect(result["rejected"] as? Int == 1)
    let rejects = try Tool.run("rejects", "list", "--ledger", ledger, "--format", "csv")
    #expect(rejects.text.contains("conflict"))
  }

  @Test func `a file cut off in the middle of a line gives what is whole and exit code 1`() throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let file = try scratch.write("a.ndjson", event("1") + event("2").prefix(40))
    let result = try Tool.run("ingest", "--json", "--ledger", ledger, file)
    #expect(result.code == 1)
    #expect(try report(result)["accepted"] as? Int == 1)
    #expect(try report(result)["rejected"] as? Int == 1)
    #expect(result.talk.contains("middle of a line"))
    // The last line needs no line end when it is whole.
    let whole = try scratch.write("b.ndjson", event("3") + event("4").dropLast())
    #expect(try Tool.run("ingest", "--ledger", ledger, whole).code == 0)
  }

  @Test func `a mapped line longer than any message is kept byte for byte`() throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let mapping = try scratch.write(
      "m.yaml",
      """
      input: {format: json_lines}
      source: {constant: s}
      fields: {id: id, topic: {constant: t}, time: {column: at, format: rfc3339}}

      """)
    func line(_ id: String, _ filler: Int) -> String {
      #"{"id":"\#(id)","at":"2026-03-01T10:00:00Z","x":""#
        + String(repeating: "x", count: filler) + "\"}"
    }
    let lines = [line("1", 1), line("2", 20 << 20), line("3", 8 << 20), line("4", 1)]
    let file = try scratch.write("a.ndjson", lines.joined(separator: "\n") + "\n")
    let result = try Tool.run(
      "ingest", "--json", "--ledger", ledger, "--mapping", mapping, file)
    #expect(try report(result)["accepted"] as? Int == 2)
    #expect(try report(result)["rejected"] as? Int == 2)
    for (id, kept) in [("1", lines[1]), ("2", lines[2])] {
      let shown = try Tool.run("rejects", "show", id, "--ledger", ledger)
      #expect(shown.text == kept + "\n", "reject \(id)")
    }
    // Line numbers go on behind a line that was passed over.
    let origins = try Tool.run("dump", "--ledger", ledger)
    #expect(origins.text.contains(#""position":1,"#))
    #expect(origins.text.contains(#""position":4,"#))
  }

  @Test func `objects on one line longer than any message are all taken`() throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let mapping = try scratch.write(
      "m.yaml",
      """
      input: {format: json}
      source: {constant: s}
      fields: {id: id, topic: {constant: t}, time: {column: at, format: rfc3339}}

      """)
    func object(_ id: Int, _ filler: Int) -> String {
      #"{"id":"\#(id)","at":"2026-03-01T10:00:00Z","x":"{\""#
        + String(repeating: "x", count: filler) + "\"}"
    }
    // Twelve megabytes, an object of 21, twelve more, and a second line.
    let small = (0..<1_200).map { object($0, 10_000) }
    let long = object(5_000, 21 << 20)
    let after = (2_000..<3_200).map { object($0, 10_000) }
    let text = "[" + (small + [long] + after).joined(separator: ", ") + "]\r\n" + object(9_000, 1)
    let file = try scratch.write("a.json", text)
    let result = try Tool.run(
      "ingest", "--json", "--ledger", ledger, "--mapping", mapping, file)
    #expect(result.code == 0, "\(result.talk)")
    #expect(try report(result)["accepted"] as? Int == 2_401)
    #expect(try report(result)["rejected"] as? Int == 1)
    let isKept = try Tool.run("rejects", "show", "1", "--ledger", ledger).text == long + "\n"
    #expect(isKept)
    #expect(try Tool.run("dump", "--ledger", ledger).text.contains(#""position":2,"#))
  }

  @Test(arguments: [0, 1, 262_143, 262_144, 300_000])
  func `an endless quote in columns is kept to the end of its line`(_ more: Int) throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let mapping = try scratch.write(
      "m.yaml",
      """
      input: {format: csv}
      source: {constant: s}
      fields: {id: id, topic: {constant: t}, time: {column: at, format: rfc3339}}

      """)
    let first = "2,2026-03-01T10:00:00Z,\"abc"
    let long = String(repeating: "y", count: (10 << 20) + more)
    let row = ",2026-03-01T10:00:00Z,z\r\n"
    let text = "id,at,x\r\n1" + row + first + "\r\n" + long + "\r\n3" + row
    let result = try Tool.run(
      "ingest", "--json", "--ledger", ledger, "--mapping", mapping, "-", input: Data(text.utf8))
    #expect(try report(result)["accepted"] as? Int == 2)
    #expect(try report(result)["rejected"] as? Int == 2)
    for (id, kept) in [("1", first), ("2", long)] {
      let shown = try Tool.run("rejects", "show", id, "--ledger", ledger).text
      let isKept = shown == kept + "\n"
      #expect(isKept, "\(shown.utf8.count) bytes of reject \(id)")
    }
  }

  @Test func `a decoder reads lines of another vocabulary, and a dump of them needs none`() throws {
    let scratch = try Scratch()
    let call = #"{"type":"track","event":"Cart Viewed","messageId":"m1","anonymousId":"a","#
      + #""timestamp":"2026-03-01T10:00:00Z"}"#
    let file = try scratch.write("a.ndjson", call + "\n")
    let first = scratch.path("first")
    let plain = try Tool.run("ingest", "--json", "--ledger", scratch.path("plain"), file)
    #expect(try report(plain)["rejected"] as? Int == 1)
    let read = try Tool.run("ingest", "--json", "--decoder", "segment", "--ledger", first, file)
    #expect(try report(read)["accepted"] as? Int == 1)
    let dump = try Tool.run("dump", "--ledger", first)
    #expect(dump.text.contains("\"message\":" + call + "}"))
    let second = scratch.path("second")
    let copied = try Tool.run("ingest", "--json", "--ledger", second, "-", input: dump.output)
    #expect(try report(copied)["accepted"] as? Int == 1)
    #expect(try Tool.run("dump", "--ledger", second).output == dump.output)
    let topics = try Tool.run("inspect", "--json", "--ledger", second)
    #expect(topics.text.contains("cart.viewed"))
    let wrong = try Tool.run("ingest", "--decoder", "segmnt", "--ledger", first, file)
    #expect(wrong.code == 2)
    #expect(wrong.talk.contains("segment"))
  }

  @Test func `strict input exits with 3 and still keeps what is good`() throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let file = try scratch.write("a.ndjson", event("1") + "nonsense\n")
    let result = try Tool.run("ingest", "--strict", "--json", "--ledger", ledger, file)
    #expect(result.code == 3)
    #expect(try report(result)["accepted"] as? Int == 1)
  }

  @Test func `standard input, several files and compressed files are taken`() throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let piped = try Tool.run(
      "ingest", "--json", "--ledger", ledger, "-", input: Data((event("1") + event("2")).utf8))
    #expect(try report(piped)["accepted"] as? Int == 2)
    let plain = try scratch.write("c.ndjson", event("3"))
    let tools = [("gzip", "gz"), ("zstd", "zst")]
    for (tool, ending) in tools {
      let path = try scratch.write("d-\(tool).ndjson", event(tool))
      try Tool.run(
        [tool, "-q", "-f", path], executable: URL(filePath: "/usr/bin/env"))
      let taken = try Tool.run("ingest", "--json", "--ledger", ledger, plain, path + "." + ending)
      #expect(taken.code == 0, "\(taken.talk)")
    }
    let dump = try Tool.run("dump", "--ledger", ledger, "--messages")
    #expect(dump.lines.count == 5)
  }

  @Test func `what cannot be read is said before anything is done`() throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let missing = try Tool.run("ingest", "--ledger", ledger, scratch.path("nowhere.ndjson"))
    #expect(missing.code == 1)
    #expect(missing.talk.contains("nowhere.ndjson"))
    #expect(try Tool.run("ingest", "--ledger", ledger).code == 2)
    #expect(try Tool.run("ingest", "a.ndjson").code == 2)
    #expect(try Tool.run("inspect", "--ledger", scratch.path("none")).code == 1)
  }

  @Test func `a dump ingested into an empty ledger gives the same content`() throws {
    let scratch = try Scratch()
    let made = try Tool.run("simulate", "--events", "3000", "--seed", "5")
    try made.output.write(to: URL(filePath: scratch.path("events.ndjson")))
    let first = scratch.path("first")
    let second = scratch.path("second")
    try Tool.run("ingest", "--ledger", first, scratch.path("events.ndjson"))
    let dump = try Tool.run("dump", "--ledger", first)
    #expect(dump.code == 0)
    #expect(try Tool.run("ingest", "--ledger", second, "-", input: dump.output).code == 0)
    #expect(try Tool.run("dump", "--ledger", second).output == dump.output)
    for command in ["sequences", "sessions"] {
      let rows = try Tool.run(command, "--ledger", first, "--format", "ndjson")
      #expect(rows.code == 0 && !rows.output.isEmpty)
      #expect(try Tool.run(command, "--ledger", second, "--format", "ndjson").output == rows.output)
    }
  }

  @Test func `a message with line feeds goes through frames byte for byte`() throws {
    let scratch = try Scratch()
    let source = scratch.path("source")
    // Only a stream gives such a message: it comes over a bus.
    let messages = [
      "  {\n \"id\":\"1\",\n\"source\":\"s\",\"type\":\"product.viewed\",\r\n"
        + "\"time\":\"2026-03-01T10:00:00Z\"} \n",
      String(event("2").dropLast()),
      "{\"type\":\"track\",\n\"event\":\"Cart Viewed\",\"messageId\":\"m1\","
        + "\"anonymousId\":\"a\",\"timestamp\":\"2026-03-01T10:00:00Z\"}",
    ]
    try Tool.run(
      "publish", "--bus", scratch.path("bus"), "--null", "-",
      input: Data(messages.map { $0 + "\0" }.joined().utf8))
    let taken = try Tool.run(
      "subscribe", "--once", "--disk-floor", "1MiB", "--ledger", source,
      "bus:" + scratch.path("bus"))
    #expect(taken.code == 0, "\(taken.talk)")
    #expect(try Tool.run("dump", "--ledger", source).code == 1)
    let frames = try Tool.run("dump", "--framed", "--ledger", source)
    for message in messages { #expect(frames.text.contains("}\n" + message + "\n")) }
    let copy = scratch.path("copy")
    let copied = try Tool.run(
      "ingest", "--framed", "--json", "--ledger", copy, "-", input: frames.output)
    #expect(copied.code == 0, "\(copied.talk)")
    #expect(try report(copied)["accepted"] as? Int == 3)
    #expect(try Tool.run("dump", "--framed", "--ledger", copy).output == frames.output)
    #expect(
      try Tool.run("sequences", "--ledger", copy).output
        == Tool.run("sequences", "--ledger", source).output)
    // Cut off in the last frame: what was whole stays.
    let short = scratch.path("short")
    let cut = try Tool.run(
      "ingest", "--framed", "--json", "--ledger", short, "-", input: frames.output.dropLast(9))
    #expect(cut.code == 1)
    #expect(cut.talk.contains("middle of frame 3"))
    #expect(try report(cut)["accepted"] as? Int == 2)
    // Lines are no frames.
    let lines = try Tool.run(
      "ingest", "--framed", "--ledger", short, "-", input: Data(event("3").utf8))
    #expect(lines.code == 1)
    #expect(lines.talk.contains("frame 1"))
  }

  @Test func `repaired rejects are replayed and closed`() throws {
    let scratch = try Scratch()
    let ledger = scratch.path("ledger")
    let bad = event("1").replacingOccurrences(of: "2026-03-01T10:00:00Z", with: "yesterday")
    try Tool.run("ingest", "--ledger", ledger, try scratch.write("a.ndjson", bad + event("2")))
    let listed = try Tool.run("rejects", "list", "--ledger", ledger, "--format", "ndjson")
    #expect(listed.lines.count == 1)
    let shown = try Tool.run("rejects", "show", "1", "--ledger", ledger)
    #expect(shown.text == bad)
    let repaired = try scratch.write("repaired.ndjson", event("1"))
    let replay = try Tool.run("rejects", "replay", "1", "--ledger", ledger, "--from", repaired)
    #expect(replay.code == 0, "\(replay.talk)")
    #expect(try Tool.run("rejects", "list", "--ledger", ledger, "--format", "ndjson").text.isEmpty)
    #expect(try Tool.run("dump", "--ledger", ledger, "--messages").lines.count == 2)
  }
}
