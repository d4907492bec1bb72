import Bytes
import ConfigurationFiles
import Files
import FilesTesting
import Sequences
import Synchronization
import Testing
import Threads

@testable import Datasets

@Suite struct `Nightly plans` {
  @Test func `days are wanted after the newest version, or from the day that the file names`() {
    #expect(NightlyPlan.missingDays(built: [], first: nil, last: 9) == [9])
    #expect(NightlyPlan.missingDays(built: [3, 6], first: nil, last: 9) == [7, 8, 9])
    #expect(NightlyPlan.missingDays(built: [3, 6], first: 2, last: 7) == [2, 4, 5, 7])
    #expect(NightlyPlan.missingDays(built: [9], first: nil, last: 9).isEmpty)
    #expect(NightlyPlan.missingDays(built: [12], first: nil, last: 9).isEmpty)
  }

  @Test func `versions go by age, but the newest, the pinned and the latest stay`() {
    let versions = (1...6).map { (version: "d\($0)", day: Int64($0)) }
    func expired(_ days: Int?, _ count: Int, _ kept: Set<String> = []) -> [String] {
      NightlyPlan.expired(versions, today: 7, keptDays: days, keptCount: count, kept: kept)
    }
    #expect(expired(nil, 1).isEmpty)
    #expect(expired(3, 1) == ["d1", "d2", "d3"])
    #expect(expired(3, 4) == ["d1", "d2"])
    #expect(expired(3, 1, ["d2"]) == ["d1", "d3"])
  }

  @Test func `a file says which sequences are wanted`() throws {
    let text = """
      ledger: shop
      output: datasets
      sequences: {output: paths, formats: [parquet, steps-csv], options: o.yaml, keep: 3}
      """
    let settings = try NightlyConfiguration(parsing: Array(text.utf8), file: "n.yaml")
    #expect(settings.sequences?.output == "paths")
    #expect(settings.sequences?.formats == [.parquet, .stepsCSV])
    #expect(settings.sequences?.options == "o.yaml")
    #expect(settings.sequences?.keptCount == 3)
  }

  @Test(arguments: [
    ("sequences: {output: p, formats: [parket]}", "parquet"),
    ("sequences: {output: p, format: csv}", "formats"), ("sequnces: {output: p}", "sequences"),
  ])
  func `a wrong word names the nearest`(_ line: String, _ nearest: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try NightlyConfiguration(
        parsing: Array("ledger: l\noutput: o\n\(line)\n".utf8), file: "n.yaml")
    }
    #expect(error?.nearest == nearest)
    #expect(error?.line == 3)
  }
}

/// Sequences as files on a disk that stops at any call.
@Suite struct `Exported sequences` {
  private final class Rows: Sendable { let bytes = Mutex<[UInt8]>([]) }

  private static let folder = "/data"

  private typealias Format = NightlyConfiguration.SequenceFiles.Format
  private static let lineFormats: [Format] = [.ndjson, .csv, .stepsCSV]

  private static let lines = {
    var shop = Shop()
    for day in 0..<6 {
      shop.view("v\(day)", "i1", day: day)
      shop.buy("v\(day)", ["i1", "i2"], order: "o\(day)", day: day, second: 20)
    }
    return shop.lines
  }()

  private static func state(_ count: Int = lines.count) -> SequenceExport.State {
    SequenceExport.State(
      ledgerID: "here", commitNumber: 1, endOffset: Int64(count),
      runs: runs(Array(lines.prefix(count)), parts: 2))
  }

  private static func export(
    _ disk: SimulatedFileSystem, options: String = "", _ formats: [Format] = lineFormats
  ) throws -> SequenceExport {
    var files = NightlyConfiguration.SequenceFiles(output: folder)
    files.formats = formats
    let text = Array(options.utf8)
    return SequenceExport(
      files,
      options: text.isEmpty ? SequenceOptions() : try SequenceOptions(parsing: text, file: "o"),
      optionsText: text,
      resources: SequenceResources(
        pool: WorkerPool(threadCount: 1), files: disk, spillDirectory: "/data/spill",
        memoryByteLimit: 512 << 20), software: "test")
  }

  /// The rows of events as they are computed without keeping anything.
  private static func rows(
    _ state: SequenceExport.State, _ format: SequenceOutput.Format, _ disk: SimulatedFileSystem
  ) throws -> [UInt8] {
    let rows = Rows()
    _ = try computeSequences(
      of: state.runs, options: SequenceOptions(),
      outputs: [SequenceOutput(format) { text in rows.bytes.withLock { $0 += Array(text) } }],
      resources: SequenceResources(
        pool: WorkerPool(threadCount: 1), files: disk, spillDirectory: "/data/spill"))
    return rows.bytes.withLock { $0 }
  }

