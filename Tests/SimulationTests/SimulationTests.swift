import Foundation
import Synchronization
import Testing
import Threads

/// Thousands of stories; `SEEDS=20000` tells more of them, `SEED=17` one of them aloud.
@Suite struct SubscriberSimulations {
  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  @Test func `whatever fails, every message is in the ledger exactly once`() throws {
    let only = Self.number("SEED")
    let count = only == nil ? Self.number("SEEDS") ?? 200 : 1
    let failures = Mutex<[String]>([])
    let totals = Mutex((crashes: 0, commits: 0, recreated: 0, lostTails: 0, merges: 0))
    try WorkerPool(threadCount: 2).run(Int(count)) { index in
      let seed = only ?? UInt64(index)
      let simulation = try Simulation(seed: seed)
      do {
        try simulation.run(stepCount: 60)
      } catch {
        failures.withLock { $0.append("seed \(seed): \(error)\n\(simulation.story)") }
      }
      totals.withLock { totals in
        totals.crashes += simulation.crashCount
        totals.commits += simulation.commitCount
        totals.recreated += simulation.recreatedCount
        totals.lostTails += simulation.lostTailCount
        totals.merges += simulation.mergeCount
      }
      if only != nil { print(simulation.story.joined(separator: "\n")) }
      if let first = simulation.problems.first {
        failures.withLock {
          $0.append(
            "seed \(seed), \(simulation.problems.count) problems: \(first)\n"
              + "again: SEED=\(seed) swift test --filter SubscriberSimulations")
        }
      }
    }
    for failure in failures.withLock({ $0 }).prefix(5) { Issue.record("\(failure)") }
    let all = totals.withLock { $0 }
    print(
      "\(count) seeds: \(all.commits) commits, \(all.crashes) restarts, \(all.recreated) streams "
        + "made anew, \(all.lostTails) tails lost, \(all.merges) merges")
    if only == nil {
      #expect(all.crashes > 0 && all.commits > 0 && all.recreated > 0 && all.lostTails > 0)
      #expect(all.merges > 0)
    }
  }
}
