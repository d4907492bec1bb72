import ConfigurationFiles
import Events
import Foundation
import NaiveSequences
import Sequences
import Testing

/// The engine against the naive implementation, on hostile events, under changing circumstances.
///
/// `SEEDS=10000` tries more, `SEED=n` one; a failure prints the fewest lines that still differ.
@Suite struct `The engine and the naive implementation` {
  private static let groupCount: UInt64 = 8

  /// Groups of seeds, so that all cores take part.
  @Test(arguments: 0..<groupCount)
  func `agree on hostile events, byte for byte`(group: UInt64) throws {
    for seed in Seeds.chosen(usually: 200) where seed % Self.groupCount == group {
      let difference = try difference(seed)
      if let difference {
        Issue.record("\(difference)")
        break
      }
    }
  }

  /// What differs for a seed, as small as it can be made, or nil.
  private func difference(_ seed: UInt64) throws -> String? {
    let count = [12, 20, 30, 40, 60][Int(seed % 5)]
    let (json, naiveOptions) = hostileOptions(seed: seed)
    let options = try SequenceOptions(parsing: json, file: "options of seed \(seed)")
    let file = hostileLines(seed: seed, count: count, options: naiveOptions)
    let lines = naiveLines(ofFile: file)
    if try agrees(lines, options, naiveOptions, seed) { return nil }
    let fewest = try shrunk(lines) { try !agrees($0, options, naiveOptions, seed) }
    let found = try engine(fewest, options, seed)
    let expected = naive(fewest, naiveOptions)
    return """
      seed \(seed) with options \(text(json)):
      \(text(naiveFile(ofLines: fewest)))
      counts found \(found.counts)
      counts expected \(expected.accepted) \(expected.unattributed) \(expected.orphans)
      \(firstDifference(text(found.rows), text(expected.rows)))
      replay: SEED=\(seed) swift test --filter SequencesTests
      """
  }

  private func agrees(
    _ lines: [[UInt8]], _ options: SequenceOptions, _ naiveOptions: NaiveOptions, _ seed: UInt64
  ) throws -> Bool {
    let found = try engine(lines, options, seed)
    let expected = naive(lines, naiveOptions)
    return found.rows == expected.rows && found.counts.accepted == expected.accepted
      && found.counts.unattributed == expected.unattributed
      && found.counts.orphans == expected.orphans
  }

  private func naive(_ lines: [[UInt8]], _ options: NaiveOptions) -> NaiveResult {
    var ledger = NaiveLedger()
    ledger.ingest(file: naiveFile(ofLines: lines))
    return naiveSequences(ledger.events, options)
  }

  /// Every third seed cuts the events into several runs, every fourth has hardly any memory.
  private func engine(
    _ lines: [[UInt8]], _ options: SequenceOptions, _ seed: UInt64
  ) throws -> Computed {
    let runs = layout(lines, parts: seed % 3 == 0 ? 4 : 1)
    return try compute(
      runs, options,
      Circumstances(
        threads: seed % 2 == 0 ? 1 : 3, memoryByteLimit: seed % 4 == 1 ? 1 : 512 << 20))
  }
}

/// Events cut into runs; redeliveries and conflicts are settled before the cut.
func layout(_ lines: [[UInt8]], parts: Int) -> [any EventRun] {
  let whole = EventColumns([decoded(naiveFile(ofLines: lines))])
  return (0..<parts).map { part in
    Run(
      columns: whole.rows(
        whole.count * part / parts..<whole.count * (part + 1) / parts))
  }
}

/// Rows at hand as a run, in batches of a few.
struct Run: EventRun {
  var columns: EventColumns
  var batchRowCount = 50

  var rowCount: Int { columns.count }

  func open(_ columns: EventColumnSet) -> any OpenEventRun {
    OpenRows(columns: self.columns, batchRowCount: batchRowCount)
  }
}

/// Seeds to try, from the environment.
enum Seeds {
  static func chosen(usually count: Int) -> [UInt64] {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SEED"].flatMap({ UInt64($0) }) { return [seed] }
    let wanted = environment["SEEDS"].flatMap { Int($0) } ?? count
    return (0..<UInt64(max(wanted, 0))).map { $0 }
  }
}
