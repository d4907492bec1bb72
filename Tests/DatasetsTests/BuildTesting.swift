import Bytes
import Events
import Files
import Foundation
import Sequences
import Synchronization
import Threads

@testable import Datasets

/// A folder that goes away with its last user.
final class TestFolder: Sendable {
  let path = NSTemporaryDirectory() + "datasets-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Every file below, by its path from here.
  func files() throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      var isFolder: ObjCBool = false
      let whole = path + "/" + name
      guard FileManager.default.fileExists(atPath: whole, isDirectory: &isFolder),
        !isFolder.boolValue
      else { continue }
      files[name] = try Array(Data(contentsOf: URL(filePath: whole)))
    }
    return files
  }
}

/// Rows at hand as a run.
struct TestRun: EventRun {
  var columns: EventColumns

  var rowCount: Int { columns.count }

  func open(_ columns: EventColumnSet) -> any OpenEventRun {
    OpenRows(columns: self.columns, batchRowCount: 50)
  }
}

/// Lines of messages as runs: in their order or another, in one piece or several.
func runs(_ lines: [String], parts: Int = 1) -> [any EventRun] {
  runs(Array((lines.joined(separator: "\n") + "\n").utf8), parts: parts)
}

/// A file's messages as runs.
func runs(_ text: [UInt8], parts: Int = 1) -> [any EventRun] {
  let batch = EventDecoder(seed: 1).decode(
    chunk: text, firstLine: 1, importClock: 4_000_000_000_000_000)
  let whole = EventColumns([batch])
  return (0..<parts).map { part in
    TestRun(
      columns: whole.rows(whole.count * part / parts..<whole.count * (part + 1) / parts))
  }
}

func testResources(_ folder: TestFolder, threads: Int = 1, memory: Int = 512 << 20)
  -> SequenceResources
{
  SequenceResources(
    pool: WorkerPool(threadCount: threads), files: POSIXFileSystem(),
    spillDirectory: folder.path + "/spill", memoryByteLimit: memory)
}

func parsed(_ recipe: String) throws -> Recipe {
  try Recipe(
    parsing: Array(recipe.utf8), file: "recipe.yaml", formats: Renderings.names,
    files: POSIXFileSystem())
}

/// A dataset made in a folder of its own, which stays as long as this does.
struct Built {
  let folder: TestFolder
  let build: DatasetBuild

  var contents: BuiltContents { build.contents }

  init(
    _ recipe: Recipe, _ runs: [any EventRun], threads: Int = 1, memory: Int = 512 << 20,
    key: [UInt8]? = nil, items: Vocabulary? = nil
  ) throws {
    folder = try TestFolder()
    let work = folder.path + "/work"
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    var inputs = BuildInputs(runs: runs, latestTimes: runs.map { _ in nil }, key: key)
    if let items {
      let writer = try VocabularyWriter(
        "items", BuildDirectory(files: POSIXFileSystem(), path: folder.path, memoryByteLimit: 0))
      for place in 0..<items.count {
        try writer.append(
          VocabularyEntry(word: Array(items.words[place]), firstSeen: items.firstSeen[place]))
      }
      inputs.baseItems = try VocabularyFile(POSIXFileSystem(), try writer.finish().path)
    }
    build = try DatasetBuild.make(
      recipe, inputs, horizon: try DatasetBuild.horizon(recipe, inputs), directory: work,
      resources: testResources(folder, threads: threads, memory: memory))
  }

  /// All examples of a split, one batch.
  func examples(_ split: String) throws -> [Example] {
    guard let split = contents.splits.first(where: { $0.name == split }) else { return [] }
    var examples: [Example] = []
    try contents.forEachBatch(of: split) { batch in
      for place in 0..<batch.count {
        examples.append(Example(place, of: batch, contents))
      }
    }
    return examples
  }

  /// What renderings write, by path.
  func rendered(_ formats: [String]) throws -> [String: [UInt8]] {
    let output = try TestFolder()
    for name in formats {
      let rendering = try Renderings.make(FormatChoice(name: name))
      try rendering.write(
        contents,
        into: RenderingOutput(files: POSIXFileSystem(), directory: output.path, folder: name))
      try rendering.check(
        contents,
        RenderingInput(files: POSIXFileSystem(), directory: output.path, folder: name))
    }
    return try output.files()
  }
}

/// One example in plain words.
struct Example: Equatable {
  struct Step: Equatable, Hashable {
    var item: String
    var action: String
    var time: Int64
  }

  var row: Int64
  var user: String
  var inputs: [Step] = []
  var targets: [Step] = []
  var weights: [Float] = []
  var negatives: [Int32] = []
  var cells: [String: String] = [:]

  init(_ place: Int, of batch: ExampleBatch, _ contents: any DatasetContents) {
    row = batch.row[place]
    user = String(decoding: batch.userWord[place], as: UTF8.self)
    for step in batch.interactions(place) {
      let item = batch.item[step]
      let word = item > 0 ? String(decoding: contents.items[item], as: UTF8.self) : "\(item)"
      let value = Step(
        item: word, action: contents.actions[Int(batch.action[step])].name, time: batch.time[step])
      if batch.isTarget[step] == 1 { targets.append(value) } else { inputs.append(value) }
      weights.append(batch.weight[step])
    }
    negatives = Array(
      batch.negatives[batch.negativeStarts[place]..<batch.negativeStarts[place + 1]])
    for (column, values) in zip(contents.exampleColumns, batch.columns) {
      if let number = values.integer(place) { cells[column.name] = "\(number)" }
      if let text = values.text(place) {
        cells[column.name] = String(decoding: text, as: UTF8.self)
      }
    }
  }
}

/// Messages of a small shop: days and seconds count from 2026-03-01T00:00:00Z.
struct Shop {
  static let start: Int64 = 1_772_323_200_000_000
  private(set) var lines: [String] = []

  static func time(day: Int, second: Int = 0) -> Int64 {
    start + Int64(day) * Span.day + Int64(second) * 1_000_000
  }

  mutating func add(
    _ topic: String, _ visitor: String, day: Int, second: Int, _ data: String = "",
    recordedDay: Int? = nil
  ) {
    let number = lines.count
    let message =
      "{\"specversion\":\"1.0\",\"id\":\"e\(number)\",\"source\":\"/shop\",\"type\":\"\(topic)\","
      + "\"time\":\"\(text(Shop.time(day: day, second: second)))\","
      + "\"data\":{\"visitor_id\":\"\(visitor)\"\(data.isEmpty ? "" : ",")\(data)}}"
    guard let recordedDay else { return lines.append(message) }
    lines.append(
      "{\"recorded_at\":\"\(text(Shop.time(day: recordedDay)))\",\"message\":\(message)}")
  }

  mutating func view(_ visitor: String, _ item: String, day: Int, second: Int = 0) {
    add("product.viewed", visitor, day: day, second: second, "\"item_id\":\"\(item)\"")
  }

  mutating func buy(
    _ visitor: String, _ items: [String], order: String, day: Int, second: Int
  ) {
    let lines = items.map { "{\"item_id\":\"\($0)\",\"quantity\":1,\"unit_price\":100}" }
    add(
      "order.created", visitor, day: day, second: second,
      "\"order_id\":\"\(order)\",\"currency\":\"EUR\",\"items\":[\(lines.joined(separator: ","))]")
    add(
      "order.payment.succeeded", visitor, day: day, second: second + 1,
      "\"order_id\":\"\(order)\",\"amount\":\(100 * items.count),\"currency\":\"EUR\"")
  }

  private func text(_ time: Int64) -> String {
    var text: [UInt8] = []
    appendTime(time, to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}