  /// What is wrong with what anybody can see.
  private static func problems(_ disk: SimulatedFileSystem) throws -> [String] {
    let home = DatasetHome(files: disk, path: folder)
    var problems: [String] = []
    let versions = try home.versions()
    for version in versions {
      let bytes = try home.read(version + "/manifest.json")
      let marker = String(decoding: try home.read(version + "/_SUCCESS"), as: UTF8.self)
      if marker != hexadecimal(SHA256.hash(bytes)) + "\n" { problems.append("\(version): marker") }
      let files = Manifest.files(JSONValue(parsing: bytes) ?? .null)
      if files.count < 3 { problems.append("\(version): \(files.count) files") }
      for (path, hash) in files
      where hexadecimal(SHA256.hash(try home.read(version + "/" + path))) != hash {
        problems.append("\(version)/\(path)")
      }
    }
    if let latest = try home.latest(), !versions.contains(latest) {
      problems.append("latest names \(latest)")
    }
    return problems
  }

  @Test func `are the rows that sequences writes, and no work while nothing changes`() throws {
    let disk = SimulatedFileSystem(directory: Self.folder)
    let first = try Self.export(disk, Format.allCases).update(Self.state())
    #expect(first.isNew)
    #expect(first.rowCount == 6)
    #expect(first.kept == nil)
    let calls = disk.callCount
    let again = try Self.export(disk, Format.allCases).update(Self.state())
    #expect(!again.isNew)
    #expect(again.version == first.version)
    #expect(disk.callCount < calls + 20)
    let file = disk.bytes("\(Self.folder)/\(first.version)/sequences.ndjson")
    #expect(try file == Self.rows(Self.state(), .ndjson, disk))
  }

  @Test func `are computed from what is new where rows are kept`() throws {
    let disk = SimulatedFileSystem(directory: Self.folder)
    for count in [5, 9, Self.lines.count] {
      let result = try Self.export(disk).update(Self.state(count))
      let kept = try #require(result.kept)
      #expect(kept.rebuilt == nil)
      #expect(kept.newRowCount == (count == 5 ? 5 : count == 9 ? 4 : Self.lines.count - 9))
      #expect(kept.computedRowCount < count || count == 5)
      for format in Self.lineFormats {
        let file = disk.bytes("\(Self.folder)/\(result.version)/\(format.fileName)")
        #expect(try file == Self.rows(Self.state(count), format.rows, disk))
      }
    }
  }

  @Test func `are computed anew where kept rows are damaged`() throws {
    let disk = SimulatedFileSystem(directory: Self.folder)
    _ = try Self.export(disk).update(Self.state(9))
    let kept = Self.folder + "/.kept"
    let name = try #require(try disk.list(kept).first { $0.hasPrefix("rows-") })
    disk.flip(kept + "/" + name, byte: 40)
    let result = try Self.export(disk).update(Self.state())
    let file = disk.bytes("\(Self.folder)/\(result.version)/sequences.ndjson")
    #expect(try file == Self.rows(Self.state(), .ndjson, disk))
  }

  @Test func `are written anew for new events and for other options`() throws {
    let disk = SimulatedFileSystem(directory: Self.folder)
    let home = DatasetHome(files: disk, path: Self.folder)
    let half = try Self.export(disk).update(Self.state(9))
    let whole = try Self.export(disk).update(Self.state())
    let other = try Self.export(disk, options: "session_gap: 10m").update(Self.state())
    #expect(Set([half.version, whole.version, other.version]).count == 3)
    #expect(try home.latest() == other.version)
    #expect(try Self.problems(disk).isEmpty)
    #expect(try Self.export(disk).prune(keep: 2) == [half.version])
    #expect(try Self.export(disk).prune(keep: 1).count == 1)
    #expect(try home.versions() == [other.version])
  }

  @Test(arguments: [lineFormats, Format.allCases])
  private func `a crash at any call leaves all or nothing, and the next night goes on`(
    _ formats: [Format]
  ) throws {
    let counting = SimulatedFileSystem(directory: Self.folder)
    _ = try Self.export(counting, formats).update(Self.state())
    let calls = counting.callCount
    #expect(calls > 30)
    for call in 0..<calls {
      let disk = SimulatedFileSystem(
        directory: Self.folder, seed: UInt64(call), faults: [call: .crash])
      #expect(throws: (any Error).self, "call \(call)") {
        try Self.export(disk, formats).update(Self.state())
      }
      disk.restart()
      #expect(try Self.problems(disk).isEmpty, "call \(call)")
      let again = try Self.export(disk, formats).update(Self.state())
      let home = DatasetHome(files: disk, path: Self.folder)
      #expect(try home.latest() == again.version, "call \(call)")
      #expect(try Self.problems(disk).isEmpty, "call \(call)")
      #expect(!disk.exists(home.building), "call \(call)")
    }
  }
}
