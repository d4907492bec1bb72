import Bytes
import Events
import Threads

/// Finds rows of runs by the strings of a column, and reads few of them.
///
/// - Concurrency: `rows` and `read` on one thread, as they work on the pool; `latestTime` on any.
final class RowSearch: Sendable {
  private let runs: [any EventRun]
  private let pool: WorkerPool
  private let opened: [Locked<Opened>]

  /// What of a run is at hand: its file, and the dictionaries of columns read before.
  private struct Opened {
    var run: (any EventRun)?
    var columns: [(set: EventColumnSet, run: any OpenEventRun)] = []
  }

  init(_ runs: [any EventRun], _ pool: WorkerPool) {
    self.runs = runs
    self.pool = pool
    opened = runs.map { _ in Locked(Opened()) }
  }

  /// The run with its file open; of very many runs most are opened again each time.
  private func run(_ index: Int) throws -> any EventRun {
    guard index < Limits.openRunCount else { return try runs[index].opened() }
    return try opened[index].with { opened in
      if let kept = opened.run { return kept }
      let run = try runs[index].opened()
      opened.run = run
      return run
    }
  }

  /// The run ready to scan some columns; the next round asks for the same.
  private func open(_ index: Int, _ columns: EventColumnSet) throws -> any OpenEventRun {
    let run = try self.run(index)
    func known(_ opened: Opened) -> (any OpenEventRun)? {
      opened.columns.first { $0.set.isSuperset(of: columns) }?.run
    }
    if let kept = opened[index].with({ known($0) }) { return kept }
    // Without the lock: other columns of the run are read meanwhile.
    let open = try run.open(columns)
    return opened[index].with { opened in
      if let kept = known(opened) { return kept }
      if index < Limits.openRunCount { opened.columns.append((columns, open)) }
      return open
    }
  }

  /// For every run the rows, ascending, that hold a wanted string in each column.
  func rows(
    _ wanted: [SearchedColumn: WantedStrings]
  ) throws -> [[SearchedColumn: [Int]]] {
    let found = runs.map { _ in Locked<[SearchedColumn: [Int]]>([:]) }
    let columns = Array(wanted)
    let runCount = runs.count
    try pool.run(columns.count * runCount) { task in
      let index = task % runCount
      let (column, strings) = columns[task / runCount]
      let run = try self.run(index)
      let ranges = try run.candidateRows(strings, in: column)
      if ranges.isEmpty { return }
      let rows = try self.open(index, column.columns)
        .rows(of: ranges, holding: strings, in: column)
      if !rows.isEmpty { found[index].with { $0[column] = rows } }
    }
    return found.map { $0.with { $0 } }
  }

  /// Reads rows, ascending, of some runs; each comes alone, with all its columns or some.
  ///
  /// - Parameter columns: sets apart from each other, each of which is a task where rows lie.
  func read(
    _ rows: [Int: [Int]], _ columns: [EventColumnSet]
  ) throws -> [Int: [EventColumns]] {
    let parts = rows.flatMap { run, rows in
      RowSearch.clusters(rows).map { (run: run, cluster: $0) }
    }
    let read = (0..<parts.count * columns.count).map { _ in Locked<[EventColumns]>([]) }
    try pool.run(read.count) { task in
      let (run, cluster) = parts[task / columns.count]
      let place = task % columns.count
      // The first set's rows get the columns of the others.
      let rows = try self.read(
        cluster, of: run, columns[place], taking: place == 0 ? .all : columns[place])
      read[task].with { $0 = rows }
    }
    // Clusters of one run stand one after the other, in the order of its rows.
    var all: [Int: [EventColumns]] = [:]
    for (number, part) in parts.enumerated() {
      var whole: [EventColumns] = []
      for (place, set) in columns.enumerated() {
        let found = read[number * columns.count + place].with { $0 }
        if place == 0 {
          whole = found
        } else {
          for row in whole.indices { whole[row].take(set, from: found[row]) }
        }
      }
      all[part.run, default: []] += whole
    }
    return all
  }

  private func read(
    _ cluster: ArraySlice<Int>, of run: Int, _ columns: EventColumnSet, taking taken: EventColumnSet
  ) throws -> [EventColumns] {
    guard let first = cluster.first, let last = cluster.last else { return [] }
    var all: [EventColumns] = []
    all.reserveCapacity(cluster.count)
    var row = first
    var next = cluster.startIndex
    try open(run, columns).scan(first..<last + 1, columns) { batch in
      while next < cluster.endIndex, cluster[next] < row + batch.count {
        all.append(batch.row(cluster[next] - row, taken))
        next += 1
      }
      row += batch.count
    }
    return all
  }

  /// Neighbours that are read in one go: beginning anew costs a page of each column.
  private static func clusters(_ rows: [Int]) -> [ArraySlice<Int>] {
    var clusters: [ArraySlice<Int>] = []
    var first = 0
    for index in 1..<max(rows.count, 1)
    where rows[index] - rows[index - 1] > Limits.neighbourRowCount {
      clusters.append(rows[first..<index])
      first = index
    }
    if !rows.isEmpty { clusters.append(rows[first...]) }
    return clusters
  }

  /// The latest time of any event, as the contract reckons it; nil without events.
  ///
  /// - Cost: the runs' bounds, and the pages whose bound is beyond what was found.
  func latestTime() throws -> Int64? {
    var latest: Int64?
    let order = runs.indices.filter { runs[$0].rowCount > 0 }
      .sorted { runs[$0].latestOccurrence > runs[$1].latestOccurrence }
    for index in order {
      let bound = runs[index].latestOccurrence
      if let latest, bound <= latest { break }
      let run = try self.run(index)
      let open = try run.open(.times)
      // The page with the latest occurrence first: mostly it holds the latest time as well.
      for from in [bound, latest.map { $0 + 1 } ?? Int64.min] {
        let floor = max(from, latest.map { $0 + 1 } ?? Int64.min)
        for range in try run.candidateRows(occurredFrom: floor) {
          try open.scan(range, .times) { batch in
            for row in 0..<batch.count {
              let time = effectiveTime(
                occurredAt: batch.occurredAt[row], recordedAt: batch.recordedAt[row])
              latest = max(latest ?? time, time)
            }
          }
        }
      }
    }
    return latest
  }
}

/// Rows of a run, each with its ledger offset and strings of its own.
struct PickedRows: EventRun, OpenEventRun {
  let rows: [EventColumns]

  var rowCount: Int { rows.count }
  var dictionaries: EventColumns { .withoutSharedDictionaries }

  func open(_ columns: EventColumnSet) -> any OpenEventRun { self }

  func scan(
    _ range: Range<Int>, _ columns: EventColumnSet, _ body: (EventColumns) throws -> Void
  ) throws {
    for row in range { try body(rows[row]) }
  }
}
