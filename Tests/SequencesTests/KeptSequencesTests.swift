import Bytes
import Events
import Files
import FilesTesting
import NaiveSequences
import Sequences
import Testing
import Threads

/// Sequences that are kept and brought up to date, beside the whole computation.
@Suite struct `Kept sequences` {
  static let formats: [SequenceOutput.Format] = [.ndjson, .csv, .stepsCSV]

  /// Hostile events arrive in any order: late ones, logins that move earlier events, payments of
  /// old orders; every update lays the ledger out anew.
  @Test(arguments: 0..<8)
  func `read as if computed whole after every update`(group: UInt64) throws {
    for seed in Seeds.chosen(usually: 160) where seed % 8 == group {
      let files = SimulatedFileSystem(directory: "/kept", seed: seed)
      let lines = naiveLines(
        ofFile: hostileLines(
          seed: seed, count: 24 + Int(seed % 5) * 12, options: hostileOptions(seed: seed).options))
      let options = try keptOptions(seed)
      var random = SplitMix64(seed: seed)
      var count = 0
      while count < lines.count {
        count = min(lines.count, count + random.below(lines.count / 3 + 2))
        let runs = layout(Array(lines[..<count]), parts: 1 + random.below(4))
        let circumstances = Circumstances(
          threads: 1 + random.below(3), memoryByteLimit: random.chance(30) ? 1 : 512 << 20)
        let kept = try update(files, runs, options, circumstances)
        #expect(kept.report.rebuilt == nil)
        let same = try written(kept) == compute(runs, options, formats: Self.formats)
        #expect(
          same,
          "after \(count) of \(lines.count) lines; SEED=\(seed) swift test --filter SequencesTests")
        if !same { return }
      }
    }
  }

  @Test func `change with the horizon alone`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let options = SequenceOptions()
    var lines = [
      event("1", "product.viewed", "2026-03-01T10:00:00Z", "\"visitor_id\":\"a\""),
      event(
        "2", "cart.item.added", "2026-03-01T10:01:00Z",
        "\"visitor_id\":\"a\",\"item_id\":\"x\""),
      event("3", "product.viewed", "2026-03-01T10:01:00Z", "\"visitor_id\":\"b\""),
    ]
    var seen: [[Int]] = []
    let hours = [
      "01T10:30", "01T11:01", "01T11:02", "02T10:01", "02T10:02", "08T11:01", "09T00:00",
    ]
    for (number, hour) in hours.enumerated() {
      lines.append(event("later-\(number)", "stock.counted", "2026-03-\(hour):00Z", ""))
      let runs = layout(lines, parts: 1)
      let kept = try update(files, runs, options)
      let found = try written(kept)
      #expect(try found == compute(runs, options, formats: Self.formats), "at \(hour)")
      #expect(number == 0 || kept.report.computedRowCount == 0)
      let rows = text(found.rows)
      seen.append(
        ["open", "abandoned", "censored", "lost"].map { word in
          rows.split(separator: "\"\(word)\"", omittingEmptySubsequences: false).count - 1
        })
    }
    let expected = [
      [2, 0, 0, 0], [2, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0], [0, 2, 1, 0], [0, 2, 0, 1],
      [0, 2, 0, 1],
    ]
    #expect(seen == expected)
  }

  @Test func `compute only what new events belong to`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    var lines: [[UInt8]] = []
    for visitor in 0..<50 {
      for step in 0..<4 {
        lines.append(
          event(
            "\(visitor)-\(step)", "product.viewed", "2026-03-01T10:0\(step):00Z",
            "\"visitor_id\":\"v\(visitor)\""))
      }
    }
    _ = try update(files, layout(lines, parts: 2), SequenceOptions())
    lines.append(
      event(
        "new", "product.viewed", "2026-03-02T10:00:00Z",
        "\"visitor_id\":\"v7\",\"customer_id\":\"c\""))
    let kept = try update(files, layout(lines, parts: 3), SequenceOptions())
    #expect(kept.report.newRowCount == 1)
    #expect(kept.report.computedRowCount == 5)
  }

  @Test func `filter like the whole computation`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let runs = layout(naiveLines(ofFile: hostileLines(seed: 11, count: 200)), parts: 2)
    let kept = try update(files, runs, SequenceOptions())
    let all = try compute(runs)
    let actor = try #require(try jsonLines(all.rows).first?["actor"] as? String)
    let start = try #require(try startTimes(all).sorted().last)
    var filters = [SequenceFilter(), SequenceFilter(), SequenceFilter(), SequenceFilter()]
    filters[0].outcomes = [.abandoned]
    filters[1].levels = [.cart, .browse]
    filters[2].actor = Array(actor.utf8)
    filters[3].since = start
    for filter in filters {
      let expected = try compute(runs, filter: filter, formats: Self.formats)
      #expect(try written(kept, filter) == expected)
    }
  }

  private func microseconds(_ text: String) -> Int64? {
    Array(text.utf8).withUnsafeBytes { parseRFC3339($0) }
  }

  private func startTimes(_ computed: Computed) throws -> [Int64] {
    try jsonLines(computed.rows).compactMap { ($0["started_at"] as? String).flatMap(microseconds) }
  }
}

