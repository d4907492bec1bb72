import Datasets

/// What a build made, for people.
enum BuildText {
  static func lines(_ result: PublishedDataset) -> [String] {
    guard result.isNew else { return ["\(result.path) is there already; nothing to do"] }
    var lines = splits(result.manifest)
    if let funnel = result.funnel { lines += filters(funnel) }
    for check in result.leakage?.checks ?? [] where check.count > 0 {
      lines.append("accepted leak \(check.code): \(check.rule) (\(grouped(check.count)))")
    }
    for note in notes(result.manifest) { lines.append(note) }
    lines.append(result.path)
    return lines
  }

  /// What somebody should see before training, even when all else is quiet.
  static func warnings(_ document: JSONValue) -> [String] {
    (document["warnings"]?.elements ?? []).flatMap { warning in
      [
        "WARNING: \(warning["split"]?.text ?? "") \(warning["why"]?.text ?? "")",
        "         \(warning["advice"]?.text ?? "")",
      ]
    }
  }

  /// A line a split.
  static func splits(_ manifest: JSONValue) -> [String] {
    let splits = manifest["splits"]?.elements ?? []
    let hasTargets = splits.contains { ($0["targets"]?.integer ?? 0) > 0 }
    return splits.map { split in
      func count(_ key: String) -> String { grouped(Int(split[key]?.integer ?? 0)) }
      let name = (split["name"]?.text ?? "").padding(to: 12)
      return "\(name)\(count("examples")) examples · \(count("interactions")) interactions · "
        + (hasTargets ? "\(count("targets")) targets · " : "")
        + "\(count("users")) users · \(count("items")) items"
    }
  }

  /// What was left out, and how much.
  static func filters(_ funnel: FilterFunnel) -> [String] {
    let steps: [FilterFunnel.Step] = [
      .withoutConsent, .straddlers, .tornOrders, .lateInputs, .rareItems, .unsupported, .coldInputs,
      .coldTargets, .coldUsers, .rarePrefixes, .short, .trimmed,
    ]
    return steps.filter { funnel[$0] > 0 }.map { "  \(grouped(funnel[$0])) \($0.meaning)" }
  }

  private static func notes(_ manifest: JSONValue) -> [String] {
    guard let allowed = manifest["leakage"]?["allowed"]?.elements, !allowed.isEmpty else {
      return []
    }
    return ["numbers measured on this dataset flatter; say so where you show them"]
  }
}

extension String {
  /// Filled with spaces up to a width.
  func padding(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }
}
