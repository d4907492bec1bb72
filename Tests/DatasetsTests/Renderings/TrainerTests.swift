import ConfigurationFiles
import Files
import Foundation
import Testing

@testable import Datasets

/// Renderings as the real libraries read them. `DAYBOOK_PYTHON` and `DAYBOOK_TRAINERS_PYTHON` name
/// the interpreters that have them (`scripts/setup.sh python` and `trainers`); scripts/test.sh sets
/// both.
@Suite(.serialized) struct RealReaders {
  /// Renders a dataset in all formats that it can have, into a folder of the machine.
  private func render(_ contents: SmallContents) throws -> String {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "daybook-renderings-\(UUID().uuidString)").path
    let files = POSIXFileSystem()
    try files.makeDirectory(folder)
    for kind in Renderings.all {
      let isForTouches = kind.name == "attribution"
      guard isForTouches == (contents.recipe.task == .touchpoints) || kind.name == "ndjson"
      else { continue }
      let rendering = try kind.init(options: nil)
      let output = RenderingOutput(files: files, directory: folder, folder: kind.name)
      try files.makeDirectory(folder + "/" + kind.name)
      try rendering.write(contents, into: output)
      try rendering.check(
        contents, RenderingInput(files: files, directory: folder, folder: kind.name))
    }
    return folder
  }

  private func check(_ group: String, _ variable: String, _ contents: SmallContents) throws {
    guard let python = ProcessInfo.processInfo.environment[variable] else {
      print("skipped: \(group) did not run, \(variable) names no Python")
      return
    }
    let folder = try render(contents)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Differential/datasets_check.py").standardized.path
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = [script, group, folder]
    // RecBole writes logs where it stands.
    process.currentDirectoryURL = URL(filePath: folder)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    print(text)
    #expect(process.terminationStatus == 0, "\(text)")
  }

  @Test(arguments: ["hostile", "walks"])
  func `pandas, Polars, DuckDB and pyarrow`(_ name: String) throws {
    try check("readers", "DAYBOOK_PYTHON", name == "walks" ? .walks(seed: 1) : .hostile)
  }

  @Test(arguments: ["hostile", "walks", "touches"])
  func `the trainers' own libraries`(_ name: String) throws {
    let contents: SmallContents =
      switch name {
      case "walks": .walks(seed: 1)
      case "touches": .touches
      default: .hostile
      }
    try check("trainers", "DAYBOOK_TRAINERS_PYTHON", contents)
  }
}

extension SmallContents {
  /// Enough to train on: each user walks along the items, a step or two at a time.
  static func walks(seed: UInt64) -> SmallContents {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let words = ["NA", "null", "\"x", "N/A", "nan", "None"] + (0..<54).map { "item \($0)" }
    let users = (0..<120).map { "user \($0)" }
    var rows: [[Row]] = [[], [], []]
    for user in 1...users.count {
      var item = next(words.count)
      var seconds = Double(next(86_400))
      func step(_ isTarget: Bool) -> Step {
        item = (item + 1 + next(2)) % words.count
        seconds += Double(next(600)) + 0.25
        return Step(Int32(item + 1), UInt8(next(3)), seconds, isTarget: isTarget)
      }
      var path = (0..<6 + next(8)).map { _ in step(false) }
      rows[0].append(Row(user: Int32(user), unit: Int64(user), steps: path))
      for part in 1...2 where next(2) == 0 {
        let targets = (0..<1 + next(3)).map { _ in step(true) }
        let unit = Int64(1_000 * part + user)
        rows[part].append(Row(user: Int32(user), unit: unit, steps: path + targets))
        path += targets.map { Step($0.item, $0.action, $0.seconds) }
      }
    }
    let contents = SmallContents(users: users, items: words, rows: rows)
    contents.batchCount = 16
    return contents
  }
}
