/// One build's documents.
package struct DatasetVersion: Sendable {
  var manifest: JSONValue
  var leakage: JSONValue
  var recipe: [UInt8]
  /// Nil where it has none that can be read.
  var items: VocabularyFile?

  package init(
    manifest: JSONValue, leakage: JSONValue, recipe: [UInt8], items: VocabularyFile?
  ) {
    self.manifest = manifest
    self.leakage = leakage
    self.recipe = recipe
    self.items = items
  }
}

/// Two builds compared: recipe, splits, items, lengths, files.
package struct DatasetDifference: Sendable {
  package let lines: [String]
  package let json: JSONValue

  package init(_ first: DatasetVersion, _ second: DatasetVersion) throws {
    var lines = DatasetDifference.changes(
      from: (first.manifest, first.recipe), to: (second.manifest, second.recipe))
    let items = try DatasetDifference.items(first.items, second.items)
    if items != (0, 0, 0) {
      lines.append("items: \(items.added) added, \(items.retired) retired, \(items.back) back")
    }
    lines += DatasetDifference.distributions(first.leakage, second.leakage)
    let files = DatasetDifference.files(first.manifest, second.manifest)
    lines += files
    if lines.isEmpty { lines = ["no difference"] }
    self.lines = lines
    json = .members([
      ("first", first.manifest["version"] ?? .null),
      ("second", second.manifest["version"] ?? .null),
      (
        "items",
        .members([
          ("added", JSONValue(items.added)), ("retired", JSONValue(items.retired)),
          ("back", JSONValue(items.back)),
        ])
      ),
      ("changes", .array(lines.map { JSONValue($0) })),
    ])
  }

  /// What is other in recipe and counts, a line each.
  static func changes(
    from first: (manifest: JSONValue, recipe: [UInt8]),
    to second: (manifest: JSONValue, recipe: [UInt8])
  ) -> [String] {
    var lines: [String] = []
    let before = meaning(first.recipe)
    let after = meaning(second.recipe)
    for line in before where !after.contains(line) { lines.append("recipe - \(line)") }
    for line in after where !before.contains(line) { lines.append("recipe + \(line)") }
    for key in ["software", "watermark"] {
      let texts = [first.manifest[key], second.manifest[key]].map { value in
        value?.text ?? value?["version"]?.text ?? ""
      }
      if texts[0] != texts[1] { lines.append("\(key): \(texts[0]) → \(texts[1])") }
    }
    let splits = second.manifest["splits"]?.elements ?? []
    for split in splits {
      let name = split["name"]?.text ?? ""
      let other = first.manifest["splits"]?.elements?.first { $0["name"]?.text == name }
      if other == nil { lines.append("split \(name) is new") }
      for key in ["examples", "interactions", "targets", "users", "items", "longest"] {
        let counts = [other?[key]?.integer ?? 0, split[key]?.integer ?? 0]
        if counts[0] != counts[1] {
          lines.append("\(name) \(key): \(counts[0]) → \(counts[1])\(share(counts[0], counts[1]))")
        }
      }
    }
    for split in first.manifest["splits"]?.elements ?? []
    where !splits.contains(where: { $0["name"]?.text == split["name"]?.text }) {
      lines.append("split \(split["name"]?.text ?? "") is gone")
    }
    lines += filters(first.manifest, second.manifest)
    return lines
  }

  private static func filters(_ first: JSONValue, _ second: JSONValue) -> [String] {
    FilterFunnel.Step.allCases.compactMap { step in
      let counts = [first, second].map { $0["filters"]?[step.rawValue]?.integer ?? 0 }
      guard counts[0] != counts[1], step != .examples else { return nil }
      return "\(step.meaning): \(counts[0]) → \(counts[1])\(share(counts[0], counts[1]))"
    }
  }

  private static func share(_ before: Int64, _ after: Int64) -> String {
    guard before > 0 else { return "" }
    let tenths = (after - before) * 1_000 / before
    return " (\(tenths < 0 ? "-" : "+")\(abs(tenths) / 10).\(abs(tenths) % 10) %)"
  }

  /// A recipe's lines without comments and blank ones.
  private static func meaning(_ recipe: [UInt8]) -> [String] {
    String(decoding: recipe, as: UTF8.self).split(separator: "\n").compactMap { line in
      let kept = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
      let trimmed = kept.reversed().drop { $0 == " " }.reversed()
      return trimmed.isEmpty ? nil : String(trimmed)
    }
  }

  private static func items(
    _ first: VocabularyFile?, _ second: VocabularyFile?
  ) throws -> (added: Int, retired: Int, back: Int) {
    guard let first, let second else { return (0, 0, 0) }
    var wasUsed: [Bool] = []
    try first.forEach { wasUsed.append($0.retiredAt == Vocabulary.notRetired) }
    var (place, retired, back) = (0, 0, 0)
    try second.forEach { entry in
      defer { place += 1 }
      guard place < wasUsed.count else { return }
      let isUsed = entry.retiredAt == Vocabulary.notRetired
      if wasUsed[place] && !isUsed { retired += 1 }
      if !wasUsed[place] && isUsed { back += 1 }
    }
    return (max(0, second.count - first.count), retired, back)
  }

  private static func distributions(_ first: JSONValue, _ second: JSONValue) -> [String] {
    var lines: [String] = []
    for key in ["tied_per_million", "repeated_per_million", "pair_rules", "triple_rules"] {
      let counts = [first, second].map { $0["quality"]?[key]?.integer ?? 0 }
      if counts[0] != counts[1] {
        lines.append("\(key): \(counts[0]) → \(counts[1])\(share(counts[0], counts[1]))")
      }
    }
    for member in second["quality"]?["lengths"]?.members ?? [] {
      let before = first["quality"]?["lengths"]?[member.key]?.integer ?? 0
      let after = member.value.integer ?? 0
      if before != after { lines.append("length \(member.key): \(before) → \(after)") }
    }
    return lines
  }

  private static func files(_ first: JSONValue, _ second: JSONValue) -> [String] {
    let before = Manifest.files(first)
    let after = Manifest.files(second)
    var lines: [String] = []
    for path in Set(before.keys).union(after.keys).sorted() {
      switch (before[path], after[path]) {
      case (nil, _): lines.append("file + \(path)")
      case (_, nil): lines.append("file - \(path)")
      case (let one, let other): if one != other { lines.append("file ≠ \(path)") }
      }
    }
    return lines
  }
}
