import ConfigurationFiles
import Mappings
import Testing

/// A wrong mapping is reported with its place and the nearest valid name before anything is read.
@Suite struct `Wrong mappings` {
  @Test(
    arguments: [
      ("sorce: /shop\n", 1, "source"), ("fields:\n  vistor_id: a\n", 2, "visitor_id"),
      ("input: {format: cvs}\n", 1, "csv"), ("input:\n  seperator: ';'\n", 2, "separator"),
      ("fields:\n  time: {column: t, format: epoch_sec}\n  id: i\n  topic: x\nsource: a", 2, "epoch_s"),
      ("fields:\n  time: {column: t, format: YYYY-MM-dd}\n  id: i\n  topic: x\nsource: a", 2, "yyyy"),
      (
        "fields:\n  id: a\n  topic: x\n  time:\n    column: t\n    format: yyyy-MM-dd\n"
          + "    zone: Europe/Lndon\nsource: a", 7, "Europe/London"
      ),
      ("skip: [{column: a, equal: x}]\n", 1, "equals"),
      ("events:\n  - {topc: a}\n", 2, "topic"),
      ("fields: {items: [{itemid: a}]}\nsource: a", 1, nil),
    ])
  func `names have a nearest`(yaml: String, line: Int, nearest: String?) throws {
    let error = try #require(mappingFailure(yaml))
    #expect(error.line == line)
    if let nearest { #expect(error.nearest == nearest) }
    #expect(error.file == "shop.yaml")
  }

  private static let head = "source: /s\nfields:\n  id: a\n  time: {column: t, format: epoch_s}\n"

  @Test(
    arguments: [
      ("  topic: product viewed\n", "is not a topic"),
      ("  topic: {column: a, map: {x: 'a b'}}\n", "is not a topic"),
      ("  topic: {column: a, unknown: skip}\n", "goes with 'map'"),
      ("  topic: {column: a, constant: b}\n", "exactly one of"),
      ("  topic: {column: a, map: {}}\n", "the map is empty"),
      ("  topic: x\n  amount: {column: a, scale: 12}\n", "out of range"),
      ("  topic: x\n  amount: {constant: 1.234}\n", "not a number with 2"),
      ("  topic: x\n  data: {visitor_id: a}\n", "cannot be a name of your own"),
      ("  topic: x\n  session_id: 'a{b'\n", "brace that is not closed"),
      ("  topic: x\n  session_id: '{element}'\n", "needs 'each'"),
      ("  topic: x\n  items: {each: a, item_id: a.b}\n", "needs JSON input"),
      ("", "needs 'topic'"),
    ])
  func `values are checked`(fields: String, problem: String) throws {
    let error = try #require(mappingFailure(Self.head + fields))
    #expect(error.problem.contains(problem))
    #expect(error.line > 0)
  }

  @Test(
    arguments: [
      "yyyy-MM", "HH:mm", "yyyy-MM-dd hh:mm", "yyyy-MM-dd [HH", "yyyy-MM-dd ]", "yyyy-MM-dd 'x",
      "yyyy-mm-dd", "yyyyy-MM-dd", "yyyy-MM-dd Q",
    ])
  func `patterns are checked`(pattern: String) {
    let yaml = "source: /s\nfields:\n  id: a\n  topic: x\n  time: {column: t, format: \"\(pattern)\"}\n"
    #expect(mappingFailure(yaml)?.line == 5)
  }

  @Test func `an unknown column is reported at the header, before any row`() throws {
    let yaml = simpleMapping("visitor_id: user_id")
    let error = #expect(throws: ConfigurationError.self) {
      try map(yaml, "id,time,userid\nx,y,z\n")
    }
    #expect(error?.file == "shop.yaml")
    #expect(error?.line == 7)
    #expect(error?.nearest == "userid")
    #expect(error?.problem.contains("data.csv") == true)
  }

  @Test func `a column that stands twice or is beyond the last is reported`() {
    #expect(throws: ConfigurationError.self) {
      try map(simpleMapping("visitor_id: a"), "id,time,a,a\n1,5,u,i\n")
    }
    #expect(throws: ConfigurationError.self) {
      try map(simpleMapping("visitor_id: 9"), "id,time,a\n1,5,u\n")
    }
    let headless = "format: csv, header: false, columns: [id, time, user]"
    #expect(mappingFailure(simpleMapping("visitor_id: uesr", input: headless))?.nearest == "user")
  }

  @Test func `a built-in mapping is found by name`() throws {
    #expect(Mapping.builtInNames.contains("otto"))
    let error = #expect(throws: ConfigurationError.self) { try Mapping.builtIn("oto") }
    #expect(error?.nearest == "otto")
    for name in Mapping.builtInNames { #expect(try Mapping.builtIn(name).name == name) }
  }
}
