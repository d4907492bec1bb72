import Events
import Parquet
import Threads

extension LedgerWriter {
  /// Takes the fresh rows into the open segment again, as the writer had them before it stopped.
  ///
  /// - Cost: a segment's worth of rows at most, so seconds; frames of a few megabytes at once.
  func replayFresh(_ state: CatalogState) throws {
    let rows = try FreshRows(files, directory, state)
    guard rows.rowCount > 0 else { return }
    var round = Round()
    try rows.forEachBatch(hashSeed: identity.hashSeed) { batch, rows, _ in
      round.add(batch, rows)
      if round.byteCount >= Limits.freshFrameTextByteCount {
        try replay(round)
        round = Round()
      }
    }
    try replay(round)
    guard endOffset == rows.endOffset else {
      throw LedgerError.damaged(
        path: directory.folder(.fresh),
        detail: "its rows end at offset \(endOffset), the ledger at \(rows.endOffset)")
    }
  }

  /// Batches that are replayed at once, so that all threads have work.
  private struct Round {
    var batches: [EventBatch] = []
    /// Rows that are in a segment already, to be passed over.
    var verdicts: [[Verdict]] = []
    var rowCount = 0
    var byteCount = 0

    mutating func add(_ batch: EventBatch, _ rows: Range<Int>) {
      batches.append(batch)
      verdicts.append(
        (0..<batch.count).filter { !rows.contains($0) }
          .map { Verdict(row: $0, isSameMessage: true) })
      rowCount += rows.count
      byteCount += batch.text.count
    }
  }

  private func replay(_ round: Round) throws {
    let waiting = waitingTasks()
    var planner = RowPlanner(options, messageCompressor, current: current, sealing: sealing)
    for (number, batch) in round.batches.enumerated() {
      try planner.plan(batch, index: number, origin: [], verdicts: round.verdicts[number])
    }
    current = planner.current
    sealing = planner.sealing
    guard planner.counts.accepted == round.rowCount else {
      throw LedgerError.damaged(
        path: directory.folder(.fresh), detail: "it names an event twice")
    }
    let tasks = laneTasks(planner.steps, round.batches) + waiting
    try pool.run(tasks.count) { try tasks[$0]() }
  }
}
