import Bytes
import Events
import Threads

/// Finds rows of runs by the strings of a column, and reads few of them.
///
/// - Concurrency: its methods on one thread; they work on the pool. `@unchecked` because the runs
///   that are open are touched by one task a run at a time.
final class RowSearch: @unchecked Sendable {
  private let runs: [any EventRun]
  private let pool: WorkerPool
  private let opened: [Locked<(any EventRun)?>]

  init(_ runs: [any EventRun], _ pool: WorkerPool) {
    self.runs = runs
    self.pool = pool
    opened = runs.map { _ in Locked(nil) }
  }

  /// The run with its file open; of very many runs most are opened again each time.
  private func run(_ index: Int) throws -> any EventRun {
    guard index < Limits.openRunCount else { return try runs[index].opened() }
    return try opened[index].with { kept in
      if let kept { return kept }
      let run = try runs[index].opened()
      kept = run
      return run
    }
  }

  /// For every run the rows, ascending, that hold a wanted string in each column.
  func rows(
    _ wanted: [SearchedColumn: WantedStrings]
  ) throws -> [[SearchedColumn: [Int]]] {
    let found = runs.map { _ in Locked<[SearchedColumn: [Int]]>([:]) }
    let columns = Array(wanted)
    try pool.run(runs.count) { index in
      let run = try self.run(index)
      for (column, strings) in columns {
        let ranges = try run.candidateRows(strings, in: column)
        if ranges.isEmpty { continue }
        let rows = try run.open(column.columns).rows(of: ranges, holding: strings, in: column)
        if !rows.isEmpty { found[index].with { $0[column] = rows } }
      }
    }
    return found.map { $0.with { $0 } }
  }

  /// Reads rows, ascending, of some runs; each comes alone, with all its columns or some.
  func read(
    _ rows: [Int: [Int]], _ columns: EventColumnSet
  ) throws -> [Int: [EventColumns]] {
    let parts = Array(rows)
    let read = Locked<[Int: [EventColumns]]>([:])
    try pool.run(parts.count) { index in
      let (number, wanted) = parts[index]
      let run = try self.run(number).open(columns)
      var all: [EventColumns] = []
      all.reserveCapacity(wanted.count)
      for cluster in RowSearch.clusters(wanted) {
        var next = cluster.lowerBound
        let span = wanted[cluster.lowerBound]..<wanted[cluster.upperBound - 1] + 1
        var first = span.lowerBound
        try run.scan(span, columns) { batch in
          while next < cluster.upperBound, wanted[next] < first + batch.count {
            all.append(batch.row(wanted[next] - first))
            next += 1
          }
          first += batch.count
        }
      }
      read.with { $0[number] = all }
    }
    return read.with { $0 }
  }

  /// Neighbours that are read in one go: beginning anew costs a page of each column.
  private static func clusters(_ rows: [Int]) -> [Range<Int>] {
    var clusters: [Range<Int>] = []
    var first = 0
    for index in 1..<max(rows.count, 1)
    where rows[index] - rows[index - 1] > Limits.neighbourRowCount {
      clusters.append(first..<index)
      first = index
    }
    if !rows.isEmpty { clusters.append(first..<rows.count) }
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
  var dictionaries: EventColumns {
    var none = EventColumns()
    for column in none.ids.indices { none.ids[column].isShared = false }
    none.topic.isShared = false
    none.source.isShared = false
    none.lineItemID.isShared = false
    return none
  }

  func open(_ columns: EventColumnSet) -> any OpenEventRun { self }

  func scan(
    _ range: Range<Int>, _ columns: EventColumnSet, _ body: (EventColumns) throws -> Void
  ) throws {
    for row in range { try body(rows[row]) }
  }
}
