import Bytes
import Events
import Files
import Foundation
import NaiveSequences
import Testing

@testable import Sequences

/// A run whose batches come with strings of their own, some of them twice, as those columns do that
/// are stored without a dictionary.
private struct RunWithoutDictionaries: EventRun, OpenEventRun {
  var columns: EventColumns
  var batchRowCount: Int

  var rowCount: Int { columns.count }

  func open(_ columns: EventColumnSet) -> any OpenEventRun { self }

  var dictionaries: EventColumns {
    var none = EventColumns()
    none.topic.isShared = false
    none.source.isShared = false
    none.lineItemID.isShared = false
    for column in none.ids.indices { none.ids[column].isShared = false }
    return none
  }

  func scan(
    _ rows: Range<Int>, _ columns: EventColumnSet, _ body: (EventColumns) throws -> Void
  ) throws {
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: batchRowCount) {
      let last = min(first + batchRowCount, rows.upperBound)
      var batch = self.columns.rows(first..<last)
      batch.topic = batch.topic.picking(0..<batch.count)
      batch.source = batch.source.picking(0..<batch.count)
      batch.lineItemID = batch.lineItemID.picking(0..<batch.lineItemID.codes.count)
      batch.ids = batch.ids.map { $0.picking(0..<batch.count) }
      try body(batch)
    }
  }
}

@Suite struct `Links` {
  private static let formats: [SequenceOutput.Format] = [.ndjson, .csv, .stepsCSV, .parquet]

  @Test(arguments: 0..<12)
  func `do not depend on dictionaries, batches or memory`(seed: UInt64) throws {
    let (json, naiveOptions) = hostileOptions(seed: seed)
    let options = try SequenceOptions(parsing: json, file: "options")
    let lines = naiveLines(
      ofFile: hostileLines(seed: seed, count: 400, options: naiveOptions))
    let whole = EventColumns([decoded(naiveFile(ofLines: lines))])
    let expected = try compute(layout(lines, parts: 1), options, formats: Self.formats)
    for (place, memoryByteLimit) in [1, 8 << 10, 512 << 20].enumerated() {
      let parts = [7, 3, 1][place]
      var runs: [any EventRun] = layout(lines, parts: parts)
      for part in stride(from: 0, to: parts, by: 2) {
        runs[part] = RunWithoutDictionaries(
          columns: whole.rows(
            whole.count * part / parts..<whole.count * (part + 1) / parts),
          batchRowCount: 1 + Int(seed) * 7)
      }
      let found = try compute(
        runs, options, formats: Self.formats,
        Circumstances(threads: 3, memoryByteLimit: memoryByteLimit))
      #expect(found == expected, "\(memoryByteLimit) bytes, \(parts) runs, seed \(seed)")
    }
  }

  @Test(arguments: [0, 1 << 10, 1 << 30])
  func `number ids by the order of their bytes, whatever the buckets`(byteCount: Int) throws {
    var random = SplitMix64(seed: 7)
    let units = (0..<9).map { _ in
      (0..<random.below(900)).map { _ in
        Array("id-\(random.below(2_000))".utf8) + Array(repeating: 0, count: random.below(3))
      }
    }
    let sorted = Set(units.joined()).sorted { $0.lexicographicallyPrecedes($1) }
    for bucketCount in [1, 4, 64] {
      try withSpillFile { file in
        let memory = SpillMemory(budget: SpillBudget(byteCount: byteCount), file: file)
        let ids = IDUnits(
          runCount: 4, taskCount: 5, bucketCount: bucketCount, memory: memory, codeMemory: memory)
        for (unit, strings) in units.enumerated() {
          var column = ByteStrings()
          for string in strings { column.append(string) }
          try ids.add(column, to: unit)
        }
        for bucket in 0..<bucketCount { try ids.number(bucket, isSorted: true) }
        let texts = try ids.sort(namesIn: memory)
        for unit in units.indices { try ids.assemble(unit) }
        ids.endNumbering()
        var reader = TextReader(texts)
        #expect(texts.count == sorted.count)
        for (index, string) in sorted.enumerated() {
          #expect(Array(try reader.text(UInt32(index))) == string)
        }
        for (unit, strings) in units.enumerated() {
          #expect(try ids.codes(unit).map { sorted[Int($0)] } == strings)
        }
      }
    }
  }

  /// Few people, orders and carts, so that nearly every event has the ids of an earlier one; times
  /// of a minute or of two seconds, so that many arrive out of order or stand at one time. Half of
  /// the seeds have one topic, or no customers, so that ids decide between visitors.
  @Test(arguments: 0..<32)
  func `are those of all events where most bring no new ids together`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let topics = [
      "product.viewed", "cart.item.added", "order.created", "order.payment.succeeded", "x.other",
    ]
    let topicCount = seed & 1 == 0 ? 1 : topics.count
    let people = 2 + random.below(3)
    let lines = (0..<200).map { number -> [UInt8] in
      var data: [String] = []
      func add(_ name: String, of count: Int, unless share: Int) {
        if random.below(share) > 0 { data.append("\"\(name)\":\"\(name)\(random.below(count))\"") }
      }
      add("visitor_id", of: people, unless: 5)
      add("customer_id", of: 3, unless: seed & 4 == 0 ? 1 : 2)
      if random.below(3) == 0 { add("order_id", of: 2, unless: 3) }
      if random.below(3) == 0 { add("cart_id", of: 2, unless: 3) }
      let second = random.below(seed & 2 == 0 ? 2 : 60)
      let time = "2026-03-0\(1 + random.below(2))T10:00:\(second < 10 ? "0" : "")\(second)Z"
      return event(
        "e\(number * 7_919 % 1_000)", topics[random.below(topicCount)], time,
        data.joined(separator: ","))
    }
    var ledger = NaiveLedger()
    ledger.ingest(file: naiveFile(ofLines: lines))
    for hubLimit in [1, 2, 10] {
      var naiveOptions = NaiveOptions()
      naiveOptions.hubLimit = hubLimit
      let expected = naiveSequences(ledger.events, naiveOptions)
      var options = SequenceOptions()
      options.hubLimit = hubLimit
      for (parts, memoryByteLimit) in [(1, 512 << 20), (3, 512 << 20), (2, 1)] {
        let found = try compute(
          layout(lines, parts: parts), options,
          Circumstances(threads: 2, memoryByteLimit: memoryByteLimit))
        #expect(text(found.rows) == text(expected.rows), "seed \(seed), hub limit \(hubLimit)")
      }
    }
  }

  @Test func `find names that are kept in memory`() throws {
    let names = (0..<5_000).map { Array("name \($0 * 7)".utf8) }
      .sorted { $0.lexicographicallyPrecedes($1) }
    try withSpillFile { file in
      let budget = SpillBudget(byteCount: Int.max)
      var writer = SortedTextsWriter(SpillMemory(budget: budget, file: file))
      for name in names { try name.withUnsafeBytes { try writer.append($0) } }
      let texts = try writer.finish()
      for (index, name) in names.enumerated() {
        #expect(name.withUnsafeBytes { texts.find($0) } == UInt32(index))
        #expect(Array(texts[UInt32(index)]) == name)
      }
      #expect(Array("nobody".utf8).withUnsafeBytes { texts.find($0) } == InternTable.absent)
    }
  }

  private func withSpillFile(_ body: (SpillFile) throws -> Void) throws {
    let resources = testResources(Circumstances())
    let file = SpillFile(
      files: resources.files, directory: resources.spillDirectory, name: "test.spill")
    try body(file)
    try file.remove()
    _ = rmdir(resources.spillDirectory)
  }
}
