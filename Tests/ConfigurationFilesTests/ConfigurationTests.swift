import ConfigurationFiles
import Testing

@Suite struct `Configuration file` {
  private func read(_ text: String) throws -> ConfigurationNode {
    try ConfigurationNode.parse(text: text, file: "shop.yaml")
  }

  private func failure(_ text: String) -> ConfigurationError? {
    do {
      _ = try read(text)
      return nil
    } catch let error as ConfigurationError {
      return error
    } catch {
      return nil
    }
  }

  @Test func `values keep their text, kind, place and order`() throws {
    let root = try read("b: 007\na:\n  - \"12\"\n  - 1.50\n  - true\n  - ~\n")
    let entries = try root.entries()
    #expect(entries.map(\.key) == ["b", "a"])
    #expect(entries[0].value.content == .scalar(text: "007", kind: .integer))
    let items = try entries[1].value.items()
    #expect(items[0].content == .scalar(text: "12", kind: .string))
    #expect(items[1].content == .scalar(text: "1.50", kind: .decimal))
    #expect(items[2].content == .scalar(text: "true", kind: .boolean))
    #expect(items[3].isNull)
    #expect(items[1].line == 4)
    #expect(items[1].column == 5)
  }

  @Test func `JSON is read as well`() throws {
    let root = try read("{\"a\": [1, \"x\\n\"],\n\t\"b\": {\"c\": null}}")
    #expect(try root["a"]?.items()[1].text() == "x\n")
    #expect(root["b"]?["c"]?.isNull == true)
  }

  @Test func `an empty file is an empty mapping`() throws {
    #expect(try read("").entries().isEmpty)
    #expect(try read("# only a comment\n").entries().isEmpty)
  }

  @Test(arguments: [("90s", 90), ("30m", 1_800), ("24h", 86_400), ("7d", 604_800), ("0s", 0)])
  func `spans are microseconds`(text: String, seconds: Int64) throws {
    #expect(try read("gap: \(text)")["gap"]?.span() == seconds * 1_000_000)
  }

  @Test(arguments: ["30", "m", "1.5h", "-3m", "30 m", "99999999999999999999d", "[1m]", ""])
  func `other spans are refused`(text: String) throws {
    let node = try #require(try read("gap: \(text)")["gap"])
    #expect(throws: ConfigurationError.self) { try node.span() }
  }

  @Test func `an unknown key is named with its place and the nearest valid one`() throws {
    let root = try read("one: 1\nsesion_gap: 30m\n")
    let error = #expect(throws: ConfigurationError.self) {
      try root.entries(keys: ["one", "session_gap", "session_max"], of: "the options")
    }
    #expect(
      error?.description
        == "shop.yaml:2:1: unknown key 'sesion_gap' in the options; did you mean 'session_gap'? "
        + "Known keys: one, session_gap, session_max.")
  }

  @Test(
    arguments: [
      ("colums", "columns"), ("tpoic", "topic"), ("TIME", "time"), ("price", "unit_price"),
    ])
  func `the nearest name is found`(written: String, nearest: String) {
    let names = ["columns", "topic", "time", "unit_price", "amount"]
    #expect(nearestName(to: written, among: names) == nearest)
  }

  @Test func `a name far from all has no nearest`() {
    #expect(nearestName(to: "zebra", among: ["columns", "topic"]) == nil)
    #expect(nearestName(to: "", among: ["columns", "topic"]) == nil)
  }

  @Test func `duplicate keys are refused`() {
    #expect(failure("a: 1\nb: 2\na: 3\n")?.problem == "the key 'a' is written twice")
    #expect(failure("{\"a\": 1, \"a\": 2}")?.line == 1)
  }

  @Test func `bad YAML names line and column`() {
    #expect(failure("a: 1\nb: [1, 2\n")?.line ?? 0 >= 2)
    #expect(failure("a: 1\n---\nb: 2\n") != nil)
    #expect(failure("[a]: 1\n")?.problem == "a key must be a name, not a list")
  }

  @Test func `anchors and aliases are refused before they can expand`() {
    #expect(failure("a: &x 1\nb: *x\n")?.problem.contains("anchors") == true)
    var bomb = "a0: &a0 [x, x]\n"
    for level in 1...40 {
      bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n"
    }
    #expect(failure(bomb)?.problem.contains("aliases") == true)
    #expect(failure(bomb + "? *a40\n: 1\n")?.problem.contains("aliases") == true)
  }

  @Test func `deep nesting is refused`() {
    #expect(failure(String(repeating: "[", count: 500_000)) != nil)
    #expect(failure(String(repeating: "- ", count: 400_000)) != nil)
    #expect(failure(String(repeating: "? ", count: 400_000)) != nil)
    let allowed = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
    #expect(failure(allowed) == nil)
    var stairs = ""
    for depth in 0..<300 { stairs += String(repeating: " ", count: depth) + "a:\n" }
    #expect(failure(stairs) != nil)
  }

  @Test func `oversized, non-UTF-8 and NUL texts are refused`() {
    #expect(throws: ConfigurationError.self) {
      try ConfigurationNode.parse([UInt8](repeating: 32, count: (1 << 20) + 1), file: "x")
    }
    #expect(throws: ConfigurationError.self) {
      try ConfigurationNode.parse([0x61, 0xff], file: "x")
    }
    #expect(throws: ConfigurationError.self) {
      try ConfigurationNode.parse([0x61, 0], file: "x")
    }
  }

  @Test func `readers say what they expected`() throws {
    let root = try read("n: 12\ns: abc\nb: yes\nlist: [1]\n")
    let n = try #require(root["n"])
    let s = try #require(root["s"])
    let b = try #require(root["b"])
    #expect(try n.integer(in: 0...20) == 12)
    #expect(throws: ConfigurationError.self) { try n.integer(in: 0...5) }
    #expect(throws: ConfigurationError.self) { try s.integer() }
    #expect(throws: ConfigurationError.self) { try b.boolean() }
    #expect(throws: ConfigurationError.self) { try root["list"]?.text() }
    let error = #expect(throws: ConfigurationError.self) {
      try s.choice(of: ["abd", "xyz"], what: "format")
    }
    #expect(error?.nearest == "abd")
  }
}
