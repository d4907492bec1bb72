import Foundation
import Testing

/// Datasets that `daybook build` made, as the libraries read them that they are for.
@Suite struct BuiltDatasets {
  /// Everything but what is for touches only.
  private static let formats =
    "[ndjson, csv, parquet, huggingface, croissant, recbole, merlin, sasrec, gru4rec, otto, hstu, "
    + "kuairand, recommenders, rectools, replay, tfrecord, numpy, personalize, "
    + "{google-retail: {currency: EUR}}]"

  /// The folder of the newest version of a dataset.
  private func build(_ recipe: String, name: String, _ ledger: String, _ scratch: Scratch) throws
    -> String
  {
    let file = try scratch.write("\(name).yaml", recipe)
    let output = scratch.path("datasets")
    let built = try Tool.run("build", file, "--ledger", ledger, "--output", output)
    #expect(built.code == 0, "\(built.talk)")
    let home = output + "/" + name
    let latest = try String(contentsOfFile: home + "/latest", encoding: .utf8)
    return home + "/" + latest.split(separator: "\n").joined()
  }

  private func shop(_ scratch: Scratch) throws -> String {
    let events = try Tool.run("simulate", "--events", "20000", "--seed", "5").output
    try Tool.run("ingest", "--ledger", scratch.path("shop"), "-", input: events)
    return scratch.path("shop")
  }

  private func check(_ folder: String, _ groups: [(String, URL?)], _ more: [String] = []) throws {
    for (group, python) in groups {
      guard let python else { continue }
      let script = Tool.root.appending(path: "Tests/Differential/datasets_check.py").path
      let result = try Tool.run([script, group, folder] + more, executable: python)
      print(result.text)
      #expect(result.code == 0, "\(result.text)\(result.talk)")
    }
  }

  /// The Python with the trainers' libraries; nil when there is none, and then it says so.
  private static func trainers() -> URL? {
    if let path = ProcessInfo.processInfo.environment["DAYBOOK_TRAINERS_PYTHON"] {
      return URL(filePath: path)
    }
    print("skipped: no trainers' libraries; set DAYBOOK_TRAINERS_PYTHON")
    return nil
  }

  @Test func `a shop's next items load in every library`() throws {
    let scratch = try Scratch()
    let folder = try build(
      """
      name: next-item
      task: next-item
      split: {by: global-time, test: 5d, validation: 5d}
      formats: \(Self.formats)
      """, name: "next-item", try shop(scratch), scratch)
    try check(
      folder, [("readers", Tool.python(for: "datasets")), ("trainers", Self.trainers())])
  }

  @Test func `touches load`() throws {
    let scratch = try Scratch()
    let folder = try build(
      """
      name: ads
      task: touchpoints
      count: {actions: {ad: 1, search: 1, view: 1, cart_add: 1}}
      shape: {min_length: 1}
      formats: [ndjson, attribution]
      """, name: "ads", try shop(scratch), scratch)
    try check(folder, [("trainers", Self.trainers())])
  }

  /// Two weeks that six of the sample's eleven sessions lie across.
  @Test(arguments: [("keep", "all"), ("drop", "known")])
  func `OTTO's own rule gives our labels on its own sessions`(
    _ cold: String, _ items: String
  ) throws {
    guard let python = Tool.python(for: "OTTO's labels") else { return }
    let scratch = try Scratch()
    let sessions = Tool.root.appending(path: "examples/data/otto-sessions.jsonl").path
    let taken = try Tool.run(
      "ingest", "--ledger", scratch.path("otto"), "--mapping", "otto", sessions)
    #expect(taken.code == 0, "\(taken.talk)")
    let folder = try build(
      """
      name: otto
      task: next-item
      split:
        by: global-time
        horizon: 2022-08-16T22:00:00Z
        test: 14d
        validation: 0d
      vocabulary: {cold: \(cold)}
      formats: [ndjson, otto]
      """, name: "otto", scratch.path("otto"), scratch)
    try check(folder, [("otto", python)], [sessions, "1660687200000", "14", items])
  }
}
