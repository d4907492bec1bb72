import Bytes
import Files
package import Sequences
import Synchronization
import Threads

/// A finished dataset.
package struct PublishedDataset {
  package var version: String
  package var path: String
  package var manifest: JSONValue
  package var leakage: LeakageReport?
  package var funnel: FilterFunnel?
  /// False where a build of the same key was there already.
  package var isNew: Bool
}

/// Leaks that the recipe does not name: nothing was published.
package struct LeakageBreach: Error, CustomStringConvertible {
  package var report: LeakageReport

  package var description: String {
    let lines = report.breaches.map { check in
      "\(check.code): \(check.rule) Found \(check.count): "
        + check.examples.joined(separator: ", ")
    }
    return "the dataset leaks\n" + lines.joined(separator: "\n")
  }
}

/// Builds datasets and makes them visible at once, or not at all.
///
/// Everything is written into `.building`, made durable, renamed to its version, and only then does
/// `latest` name it. A version is never written again.
package struct Publisher {
  let home: DatasetHome
  let resources: SequenceResources
  /// Told what is being done, for people.
  package var tell: (String) -> Void = { _ in }

  package init(output: String, name: String, resources: SequenceResources) {
    self.init(
      home: DatasetHome(files: resources.files, output: output, name: name), resources: resources)
  }

  init(home: DatasetHome, resources: SequenceResources) {
    self.home = home
    self.resources = resources
  }

  /// The finished version of a request's key, if there is one.
  package func existing(_ request: BuildRequest) throws -> PublishedDataset? {
    for version in try home.versions() {
      guard let manifest = try home.manifest(of: version),
        manifest["key"]?.text == request.key
      else { continue }
      return PublishedDataset(
        version: version, path: home.path(of: version), manifest: manifest, isNew: false)
    }
    return nil
  }

  /// Builds and publishes, unless the same was published before.
  ///
  /// - Errors: `LeakageBreach`, `BuildError`, `RenderingError`, `FileError` with `.locked` where
  ///   somebody else builds; nothing is visible then.
  package func build(_ request: BuildRequest) throws -> PublishedDataset {
    let lock = try home.lock()
    defer { lock.unlock() }
    // What a build left that was killed; nobody else can be at work in it now.
    try home.files.removeTree(home.building)
    if let existing = try existing(request) {
      // A crash may have come between the two: the pointer is made good, but never set back.
      try advance(to: existing.version, existing.manifest)
      return existing
    }
    var request = request
    let base = request.recipe.vocabulary.isStable ? try home.latest() : nil
    if let base {
      for name in Vocabulary.names {
        request.inputs[base: name] = try vocabulary(name, of: base, first: .max)
      }
    }
    let horizon = try DatasetBuild.horizon(request.recipe, request.inputs)
    let version = try freeVersion(request.version(horizon: horizon))
    do {
      let made = try write(request, horizon: horizon, version: version, base: base)
      try home.files.rename(home.building, to: home.path(of: version))
      try home.files.synchronizeDirectory(home.path)
      try advance(to: version, made.manifest)
      return PublishedDataset(
        version: version, path: home.path(of: version), manifest: made.manifest,
        leakage: made.leakage, funnel: made.funnel, isNew: true)
    } catch {
      try? home.files.removeTree(home.building)
      throw error
    }
  }

  /// Builds a published version again and says which files differ; publishes nothing.
  package func rebuild(_ request: BuildRequest, as version: String) throws -> [String] {
    let lock = try home.lock()
    defer { lock.unlock() }
    var request = request
    let manifest = try home.manifest(of: version)
    let base = try takeBase(of: version, manifest ?? .null, into: &request)
    let horizon = try DatasetBuild.horizon(request.recipe, request.inputs)
    defer { try? home.files.removeTree(home.building) }
    let made = try write(request, horizon: horizon, version: version, base: base)
    let before = Manifest.files(manifest ?? .null)
    let after = Manifest.files(made.manifest)
    let paths = Set(before.keys).union(after.keys)
    return paths.filter { before[$0] != after[$0] }.sorted()
  }

  /// Moves `latest`, unless it names data of a later horizon.
  private func advance(to version: String, _ manifest: JSONValue) throws {
    if let latest = try home.latest(), let other = try home.manifest(of: latest),
      let horizon = other["watermark"]?.text, horizon > manifest["watermark"]?.text ?? ""
    {
      return
    }
    try home.point(to: version)
  }

  private func freeVersion(_ wanted: String) throws -> String {
    var version = wanted
    var number = 2
    while home.files.exists(home.path(of: version)) {
      version = "\(wanted)-\(number)"
      number += 1
    }
    return version
  }

  /// The first words of a version's vocabulary.
  private func vocabulary(
    _ name: String, of version: String, first count: Int
  ) throws -> VocabularyFile {
    let file = home.path(of: version) + "/vocab/\(name).csv"
    guard let vocabulary = try VocabularyFile(home.files, file, first: count) else {
      throw BuildError.recipe(
        why: "\(file) is not a vocabulary",
        advice: "remove that version, or say 'vocabulary: {stable: false}'")
    }
    return vocabulary
  }

  /// Takes the vocabularies that a version went on from out of the version itself, which may have
  /// outlived the one before it.
  ///
  /// A vocabulary only grows at its end, so the base's words are the first of the version's. A word
  /// that was retired already kept its time, and one that the version retired is retired again.
  /// - Returns: the version that was the base, or nil where there was none.
  private func takeBase(
    of version: String, _ manifest: JSONValue, into request: inout BuildRequest
  ) throws -> String? {
    guard let base = manifest["vocabulary"]?["base"], let name = base["version"]?.text else {
      return nil
    }
    let hashes = Manifest.files(manifest)
    for kind in Vocabulary.names {
      let file = "vocab/\(kind).csv"
      let count = Int(base[kind]?["count"]?.integer ?? 0)
      let words = try vocabulary(kind, of: version, first: count)
      guard try home.hash("\(version)/\(file)") == hashes[file], count == words.count,
        words.wordsHash == base[kind]?["words_sha256"]?.text
      else {
        throw BuildError.recipe(
          why: "\(home.path)/\(version)/\(file) is not the file that its manifest pins",
          advice: "restore it; numbers go on from it, so nothing can be proven without")
      }
      request.inputs[base: kind] = words
    }
    return name
  }

  /// Writes a whole dataset into `.building`.
  private func write(
    _ request: BuildRequest, horizon: Int64, version: String, base: String?
  ) throws -> (manifest: JSONValue, leakage: LeakageReport, funnel: FilterFunnel) {
    let files = home.files
    let work = home.building + "/.work"
    try files.removeTree(home.building)
    try files.makeDirectory(home.building)
    try files.makeDirectory(work)
    tell("computing what was known at each cut")
    var resources = resources
    // Beside the rest, so that whatever ends a build, the next one finds and removes it.
    resources.spillDirectory = work + "/spill"
    let build = try DatasetBuild.make(
      request.recipe, request.inputs, horizon: horizon, directory: work, version: version,
      resources: resources)
    tell("looking for leaks")
    let leakage = try build.leakage()
    guard leakage.passed else { throw LeakageBreach(report: leakage) }
    var written = try writeDocuments(build, request, leakage)
    written += try render(request.recipe.formats, build)
    try files.removeTree(work)
    let manifest = Manifest.make(request, build, leakage, written, version: version, base: base)
    try finish(manifest, written)
    return (manifest, leakage, build.funnel)
  }

  private func writeDocuments(
    _ build: DatasetBuild, _ request: BuildRequest, _ leakage: LeakageReport
  ) throws -> [DatasetFile] {
    let output = RenderingOutput(files: home.files, directory: home.building, folder: "")
    for vocabulary in build.vocabularies {
      try output.file("vocab/\(vocabulary.summary.name).csv") { try vocabulary.copy(to: $0) }
    }
    try output.file("recipe.yaml") { $0.text = request.recipeText }
    try output.file("leakage.json") { $0.text = leakage.json.document }
    return output.written
  }

  /// Writes all formats, as many at once as there are threads.
  private func render(_ choices: [FormatChoice], _ build: DatasetBuild) throws -> [DatasetFile] {
    tell("writing " + choices.map(\.name).joined(separator: ", "))
    let files = Mutex([[DatasetFile]](repeating: [], count: choices.count))
    let (home, contents) = (home, build.contents)
    try resources.pool.run(choices.count) { place in
      let written = try Publisher.render(choices[place], contents, home)
      files.withLock { $0[place] = written }
    }
    return files.withLock { $0.flatMap { $0 } }
  }

  private static func render(
    _ choice: FormatChoice, _ contents: BuiltContents, _ home: DatasetHome
  ) throws -> [DatasetFile] {
    let rendering = try Renderings.make(choice)
    let output = RenderingOutput(
      files: home.files, directory: home.building, folder: choice.name)
    try rendering.write(contents, into: output)
    try rendering.check(
      contents,
      RenderingInput(files: home.files, directory: home.building, folder: choice.name))
    if !output.written.contains(where: { $0.path == "\(choice.name)/README.md" }) {
      let missing = rendering.cannotCarry(contents)
      var text = "# \(choice.name)\n\n\(type(of: rendering).summary).\n"
      text += "\nWhat it cannot carry:\n\n"
      text += missing.isEmpty ? "nothing.\n" : missing.map { "* \($0)\n" }.joined()
      try output.file("README.md", text: text)
    }
    return output.written
  }

  /// The manifest, the marker, and everything durable.
  private func finish(_ manifest: JSONValue, _ written: [DatasetFile]) throws {
    let files = home.files
    let output = RenderingOutput(files: files, directory: home.building, folder: "")
    try output.file("manifest.json") { $0.text = manifest.document }
    let hash = output.written.last?.sha256 ?? ""
    try output.file("_SUCCESS", text: hash + "\n")
    var folders: Set<String> = [home.building]
    for file in written {
      var path = home.building
      for name in file.path.split(separator: "/").dropLast() {
        path += "/" + name
        folders.insert(path)
      }
    }
    for folder in folders.sorted().reversed() { try files.synchronizeDirectory(folder) }
  }
}
