import Bytes
import Events
import NaiveSequences
import Sequences
import Testing

/// Explanations by look-ups against those by scans, on hostile events.
///
/// `SEEDS=1000` tries more, `SEED=n` one.
@Suite struct `Explanations by look-up` {
  private static let groupCount: UInt64 = 4

  @Test(arguments: 0..<groupCount)
  func `are those of a scan, for every id there is`(group: UInt64) throws {
    for seed in Seeds.chosen(usually: 24) where seed % Self.groupCount == group {
      let count = [12, 30, 60, 120][Int(seed / 4 % 4)]
      let (json, naiveOptions) = hostileOptions(seed: seed)
      let options = try SequenceOptions(parsing: json, file: "options of seed \(seed)")
      let lines = naiveLines(
        ofFile: hostileLines(seed: seed, count: count, options: naiveOptions))
      let runs = layout(lines, parts: seed % 3 == 0 ? 4 : 1)
      for subject in try subjects(runs) {
        let found = try explain(
          subject, in: runs, options: options, resources: testResources(Circumstances()))
        let expected = try explainByScan(
          subject, in: runs, options: options, resources: testResources(Circumstances()))
        guard found == expected else {
          Issue.record(
            """
            \(subject) of seed \(seed) with options \(text(json)):
            \(found)
            expected
            \(expected)
            \(text(naiveFile(ofLines: lines)))
            replay: SEED=\(seed) swift test --filter SequencesTests
            """)
          return
        }
      }
    }
  }

  /// Every id that the events name, and one of each kind that none names.
  private func subjects(_ runs: [any EventRun]) throws -> [ExplanationSubject] {
    let absent = Array("nobody-has-this".utf8)
    var subjects: [ExplanationSubject] = [
      .order(absent), .visitor(absent), .customer(absent), .event(absent),
    ]
    var events: Set<[UInt8]> = []
    var ids: [IDColumn: Set<[UInt8]>] = [:]
    for run in runs {
      try run.scan { batch in
        for row in 0..<batch.count {
          events.insert(Array(batch.eventID[row]))
          for column in [IDColumn.orderID, .visitorID, .customerID]
          where batch[column].codes[row] != CodedStrings.absent {
            ids[column, default: []].insert(
              Array(batch[column].dictionary[Int(batch[column].codes[row])]))
          }
        }
      }
    }
    func sorted(_ set: Set<[UInt8]>?) -> [[UInt8]] {
      (set ?? []).sorted { $0.lexicographicallyPrecedes($1) }
    }
    subjects += sorted(events).prefix(20).map { .event($0) }
    subjects += sorted(ids[.orderID]).map { .order($0) }
    subjects += sorted(ids[.visitorID]).map { .visitor($0) }
    subjects += sorted(ids[.customerID]).map { .customer($0) }
    return subjects
  }
}