/// What stops an update, and what does not fit.
@Suite struct `A kept state` {
  private static let lines = naiveLines(ofFile: hostileLines(seed: 5, count: 90))
  /// Visitors who come, come again, and log in; three of them as the same customer.
  private static let visits = (0..<90).map { number in
    let visitor = number * number % 41
    let customer = number % 28 == 27 ? "shared" : "c\(visitor)"
    let login = number % 7 == 6 ? ",\"customer_id\":\"\(customer)\"" : ""
    return event(
      "\(number)", number % 5 == 4 ? "cart.item.added" : "product.viewed",
      "2026-03-\(10 + number / 12)T1\(number % 10):00:00Z",
      "\"visitor_id\":\"v\(visitor)\",\"item_id\":\"i\"\(login)")
  }

  /// An update fails at each of its calls in turn: one that writes the state whole, and one that
  /// writes what changed after other changes.
  @Test(arguments: [SimulatedFileSystem.Fault.crash, .noSpace, .failure, .shortRead], [45, 86])
  func `survives a fault at any call`(fault: SimulatedFileSystem.Fault, count: Int) throws {
    let options = SequenceOptions()
    let lines = count == 45 ? Self.lines : Self.visits
    let before = count == 45 ? [count] : [80, 83, count]
    let whole = layout(lines, parts: 2)
    let expected = try compute(whole, options, formats: `Kept sequences`.formats)
    var call = 0
    while true {
      let files = SimulatedFileSystem(directory: "/kept", seed: UInt64(call))
      for count in before {
        _ = try update(files, layout(Array(lines[..<count]), parts: 1), options)
      }
      let state = files.bytes("/kept/at/state")
      files.schedule([call: fault])
      let isThrough: Bool
      do {
        _ = try update(files, whole, options)
        isThrough = files.callCount <= call
      } catch {
        isThrough = false
      }
      if isThrough { #expect((files.bytes("/kept/at/state") == state) == (before.count > 1)) }
      if fault == .crash { files.restart() } else { files.schedule([:]) }
      let kept = try update(files, whole, options)
      #expect(kept.report.rebuilt == nil, "call \(call)")
      #expect(try written(kept) == expected, "call \(call)")
      if isThrough { break }
      call += 1
    }
    #expect(call > 15)
  }

  @Test func `is made anew where it does not fit, and says why`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let runs = layout(Self.lines, parts: 1)
    var options = SequenceOptions()
    #expect(try update(files, runs, options).report.rebuilt == nil)
    options.hubLimit = 2
    try expectAnew(files, runs, options, "other options")
    try expectAnew(files, runs, options, ledger: "other", "another ledger")
    let fewer = layout(Array(Self.lines[..<20]), parts: 1)
    try expectAnew(files, fewer, options, ledger: "other", "not those")
    let others = layout(Self.lines.reversed(), parts: 1)
    try expectAnew(files, others, options, ledger: "other", "not those")
    try expectAnew(files, runs, options, ledger: "other", "not those")
    let name = try #require(try files.list("/kept/at").first { $0.hasPrefix("rows-") })
    try files.remove("/kept/at/" + name)
    try expectAnew(files, runs, options, ledger: "other", "missing")
    files.flip("/kept/at/state", byte: 100)
    try expectAnew(files, runs, options, ledger: "other", "damaged")
    files.flip("/kept/at/state", byte: 3)
    try expectAnew(files, runs, options, ledger: "other", "another version")
    #expect(try files.list("/kept/at").count == 4)
  }

