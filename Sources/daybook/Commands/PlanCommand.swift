import ArgumentParser
import Datasets
import Files

/// `daybook plan`: what a build would make.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what a recipe would make and leave out, and writes nothing.",
    discussion: """
      EXAMPLES
        daybook plan next-item.yaml --ledger shop
        daybook plan next-item.yaml --ledger shop --output datasets
        daybook plan next-item.yaml --ledger shop --leaks --json

      Tells times and cuts at once, then makes all examples to count them and keeps none. \
      With --output it says what changed against the latest build, and takes the counts of a \
      build that is there already; with --leaks it looks for leaks too, which takes longer.
      """)

  @Argument(help: "The recipe: a YAML or JSON file.")
  var recipe: String

  @OptionGroup var dataset: DatasetOptions

  @Option(name: .shortAndLong, help: "The folder of all datasets, to compare with the last build.")
  var output: String?

  @Option(help: "The latest time that exists (RFC 3339 or a date), instead of the recipe's.")
  var horizon: TimeArgument?

  @Flag(help: "Look for leaks, as a build does.")
  var leaks = false

  @Flag(help: "Print the plan as JSON.")
  var json = false

  func run() throws {
    let started = monotonicSeconds()
    let file = try RecipeFile(path: recipe, horizon: horizon?.microseconds)
    let request = try file.request(dataset.ledger.ledger)
    let home = output.map {
      DatasetHome(files: Pipeline.files, output: $0, name: file.recipe.name)
    }
    let plan = try DatasetBuilding.guarded(dataset, "plan") { resources, _ in
      try DatasetPlan(request, previous: home, resources: resources, looksForLeaks: leaks) {
        // What is known at once is told at once.
        if !json { PlanCommand.write(outline($0)) }
      }
    }
    let document = plan.json(seconds: monotonicSeconds() - started)
    for line in BuildText.warnings(document) { Talk.say(line) }
    if json {
      Output.standardOutput.write(String(decoding: document.document, as: UTF8.self))
    } else {
      PlanCommand.write(text(plan, document, monotonicSeconds() - started))
    }
    Output.standardOutput.flush()
  }

  private static func write(_ lines: [String]) {
    for line in lines { Output.standardOutput.write(line + "\n") }
    Output.standardOutput.flush()
  }

  private func outline(_ outline: PlanOutline) -> [String] {
    var lines = ["\(outline.name): \(outline.task) up to \(timeText(outline.horizon))"]
    if let first = outline.events.first, let last = outline.events.last {
      let count = grouped(outline.events.count)
      lines.append("\(count) events from \(timeText(first)) to \(timeText(last))")
    }
    if outline.lateCount > 0 {
      lines.append("\(grouped(outline.lateCount)) of them recorded too late for a cut")
    }
    for place in outline.splits {
      guard let count = place.eventCount else { continue }
      let split = place.split
      let from = split.from == Int64.min ? "the first one" : timeText(split.from)
      lines.append(
        "\(split.name.padding(to: 12))\(grouped(count)) events from \(from) to before "
          + timeText(split.until))
    }
    return lines + [""]
  }

  private func text(_ plan: DatasetPlan, _ document: JSONValue, _ seconds: Double) -> [String] {
    var lines: [String] = []
    for pass in plan.passes {
      lines.append("known by \(timeText(pass.knowledge))")
      for step in FilterFunnel.Step.allCases where pass.funnel[step] > 0 {
        lines.append("  \(grouped(pass.funnel[step])) \(step.meaning)")
      }
    }
    lines.append("")
    lines += BuildText.splits(document)
    lines += BuildText.filters(plan.funnel)
    for check in plan.leakage?.checks ?? [] where check.count > 0 {
      lines.append(
        "\(check.isAllowed ? "accepted leak" : "LEAK") \(check.code): \(check.rule) "
          + "(\(grouped(check.count)))")
    }
    lines.append("")
    lines += plan.changes.isEmpty ? [] : ["against \(plan.previousVersion ?? "the last build"):"]
    lines += plan.changes.map { "  \($0)" }
    if plan.isBuilt {
      lines.append("\(plan.previousVersion ?? "") is this very dataset; a build would do nothing")
      return lines
    }
    lines.append(
      "about \(byteText(plan.estimatedByteCount)) in \(plan.formatCount) "
        + "format\(plan.formatCount == 1 ? "" : "s"), "
        + "about \(duration(plan.estimatedSeconds(planSeconds: seconds)))")
    if plan.leakage?.passed == false {
      lines.append("'daybook build' would fail with 3 unless the recipe names these leaks")
    }
    return lines
  }
}

/// `daybook diff`: two builds side by side.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares two builds: rows, items, users, splits, distributions.",
    discussion: """
      EXAMPLES
        daybook diff next-item/2026-03-30-5f2c9a01 next-item/2026-03-31-5f2c9a01
        daybook diff next-item/A next-item/B --json
      """)

  @Argument(help: "The folder of the one version.")
  var first: String

  @Argument(help: "The folder of the other.")
  var second: String

  @Flag(help: "Print the comparison as JSON.")
  var json = false

  func run() throws {
    let versions = try [first, second].map { path in
      let place = try DatasetPlace(path)
      return DatasetVersion(
        manifest: try place.manifest(),
        leakage: JSONValue(parsing: try readFile(place.path + "/leakage.json")) ?? .null,
        recipe: try readFile(place.path + "/recipe.yaml"),
        items: try VocabularyFile(POSIXFileSystem(), place.path + "/vocab/items.csv"))
    }
    let difference = try DatasetDifference(versions[0], versions[1])
    if json {
      let document = difference.json.document
      Output.standardOutput.write(String(decoding: document, as: UTF8.self))
    } else {
      for line in difference.lines { Output.standardOutput.write(line + "\n") }
    }
    Output.standardOutput.flush()
  }
}

/// `daybook init-recipe`: a recipe to begin with.
struct InitRecipeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init-recipe",
    abstract: "Writes a commented recipe for a task.",
    discussion: """
      EXAMPLES
        daybook init-recipe next-item > next-item.yaml
        daybook init-recipe checkout-outcome > checkout.yaml
        daybook init-recipe touchpoints > ads.yaml
      """)

  @Argument(
    help: """
      next-item, interactions, sequences, checkout-outcome, abandonment or touchpoints.
      """)
  var task: String

  func run() throws {
    guard let task = Recipe.Task(rawValue: task) else {
      throw ValidationError(
        "There is no task '\(task)': use one of "
          + Recipe.Task.allCases.map(\.rawValue).joined(separator: ", ") + ".")
    }
    Output.standardOutput.write(RecipeTemplate.text(task, formats: Renderings.names))
    Output.standardOutput.flush()
  }
}
