import ArgumentParser
import Datasets
import Sequences

/// `daybook build`: a recipe and a ledger make a dataset.
struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Builds a dataset that trainers load, reproducible and checked for leaks.",
    discussion: """
      EXAMPLES
        daybook build next-item.yaml --ledger shop --output datasets
        daybook build ads.yaml -l shop -o datasets --horizon 2026-03-31
        daybook build ads.yaml --ledger shop --output datasets --json

      Writes datasets/<name>/<version>/ and points datasets/<name>/latest to it, all at \
      once or not at all. The same recipe over the same events is not built twice. \
      Exits with 3 when the dataset leaks. 'daybook init-recipe' writes a recipe.
      """)

  @Argument(help: "The recipe: a YAML or JSON file.")
  var recipe: String

  @OptionGroup var dataset: DatasetOptions

  @Option(name: .shortAndLong, help: "The folder of all datasets.")
  var output: String

  @Option(help: "The latest time that exists (RFC 3339 or a date), instead of the recipe's.")
  var horizon: TimeArgument?

  @Flag(help: "Print the manifest as JSON.")
  var json = false

  func run() throws {
    let file = try RecipeFile(path: recipe, horizon: horizon?.microseconds)
    let result = try DatasetBuilding.build(
      file, try file.request(dataset.ledger.ledger), output: output, dataset)
    for line in BuildText.warnings(result.manifest) { Talk.say(line) }
    if json {
      Output.standardOutput.write(String(decoding: result.manifest.document, as: UTF8.self))
      Output.standardOutput.flush()
    } else if !dataset.talk.isQuiet {
      for line in BuildText.lines(result) { Talk.say(line) }
    }
  }
}

/// `daybook rebuild`: proof that a dataset can be made again.
struct RebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Builds a published dataset again and compares every byte.",
    discussion: """
      EXAMPLES
        daybook rebuild datasets/next-item/2026-03-31-5f2c9a01 --ledger shop
        daybook rebuild datasets/next-item --ledger shop

      Uses the events that the manifest pins; later ones play no part. Publishes nothing. \
      Exits with 1 when a file differs.
      """)

  @Argument(help: "The folder of the version, its manifest, or the dataset's folder: its latest.")
  var manifest: String

  @OptionGroup var dataset: DatasetOptions

  func run() throws {
    let place = try DatasetPlace(manifest)
    let known = try place.manifest()
    let file = try RecipeFile(
      path: place.path + "/recipe.yaml",
      horizon: TimeArgument(argument: known["recipe"]?["horizon"]?.text ?? "")?.microseconds)
    let end = known["ledger"]?["end_offset"]?.integer
    let request = try file.request(dataset.ledger.ledger, end: end)
    if let id = known["ledger"]?["id"]?.text, id != request.ledger.ledgerID {
      Talk.say("daybook: this is another ledger than it was built from; trying all the same")
    }
    let different = try DatasetBuilding.guarded(dataset, "rebuild") { resources, tell in
      var publisher = Publisher(output: place.output, name: place.name, resources: resources)
      publisher.tell = tell
      return try publisher.rebuild(request, as: place.version)
    }
    guard different.isEmpty else {
      throw CommandFailure(
        .failure, "\(different.count) files are not the same again: "
          + different.prefix(5).joined(separator: ", "),
        advice: "Was the ledger changed, or was it another version of daybook?")
    }
    if !dataset.talk.isQuiet { Talk.say("\(place.name) \(place.version): every byte is the same") }
  }
}

/// A version's folder taken apart: `<output>/<name>/<version>`. Of a dataset's folder, and of
/// `latest` in it, the latest version.
struct DatasetPlace {
  let path: String
  let output: String
  let name: String
  let version: String

  init(_ given: String) throws {
    var parts = given.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    while parts.count > 1 && (parts.last == "" || parts.last == "manifest.json") {
      parts.removeLast()
    }
    if parts.count > 1 && parts.last == "latest" { parts.removeLast() }
    let folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
    let home = DatasetHome(files: Pipeline.files, output: folder, name: parts.last ?? "")
    if let latest = try home.latest() { parts.append(latest) }
    path = parts.joined(separator: "/")
    version = parts.last ?? ""
    name = parts.count > 1 ? parts[parts.count - 2] : "."
    output =
      parts.count > 2
      ? parts.dropLast(2).joined(separator: "/") : parts.count > 1 ? "." : ".."
  }

  func manifest() throws -> JSONValue {
    guard let manifest = JSONValue(parsing: try readFile(path + "/manifest.json")) else {
      throw CommandFailure(.failure, "\(path)/manifest.json is not a manifest")
    }
    return manifest
  }
}

/// Runs builds with a line of progress and their errors in people's words.
enum DatasetBuilding {
  static func guarded<Result>(
    _ options: DatasetOptions, _ title: String,
    _ body: (SequenceResources, _ tell: @escaping (String) -> Void) throws -> Result
  ) throws -> Result {
    var resources = options.resources()
    let progress = StageProgress(title, isQuiet: options.talk.isQuiet)
    resources.report = { progress.update($0) }
    defer { progress.finish() }
    do {
      return try body(resources) { progress.begin($0) }
    } catch {
      throw CommandFailure(dataset: error) ?? error
    }
  }

  static func build(
    _ file: RecipeFile, _ request: BuildRequest, output: String, _ options: DatasetOptions
  ) throws -> PublishedDataset {
    try guarded(options, file.recipe.name) { resources, tell in
      var publisher = Publisher(output: output, name: file.recipe.name, resources: resources)
      publisher.tell = tell
      return try publisher.build(request)
    }
  }
}
