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

/// Turns steps into tasks: one a lane and segment, the heaviest lanes first, so that the pool's
/// threads end together.
func laneTasks(
  _ steps: [AppendStep], _ batches: [EventBatch]
) -> [@Sendable () throws -> Void] {
  var segments: [OpenSegment] = []
  for step in steps where !segments.contains(where: { $0 === step.segment }) {
    segments.append(step.segment)
  }
  let heavy: [SegmentColumn] = [
    .message, .eventID, .id(.visitorID), .id(.itemID), .unitPrice, .topic,
  ]
  let columns = heavy + SegmentColumn.all.filter { !heavy.contains($0) }
  var tasks: [@Sendable () throws -> Void] = []
  for column in columns {
    for segment in segments {
      let own = steps.filter { $0.segment === segment }
      let lane = segment.lanes[column.index]
      tasks.append {
        for step in own { try lane.append(batches[step.batch], step.selection) }
      }
    }
  }
  return tasks
}