  @Test func `with fewer renderings than asked for is made anew with all`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let runs = layout(Self.lines, parts: 1)
    let options = SequenceOptions()
    _ = try update(files, runs, options, formats: [.csv])
    let kept = try update(files, runs, options, formats: [.ndjson])
    #expect(kept.report.rebuilt?.contains("format") == true)
    let both = try written(kept, formats: [.csv, .ndjson])
    #expect(try both == compute(runs, options, formats: [.csv, .ndjson]))
  }

  @Test func `whose events or rows are damaged never gives wrong rows`() throws {
    let options = SequenceOptions()
    let half = layout(Array(Self.lines[..<45]), parts: 1)
    let whole = layout(Self.lines, parts: 1)
    let expected = try compute(whole, options, formats: `Kept sequences`.formats)
    for kind in ["events-", "rows-"] {
      for byte in stride(from: 0, to: 6_000, by: 97) {
        let files = SimulatedFileSystem(directory: "/kept")
        _ = try update(files, half, options)
        let name = try #require(try files.list("/kept/at").first { $0.hasPrefix(kind) })
        files.flip("/kept/at/" + name, byte: byte, bit: byte % 8)
        let kept = try update(files, whole, options)
        do {
          #expect(try written(kept) == expected, "byte \(byte) of \(name)")
        } catch is KeptStateUnusable {}
      }
    }
  }

  @Test func `is written whole now and then, other updates write what changed`() throws {
    for lines in [Self.lines, Self.visits] {
      let files = SimulatedFileSystem(directory: "/kept")
      let left = try steps(files, lines, Array(1...90))
      #expect(left.contains(true) && left.dropFirst().contains(false))
      let kept = try update(files, layout(lines, parts: 2), SequenceOptions())
      #expect(kept.report.rebuilt == nil)
      #expect(kept.report.newRowCount == lines.count - 90)
    }
  }

  /// What happens to a file of changes, and what the next update says of it.
  @Test(arguments: [(false, "damaged"), (true, "missing")])
  func `whose changes are damaged or gone is made anew`(isRemoved: Bool, why: String) throws {
    for place in 0..<3 {
      let files = SimulatedFileSystem(directory: "/kept")
      #expect(try steps(files, Self.visits, [78, 81, 84, 87]) == [false, true, true, true])
      let names = try deltas(files)
      try #require(names.count == 3)
      let path = "/kept/at/" + names[place]
      if isRemoved {
        try files.remove(path)
      } else {
        files.flip(path, byte: 9 + 40 * place)
      }
      let runs = layout(Self.visits, parts: 1)
      if isRemoved && place == 2 {
        // Without the last one it is the state before that.
        let kept = try update(files, runs, SequenceOptions())
        #expect(kept.report.newRowCount == Self.visits.count - 84)
        #expect(
          try written(kept) == compute(runs, SequenceOptions(), formats: `Kept sequences`.formats))
      } else {
        try expectAnew(files, runs, SequenceOptions(), why)
      }
    }
  }

  @Test func `does not take the changes of another one`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    _ = try steps(files, Self.visits, [78, 81, 84, 87])
    let others = SimulatedFileSystem(directory: "/kept")
    _ = try steps(others, Self.visits, [75, 81, 84, 87])
    let name = try #require(try deltas(files).first)
    let bytes = try #require(others.bytes("/kept/at/" + name))
    try files.remove("/kept/at/" + name)
    let file = try files.create("/kept/at/" + name)
    try bytes.withUnsafeBytes { try file.write($0) }
    try file.close()
    try expectAnew(files, layout(Self.visits, parts: 1), SequenceOptions(), "belongs to another")
  }

  /// So many lines, then so many, each an update; after each, whether `state` was left alone.
  private func steps(
    _ files: SimulatedFileSystem, _ lines: [[UInt8]], _ counts: [Int]
  ) throws -> [Bool] {
    var left: [Bool] = []
    for count in counts {
      let before = files.bytes("/kept/at/state")
      let runs = layout(Array(lines.prefix(count)), parts: 1)
      let kept = try update(files, runs, SequenceOptions())
      #expect(kept.report.rebuilt == nil)
      #expect(
        try written(kept) == compute(runs, SequenceOptions(), formats: `Kept sequences`.formats))
      left.append(before != nil && files.bytes("/kept/at/state") == before)
    }
    return left
  }

  /// The files of changes that lie there, in the order of their updates.
  private func deltas(_ files: SimulatedFileSystem) throws -> [String] {
    try files.list("/kept/at").filter { $0.hasPrefix("delta-") }.sorted()
  }

  @Test func `is held by one at a time`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let runs = layout(Self.lines, parts: 1)
    let kept = try update(files, runs, SequenceOptions())
    #expect(throws: FileError.self) { try update(files, runs, SequenceOptions()) }
    #expect(try written(kept).counts.accepted == kept.report.newRowCount)
  }

  private func expectAnew(
    _ files: SimulatedFileSystem, _ runs: [any EventRun], _ options: SequenceOptions,
    ledger: String = "ledger", _ why: String
  ) throws {
    let kept = try update(files, runs, options, ledger: ledger)
    #expect(kept.report.rebuilt?.contains(why) == true, "\(kept.report.rebuilt ?? "kept") \(why)")
    #expect(try written(kept) == compute(runs, options, formats: `Kept sequences`.formats))
  }
}

private func keptOptions(_ seed: UInt64) throws -> SequenceOptions {
  var options = try SequenceOptions(parsing: hostileOptions(seed: seed).json, file: "options")
  options.asOf = nil
  return options
}
