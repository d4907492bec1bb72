package import ConfigurationFiles

/// OTTO's sessions, and labels for validation and test.
///
/// - Shape: `train.jsonl`; `<split>.jsonl` holds the inputs, `<split>_labels.jsonl` what follows:
///   `clicks` the next view, `carts` and `orders` all later items, each once, in order. `aid` is
///   the item's number, times are milliseconds.
package struct OTTORendering: Rendering {
  package static let name = "otto"
  package static let summary = "OTTO JSON Lines: sessions, and labels of what follows"

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    try ConfigurationNode.requireNone(options, of: OTTORendering.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    var lines = [
      "Actions but view (clicks), cart_add (carts) and purchase (orders): others are left out, "
        + "declined payments among them.",
      "Users, weights, quantities, amounts, baskets, negatives; times finer than a millisecond.",
      "Sessions with fewer than two events in train, and without any input in the others.",
    ]
    let others = contents.actions.map(\.name).filter { OTTORendering.type($0) == nil }
    if !others.isEmpty {
      lines.append("Here these are left out: \(others.joined(separator: ", ")).")
    }
    return lines
  }

  private static func type(_ action: String) -> String? {
    switch action {
    case "view": "clicks"
    case "cart_add": "carts"
    case "purchase": "orders"
    default: nil
    }
  }

  private struct Events {
    var inputs: [Int] = []
    var targets: [Int] = []
  }

  /// What a line holds; nil where there is none.
  private func events(
    _ batch: ExampleBatch, _ example: Int, _ types: [String?], _ split: DatasetSplit
  ) -> Events? {
    var events = Events()
    for place in batch.interactions(example)
    where batch.item[place] > 0 && types[Int(batch.action[place])] != nil {
      if batch.isTarget[place] == 1 && split.purpose != .train {
        events.targets.append(place)
      } else {
        events.inputs.append(place)
      }
    }
    let least = split.purpose == .train ? 2 : 1
    if events.inputs.count < least { return nil }
    return split.purpose == .train || !events.targets.isEmpty ? events : nil
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    let types = contents.actions.map { OTTORendering.type($0.name) }
    for split in contents.splits {
      try output.file("\(split.name).jsonl") { file in
        try contents.forEachBatch(of: split) { batch in
          for example in 0..<batch.count {
            guard let events = events(batch, example, types, split) else { continue }
            file.text.append("{\"session\":\(batch.unit[example]),\"events\":[")
            for (index, place) in events.inputs.enumerated() {
              if index > 0 { file.text.append(UInt8(ascii: ",")) }
              let time = batch.time[place].dividedDown(1_000)
              let type = types[Int(batch.action[place])] ?? ""
              file.text.append(
                "{\"aid\":\(batch.item[place]),\"ts\":\(time),\"type\":\"\(type)\"}")
            }
            file.text.append("]}\n")
            file.rowCount += 1
            try file.flushIfLarge()
          }
        }
      }
      if split.purpose != .train { try writeLabels(split, types, contents, output) }
    }
    try output.describe(contents, OTTORendering.name)
  }

  private func writeLabels(
    _ split: DatasetSplit, _ types: [String?], _ contents: any DatasetContents,
    _ output: RenderingOutput
  ) throws {
    try output.file("\(split.name)_labels.jsonl") { file in
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          guard let events = events(batch, example, types, split) else { continue }
          var parts: [String] = []
          for type in ["clicks", "carts", "orders"] {
            var items: [Int32] = []
            for place in events.targets where types[Int(batch.action[place])] == type {
              if !items.contains(batch.item[place]) { items.append(batch.item[place]) }
            }
            guard let first = items.first else { continue }
            let list = items.map { "\($0)" }.joined(separator: ",")
            parts.append(type == "clicks" ? "\"clicks\":\(first)" : "\"\(type)\":[\(list)]")
          }
          file.text.append(
            "{\"session\":\(batch.unit[example]),\"labels\":{\(parts.joined(separator: ","))}}\n")
          file.rowCount += 1
          try file.flushIfLarge()
        }
      }
    }
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    let types = contents.actions.map { OTTORendering.type($0.name) }
    for split in contents.splits {
      let sessions = try TextReader(written, "\(split.name).jsonl")
      let labels =
        split.purpose == .train ? nil : try TextReader(written, "\(split.name)_labels.jsonl")
      try contents.forEachBatch(of: split) { batch in
        for example in 0..<batch.count {
          guard let events = events(batch, example, types, split) else { continue }
          let session = try sessions.line().flatMap { JSONValue(parsing: $0) }
          let read = session?["events"]?.elements?.map {
            [$0["aid"]?.integer, $0["ts"]?.integer]
          }
          let expected = events.inputs.map {
            [Int64(batch.item[$0]), batch.time[$0].dividedDown(1_000)] as [Int64?]
          }
          let readTypes = session?["events"]?.elements?.map { $0["type"]?.text }
          guard session?["session"]?.integer == batch.unit[example], read == expected,
            readTypes == events.inputs.map({ types[Int(batch.action[$0])] })
          else { throw sessions.misread("session \(batch.unit[example])", "another") }
          guard let labels else { continue }
          try OTTORendering.expect(labels, batch, example, events.targets, types)
        }
      }
      try sessions.expectEnd()
      try labels?.expectEnd()
    }
    try written.expectDescription(contents)
  }

  /// The labels say for each type which items follow, by the rule's words and not by the writer.
  private static func expect(
    _ labels: TextReader, _ batch: ExampleBatch, _ example: Int, _ targets: [Int],
    _ types: [String?]
  ) throws {
    let line = try labels.line().flatMap { JSONValue(parsing: $0) }
    let read = line?["labels"]
    let later: (String) -> [Int64] = { type in
      targets.filter { types[Int(batch.action[$0])] == type }.map { Int64(batch.item[$0]) }
    }
    guard line?["session"]?.integer == batch.unit[example],
      read?["clicks"]?.integer == later("clicks").first
    else { throw labels.misread("the next click of \(batch.unit[example])", "another") }
    for type in ["carts", "orders"] {
      let items = read?[type]?.elements?.compactMap(\.integer) ?? []
      guard Set(items) == Set(later(type)), Set(items).count == items.count else {
        throw labels.misread("the \(type) of \(batch.unit[example])", "\(items)")
      }
    }
  }
}
