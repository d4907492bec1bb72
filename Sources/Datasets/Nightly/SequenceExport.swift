import Bytes
import Events
import Files
package import Ledger
package import Sequences

/// The sequences of a ledger as files, brought up to date as a whole or not at all.
///
/// Rows are kept from night to night and only what is new is computed; but where Parquet is among
/// the formats, which cannot be kept, one computation of everything writes all of them.
/// - Shape: `<folder>/<events>-<key>/` with a file a format, `manifest.json` and `_SUCCESS` as a
///   dataset's version has them, and `<folder>/latest`, which names the newest; `<folder>/.kept`
///   holds the rows.
package struct SequenceExport {
  package let home: DatasetHome
  let formats: [NightlyConfiguration.SequenceFiles.Format]
  let options: SequenceOptions
  /// The options' file as it was read: part of what decides the bytes.
  let optionsText: [UInt8]
  let resources: SequenceResources
  let software: String

  package init(
    _ settings: NightlyConfiguration.SequenceFiles, options: SequenceOptions, optionsText: [UInt8],
    resources: SequenceResources, software: String
  ) {
    home = DatasetHome(files: resources.files, path: settings.output)
    formats = settings.formats
    self.options = options
    self.optionsText = optionsText
    self.resources = resources
    self.software = software
  }

  /// What was exported.
  package struct Result {
    package var version: String
    /// False where the same events and options were exported before.
    package var isNew: Bool
    package var rowCount: Int
    /// What bringing the kept rows up to date came to; nil where none are kept.
    package var kept: KeptReport?
  }

  /// A ledger's state: which one, how far, and its events.
  package struct State {
    var ledgerID: String
    var commitNumber: Int64
    var endOffset: Int64
    var runs: [any EventRun]

    init(ledgerID: String, commitNumber: Int64, endOffset: Int64, runs: [any EventRun]) {
      self.ledgerID = ledgerID
      self.commitNumber = commitNumber
      self.endOffset = endOffset
      self.runs = runs
    }

    package init(_ reader: LedgerReader, _ snapshot: LedgerSnapshot) {
      self.init(
        ledgerID: reader.identity.id, commitNumber: snapshot.commitNumber,
        endOffset: snapshot.endOffset, runs: snapshot.runs)
    }
  }

  /// Writes the rows of a ledger's state, unless they are there already.
  ///
  /// - Errors: what the file system and the computation throw, `FileError` with `.locked` where
  ///   somebody else is at it; nothing is visible then.
  package func update(_ state: State) throws -> Result {
    let parts = [state.ledgerID, "\(state.endOffset)", software] + formats.map(\.rawValue)
    let key = hexadecimal(
      SHA256.hash(Array(parts.joined(separator: "\n").utf8) + [0x0a] + optionsText))
    let version = "\(state.endOffset)-\(key.prefix(8))"
    let lock = try home.lock()
    defer { lock.unlock() }
    // What was left by one that was killed.
    try home.files.removeTree(home.building)
    if let manifest = try home.manifest(of: version), try home.versions().contains(version) {
      if try home.latest() != version { try home.point(to: version) }
      let rows = Int(manifest["rows"]?.integer ?? 0)
      return Result(version: version, isNew: false, rowCount: rows)
    }
    do {
      let (counts, kept) = try write(state, key: key, version: version)
      try home.files.removeTree(home.path(of: version))
      try home.files.rename(home.building, to: home.path(of: version))
      try home.files.synchronizeDirectory(home.path)
      try home.point(to: version)
      return Result(version: version, isNew: true, rowCount: counts.rows, kept: kept)
    } catch {
      try? home.files.removeTree(home.building)
      throw error
    }
  }

  private func write(
    _ state: State, key: String, version: String
  ) throws -> (SequenceCounts, KeptReport?) {
    let files = home.files
    try files.makeDirectory(home.building)
    var resources = resources
    resources.spillDirectory = home.building + "/.spill"
    let (targets, counts, kept) = try compute(state, resources)
    let written = try targets.map { try $0.finish(rows: counts.rows) }
    try files.removeTree(resources.spillDirectory)
    let manifest = JSONValue.members([
      ("format_version", JSONValue(Manifest.formatVersion)), ("version", JSONValue(version)),
      ("software", .members([("name", "daybook"), ("version", JSONValue(software))])),
      ("key", JSONValue(key)),
      (
        "ledger",
        .members([
          ("id", JSONValue(state.ledgerID)), ("commit", JSONValue(state.commitNumber)),
          ("end_offset", JSONValue(state.endOffset)),
        ])
      ),
      ("options_sha256", JSONValue(hexadecimal(SHA256.hash(optionsText)))),
      ("rows", JSONValue(counts.rows)), ("events", JSONValue(counts.accepted)),
      ("unattributed", JSONValue(counts.unattributed)), ("orphans", JSONValue(counts.orphans)),
      ("files", Manifest.list(written)),
    ])
    let output = RenderingOutput(files: files, directory: home.building, folder: "")
    try output.file("manifest.json") { $0.text = manifest.document }
    try output.file("_SUCCESS", text: (output.written.last?.sha256 ?? "") + "\n")
    try files.synchronizeDirectory(home.building)
    return (counts, kept)
  }

  private func compute(
    _ state: State, _ resources: SequenceResources
  ) throws -> ([ExportedFile], SequenceCounts, KeptReport?) {
    guard !formats.contains(.parquet) else {
      let (targets, outputs) = try targets()
      let counts = try computeSequences(
        of: state.runs, options: options, outputs: outputs, resources: resources)
      return (targets, counts, nil)
    }
    do {
      return try writeKept(state, resources)
    } catch is KeptStateUnusable {
      // Damage that only reading all rows shows: what can be made anew is.
      try home.files.removeTree(keptFolder)
      return try writeKept(state, resources)
    }
  }

  private var keptFolder: String { home.path + "/.kept" }

  private func writeKept(
    _ state: State, _ resources: SequenceResources
  ) throws -> ([ExportedFile], SequenceCounts, KeptReport?) {
    let (targets, outputs) = try targets()
    let kept = try KeptSequences(
      in: keptFolder, ledger: state.ledgerID, program: software, runs: state.runs,
      options: options, formats: formats.map(\.rows), resources: resources)
    return (targets, try kept.write(to: outputs), kept.report)
  }

  /// The files in the making, and the outputs that fill them.
  private func targets() throws -> ([ExportedFile], [SequenceOutput]) {
    let targets = try formats.map { format in
      let path = home.building + "/" + format.fileName
      if home.files.exists(path) { try home.files.remove(path) }
      return ExportedFile(name: format.fileName, try home.files.create(path))
    }
    let outputs = zip(formats, targets).map { format, target in
      SequenceOutput(format.rows, to: { try target.write($0) })
    }
    return (targets, outputs)
  }

  /// Removes all but the newest versions; those that are pinned stay.
  ///
  /// - Returns: what was removed.
  package func prune(keep count: Int) throws -> [String] {
    let lock = try home.lock()
    defer { lock.unlock() }
    let kept = Set(try home.pinned())
    let latest = try home.latest()
    // Names begin with a number of events, which only grows; what `latest` names is the newest.
    let newestFirst = try home.versions().sorted { left, right in
      if left == latest || right == latest { return left == latest && right != latest }
      let numbers = [left, right].map { Int64($0.prefix { $0 != "-" }) ?? 0 }
      return numbers[0] != numbers[1] ? numbers[0] > numbers[1] : left > right
    }
    let expired = newestFirst.dropFirst(count).filter { !kept.contains($0) }
    for version in expired { try home.remove(version: version) }
    return expired
  }
}

/// A file that grows by parts, hashed on the way.
///
/// - Concurrency: `@unchecked` because a computation hands an output its bytes one call after the
///   other, and it is finished after all of them.
private final class ExportedFile: @unchecked Sendable {
  private let name: String
  private let output: any OutputFile
  private var hash: SHA256? = SHA256()

  init(name: String, _ output: any OutputFile) {
    self.name = name
    self.output = output
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    hash?.update(bytes)
    try output.write(bytes)
  }

  func finish(rows: Int) throws -> DatasetFile {
    try output.synchronize()
    try output.close()
    let digest = hash.take()?.finish() ?? []
    return DatasetFile(
      path: name, rowCount: rows, byteCount: output.byteCount, sha256: hexadecimal(digest))
  }
}

extension NightlyConfiguration.SequenceFiles.Format {
  var fileName: String {
    switch self {
    case .ndjson: "sequences.ndjson"
    case .csv: "sequences.csv"
    case .stepsCSV: "steps.csv"
    case .parquet: "sequences.parquet"
    }
  }

  var rows: SequenceOutput.Format {
    switch self {
    case .ndjson: .ndjson
    case .csv: .csv
    case .stepsCSV: .stepsCSV
    case .parquet: .parquet
    }
  }
}
