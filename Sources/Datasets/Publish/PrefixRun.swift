import Events

/// The first rows of a run: what a ledger held at an earlier moment.
struct PrefixRun: EventRun {
  private let run: any EventRun
  let rowCount: Int

  /// - Shape: `first` is the ledger offset of the run's first row; rows from `end` on are hidden.
  init(_ run: any EventRun, first: Int64, end: Int64) {
    self.run = run
    rowCount = Int(max(0, min(Int64(run.rowCount), end - first)))
  }

  func open(_ columns: EventColumnSet) throws -> any OpenEventRun { try run.open(columns) }
}
