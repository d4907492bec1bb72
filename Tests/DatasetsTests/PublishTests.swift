import Bytes
import Events
import Files
import FilesTesting
import Sequences
import Testing
import Threads

@testable import Datasets

/// Publishing on a disk that stops at any call and keeps what it likes of what was not durable.
@Suite struct Publishing {
  private static let output = "/data"
  private static let recipe = """
    name: small
    task: next-item
    split: {test: 3d, validation: 3d}
    formats: [ndjson]
    """

  private static let lines = {
    var shop = Shop()
    for day in 0..<14 {
      for step in 0..<3 { shop.view("v\(day % 2)", "i\(step)", day: day, second: step * 10) }
    }
    return shop.lines
  }()

  private static func request(
    _ recipe: String = recipe, lines: [String] = lines, endOffset: Int64 = 42
  ) throws -> BuildRequest {
    let events = runs(lines)
    return BuildRequest(
      recipe: try parsed(recipe), recipeText: Array(recipe.utf8),
      ledger: LedgerPin(
        ledgerID: "here", commitNumber: 1, endOffset: endOffset, segments: [], rejects: []),
      inputs: BuildInputs(runs: events, latestTimes: events.map { _ in nil }), software: "test")
  }

  private static func publisher(_ disk: SimulatedFileSystem) -> Publisher {
    Publisher(
      output: output, name: "small",
      resources: SequenceResources(
        pool: WorkerPool(threadCount: 1), files: disk, spillDirectory: "/data/spill",
        memoryByteLimit: 512 << 20))
  }

  /// What is wrong with what anybody can see.
  private static func problems(_ disk: SimulatedFileSystem) throws -> [String] {
    let home = DatasetHome(files: disk, output: output, name: "small")
    var problems: [String] = []
    let versions = try home.versions()
    for version in versions {
      let bytes = try home.read(version + "/manifest.json")
      let marker = String(decoding: try home.read(version + "/_SUCCESS"), as: UTF8.self)
      if marker != hexadecimal(SHA256.hash(bytes)) + "\n" {
        problems.append("\(version): the marker is of another manifest")
      }
      for (path, hash) in Manifest.files(JSONValue(parsing: bytes) ?? .null) {
        let file = try home.read(version + "/" + path)
        if hexadecimal(SHA256.hash(file)) != hash { problems.append("\(version)/\(path)") }
      }
    }
    if let latest = try home.latest(), !versions.contains(latest) {
      problems.append("latest names \(latest), which is not there")
    }
    return problems
  }

  private static let callCount: Int = {
    let disk = SimulatedFileSystem(directory: output)
    _ = try? publisher(disk).build(request())
    return disk.callCount
  }()

