import Events
import Parquet
import Synchronization

/// What is left to do for some batches after their rows got their offsets: tasks that may run at
/// once, in any order, on any threads.
///
/// - Concurrency: run every task exactly once before the writer is used again.
package final class AppendPlan: Sendable {
  /// What became of the rows; final already.
  package let counts: AppendCounts
  private let tasks: [@Sendable () throws -> Void]
  private let progress = Mutex(Progress())

  private struct Progress {
    var doneCount = 0
    var hasFailed = false
  }

  init(counts: AppendCounts, tasks: [@Sendable () throws -> Void]) {
    self.counts = counts
    self.tasks = tasks
  }

  /// How many tasks there are; the first ones take longest.
  package var taskCount: Int { tasks.count }

  /// Runs one task.
  package func run(_ index: Int) throws {
    do {
      try tasks[index]()
      progress.withLock { $0.doneCount += 1 }
    } catch {
      progress.withLock { $0.hasFailed = true }
      throw error
    }
  }

  /// Whether all tasks have run and none has failed.
  var isDone: Bool {
    progress.withLock { !$0.hasFailed && $0.doneCount == tasks.count }
  }
}

/// The rows that one batch gives to one segment.
struct AppendStep: Sendable {
  let segment: OpenSegment
  let batch: Int
  let selection: RowSelection
}

/// Columns that one task feeds, batch by batch: the bytes of a batch are still in the nearest
/// caches when the next column asks for them. The heaviest groups come first, so that the pool's
/// threads end together.
private let laneGroups: [[SegmentColumn]] = [
  [.message],
  [.eventID, .topic, .source, .origin],
  [.id(.itemID), .id(.channel), .id(.campaignID), .id(.creativeID), .id(.currency)],
  [
    .id(.visitorID), .id(.customerID), .id(.sessionID), .id(.cartID), .id(.orderID),
    .id(.paymentID),
  ],
  [
    .occurredAt, .recordedAt, .position, .ledgerOffset, .quantity, .unitPrice, .amount,
    .lineItemID, .lineQuantity, .lineUnitPrice,
  ],
]

/// Turns steps into tasks: one a group of lanes and segment.
func laneTasks(
  _ steps: [AppendStep], _ batches: [EventBatch]
) -> [@Sendable () throws -> Void] {
  var segments: [OpenSegment] = []
  for step in steps where !segments.contains(where: { $0 === step.segment }) {
    segments.append(step.segment)
  }
  var tasks: [@Sendable () throws -> Void] = []
  for group in laneGroups {
    for segment in segments {
      let own = steps.filter { $0.segment === segment }
      let lanes = group.map { segment.lanes[$0.index] }
      tasks.append {
        // A batch by its address: its seventy arrays would be retained and released a lane.
        try batches.withUnsafeBufferPointer { batches in
          guard let base = batches.baseAddress else { return }
          for step in own {
            for lane in lanes { try lane.append(base + step.batch, step.selection) }
          }
        }
      }
    }
  }
  return tasks
}
