import Bytes
import Events
import NaiveSequences
import Sequences
import Testing

/// The law above the rest: the result depends on the set of events and the options alone.
@Suite struct `Sequences as a function of the set of events` {
  private static let formats: [SequenceOutput.Format] = [.ndjson, .csv, .stepsCSV, .parquet]

  @Test(arguments: 0..<6)
  func `do not depend on arrival, layout, threads or memory`(seed: UInt64) throws {
    let options = try SequenceOptions(parsing: hostileOptions(seed: seed).json, file: "options")
    let file = hostileLines(
      seed: seed, count: 120, options: hostileOptions(seed: seed).options)
    let lines = naiveLines(ofFile: file)
    let expected = try compute(
      layout(lines, parts: 1), options, formats: Self.formats, Circumstances())
    var random = SplitMix64(seed: seed)
    for threads in [1, 2, 5] {
      for memoryByteLimit in [1, 1 << 20, 1 << 30] {
        let shuffled = random.shuffled(lines)
        let parts = 1 + random.below(9)
        let found = try compute(
          layout(shuffled, parts: parts), options, formats: Self.formats,
          Circumstances(threads: threads, memoryByteLimit: memoryByteLimit))
        #expect(
          found == expected,
          "\(threads) threads, \(memoryByteLimit) bytes, \(parts) runs, seed \(seed)")
      }
    }
  }

  @Test func `do not depend on which other renderings are made`() throws {
    let runs = layout(naiveLines(ofFile: hostileLines(seed: 3, count: 200)), parts: 2)
    let together = try compute(runs, formats: Self.formats)
    for (place, format) in Self.formats.enumerated() {
      #expect(try compute(runs, formats: [format]).texts == [together.texts[place]])
    }
  }

  @Test func `of no events are no rows but whole files`() throws {
    let found = try compute([], formats: Self.formats)
    #expect(found.rows.isEmpty)
    #expect(found.counts == SequenceCounts())
    #expect(text(found.texts[1]).hasPrefix("sequence_id,"))
    #expect(found.texts[3].starts(with: Array("PAR1".utf8)))
  }
}

@Suite struct `Sessions` {
  @Test(arguments: 0..<24)
  func `are those of the naive implementation`(seed: UInt64) throws {
    let (json, naiveOptions) = hostileOptions(seed: seed)
    let options = try SequenceOptions(parsing: json, file: "options")
    let lines = naiveLines(ofFile: hostileLines(seed: seed, count: 60, options: naiveOptions))
    var ledger = NaiveLedger()
    ledger.ingest(lines: lines)
    let expected = naiveSessions(ledger.events, naiveOptions).map { session in
      "\(text(session.actor))|\(session.number)|\(text(NaiveTime.text(session.startedAt)))|"
        + "\(text(NaiveTime.text(session.endedAt)))|\(session.eventIDs.count)|"
        + "\(text(session.eventIDs.first ?? []))|\(text(session.eventIDs.last ?? []))"
    }
    let found = try sessions(layout(lines, parts: 3), options)
    #expect(found == expected)
  }

  /// Rows as text, without ids, channels and campaigns.
  private func sessions(
    _ runs: [any EventRun], _ options: SequenceOptions
  ) throws -> [String] {
    let collected = Collected()
    let resources = testResources(Circumstances(threads: 2))
    _ = try computeSessions(
      of: runs, options: options,
      outputs: [SessionOutput(.ndjson, to: { collected.sink($0) })], resources: resources)
    return try jsonLines(collected.all).map { row in
      let fields = [
        "actor", "session", "started_at", "ended_at", "events", "first_event_id",
        "last_event_id",
      ]
      return fields.map { "\(row[$0] ?? "")" }.joined(separator: "|")
    }
  }
}
