import ArgumentParser
import ConfigurationFiles
import Datasets
import Files
import Ledger
import Sequences

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What all commands share that build a dataset.
struct DatasetOptions: ParsableArguments {
  @OptionGroup var ledger: LedgerOption
  @OptionGroup var talk: TalkOptions
  @OptionGroup var threads: ThreadOption

  @Option(help: "Memory to stay within; what does not fit goes to disk.")
  var memory = SizeArgument(byteCount: 512 << 20)

  func validate() throws {
    if memory.byteCount < 64 << 20 {
      throw ValidationError("--memory must be at least 64MiB.")
    }
  }

  func resources() -> SequenceResources {
    Pipeline.resources(threads.pool(), memoryByteLimit: memory.byteCount)
  }
}

/// A recipe as it was read.
struct RecipeFile {
  var recipe: Recipe
  var text: [UInt8]

  init(path: String, horizon: Int64? = nil) throws {
    text = try readFile(path)
    recipe = try Recipe(
      parsing: text, file: path, formats: Renderings.names, files: POSIXFileSystem())
    if let horizon { recipe.split.horizon = horizon }
  }

  /// The key of pseudonyms from where the recipe says it is.
  func key() throws -> [UInt8]? {
    switch recipe.privacy.key {
    case nil: return nil
    case .file(let path):
      var bytes = try readFile(path)
      while let last = bytes.last, last == 0x0a || last == 0x0d { bytes.removeLast() }
      return try checked(bytes, "the file \(path)")
    case .environment(let name):
      guard let value = getenv(name) else {
        throw CommandFailure(
          .usage, "the environment has no \(name), which holds the key of pseudonyms",
          advice: "Set it, or name a file in the recipe's 'privacy: {key: …}'.")
      }
      return try checked(Array(String(cString: value).utf8), name)
    }
  }

  private func checked(_ key: [UInt8], _ place: String) throws -> [UInt8] {
    guard key.count >= 16 else {
      throw CommandFailure(
        .usage, "the key in \(place) has \(key.count) bytes, which can be guessed",
        advice: "Use at least 16 random bytes, for example: openssl rand -hex 32")
    }
    return key
  }

  /// What a build of it stands on, as the ledger is now, or as it was up to an offset.
  func request(_ ledger: String, end: Int64? = nil) throws -> BuildRequest {
    let reader = try LedgerReader.open(directory: ledger, files: Pipeline.files)
    return try BuildRequest(
      recipe: recipe, recipeText: text, reader: reader, snapshot: try reader.snapshot(), end: end,
      key: try key(), software: Daybook.version)
  }
}

extension CommandFailure {
  /// What datasets throw, with the exit codes that schedulers know.
  init?(dataset error: any Error) {
    switch error {
    case let breach as LeakageBreach:
      self.init(
        .rejected, breach.description,
        advice: "Nothing was published. Change the recipe, or name what you accept: allow: ["
          + breach.report.breaches.map(\.code).joined(separator: ", ") + "]")
    case let build as BuildError: self.init(.failure, build.description)
    case let rendering as RenderingError: self.init(.failure, rendering.description)
    default: return nil
    }
  }
}