  @Test func `a crash at any call leaves all or nothing, and the next build goes on`() throws {
    #expect(Self.callCount > 50)
    var unpublished = 0
    for call in 0..<Self.callCount {
      let disk = SimulatedFileSystem(
        directory: Self.output, seed: UInt64(call), faults: [call: .crash])
      #expect(throws: (any Error).self, "call \(call)") {
        try Self.publisher(disk).build(Self.request())
      }
      #expect(disk.hasCrashed, "call \(call)")
      disk.restart()
      #expect(try Self.problems(disk).isEmpty, "call \(call)")
      let home = DatasetHome(files: disk, output: Self.output, name: "small")
      if try home.versions().isEmpty { unpublished += 1 }
      let again = try Self.publisher(disk).build(Self.request())
      #expect(try home.latest() == again.version, "call \(call)")
      #expect(try home.versions() == [again.version], "call \(call)")
      #expect(try Self.problems(disk).isEmpty, "call \(call)")
    }
    #expect(unpublished > 0 && unpublished < Self.callCount)
  }

  @Test(arguments: [SimulatedFileSystem.Fault.noSpace, .failure])
  func `a failing call fails the build and shows nothing half`(
    fault: SimulatedFileSystem.Fault
  ) throws {
    for call in stride(from: 0, to: Self.callCount, by: 3) {
      let disk = SimulatedFileSystem(
        directory: Self.output, seed: UInt64(call), faults: [call: fault])
      _ = try? Self.publisher(disk).build(Self.request())
      disk.schedule([:])
      #expect(try Self.problems(disk).isEmpty, "call \(call)")
    }
  }

  @Test func `the same key is not built twice, another never overwrites`() throws {
    let disk = SimulatedFileSystem(directory: Self.output)
    let first = try Self.publisher(disk).build(try Self.request())
    let before = try #require(disk.bytes(first.path + "/manifest.json"))
    #expect(try !Self.publisher(disk).build(try Self.request()).isNew)
    let other = try Self.publisher(disk).build(try Self.request(endOffset: 43))
    #expect(other.version == first.version + "-2")
    #expect(disk.bytes(first.path + "/manifest.json") == before)
  }

  @Test func `an older horizon built later does not become the latest`() throws {
    let disk = SimulatedFileSystem(directory: Self.output)
    let newest = try Self.publisher(disk).build(try Self.request())
    var older = try Self.request()
    older.recipe.split.horizon = Shop.time(day: 12)
    let built = try Self.publisher(disk).build(older)
    #expect(built.version < newest.version)
    let home = DatasetHome(files: disk, output: Self.output, name: "small")
    #expect(try home.latest() == newest.version)
  }

  @Test func `a rebuild tells the file that is not the same again`() throws {
    let disk = SimulatedFileSystem(directory: Self.output)
    let first = try Self.publisher(disk).build(try Self.request())
    #expect(try Self.publisher(disk).rebuild(try Self.request(), as: first.version).isEmpty)
    let other = try Self.request(lines: Array(Self.lines.dropLast()))
    let different = try Self.publisher(disk).rebuild(other, as: first.version)
    #expect(different.contains("ndjson/test.ndjson"))
  }

  @Test func `a rebuild needs no other version, however much the vocabulary grew since`() throws {
    let disk = SimulatedFileSystem(directory: Self.output)
    var night = try Self.request()
    night.recipe.split.horizon = Shop.time(day: 9)
    let first = try Self.publisher(disk).build(night)
    // The next night brings items, and takes one out of use.
    var shop = Shop()
    for day in 0..<14 {
      for step in 0..<3 {
        let item = day < 6 ? step : step + 1
        shop.view("v\(day % 2)", "i\(item)", day: day, second: step * 10)
      }
    }
    for step in 0..<3 { shop.view("v0", "new\(step)", day: 3, second: 500 + step) }
    let recipe = Self.recipe + "\nshape: {max_length: 9}\n"
    let next = try Self.request(recipe, lines: shop.lines, endOffset: 50)
    let second = try Self.publisher(disk).build(next)
    let base = second.manifest["vocabulary"]?["base"]
    #expect(base?["version"]?.text == first.version)
    #expect(base?["items"]?["count"]?.integer == 3)
    let third = try Self.publisher(disk).build(
      try Self.request(recipe, lines: Self.lines, endOffset: 51))
    #expect(third.manifest["vocabulary"]?["items"]?["count"]?.integer ?? 0 > 5)
    #expect(third.manifest["vocabulary"]?["items"]?["used"]?.integer == 3)
    let home = DatasetHome(files: disk, output: Self.output, name: "small")
    try home.remove(version: first.version)
    #expect(try Self.publisher(disk).rebuild(next, as: second.version).isEmpty)
    try home.remove(version: second.version)
    let again = try Self.request(recipe, lines: Self.lines, endOffset: 51)
    #expect(try Self.publisher(disk).rebuild(again, as: third.version).isEmpty)
  }

  @Test func `a rebuild does not take a vocabulary that somebody changed`() throws {
    let disk = SimulatedFileSystem(directory: Self.output)
    _ = try Self.publisher(disk).build(try Self.request())
    let next = try Self.request(endOffset: 43)
    let second = try Self.publisher(disk).build(next)
    let path = second.path + "/vocab/items.csv"
    let text = String(decoding: try #require(disk.bytes(path)), as: UTF8.self)
    try disk.remove(path)
    let file = try disk.create(path)
    try Array(text.replacing("i1", with: "i9").utf8).withUnsafeBytes { try file.write($0) }
    try file.synchronize()
    try file.close()
    #expect(throws: BuildError.self) {
      try Self.publisher(disk).rebuild(next, as: second.version)
    }
  }

  @Test func `a recipe without examples left publishes nothing`() throws {
    let disk = SimulatedFileSystem(directory: Self.output)
    let recipe = Self.recipe.replacing("test: 3d", with: "test: 300d")
    #expect(throws: BuildError.self) { try Self.publisher(disk).build(try Self.request(recipe)) }
    #expect(try DatasetHome(files: disk, output: Self.output, name: "small").versions().isEmpty)
  }
}
