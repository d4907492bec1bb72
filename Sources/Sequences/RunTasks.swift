import Events

/// Runs cut into ranges of rows, the unit of parallel work: a few segments of a million rows each
/// would keep some threads waiting for others.
struct RunTasks: Sendable {
  struct Task: Sendable {
    var run: Int
    /// Empty: only make the run ready, before others need it.
    var rows: Range<Int>
    /// Counts those with rows, run by run: the same for the same runs and some that follow them.
    var number = 0
  }

  private(set) var tasks: [Task] = []
  /// How many have rows.
  private(set) var numberCount = 0

  /// - Parameter rowCount: rows of a task, at most.
  init(_ runs: [any EventRun], rowCount: Int = Limits.taskRowCount) {
    for (number, run) in runs.enumerated() {
      var cuts = stride(from: 0, to: run.rowCount, by: rowCount).map { first in
        defer { numberCount += 1 }
        return Task(
          run: number, rows: first..<min(first + rowCount, run.rowCount), number: numberCount)
      }
      // The next run's dictionaries are read while this one's rows are still worked on.
      if number + 1 < runs.count {
        cuts.insert(Task(run: number + 1, rows: 0..<0), at: cuts.count / 2)
      }
      tasks += cuts
    }
  }

  var count: Int { tasks.count }

  subscript(index: Int) -> Task { tasks[index] }
}

/// What all tasks of one run share, made by the first and dropped after the last.
final class SharedRuns<State: Sendable>: Sendable {
  private struct Slot {
    var state: State?
    var tasksLeft = 0
  }

  private let slots: [Locked<Slot>]

  init(_ tasks: RunTasks, runCount: Int) {
    var counts = Array(repeating: 0, count: runCount)
    for task in tasks.tasks { counts[task.run] += 1 }
    slots = counts.map { Locked(Slot(tasksLeft: $0)) }
  }

  /// Runs one task with the state of its run.
  func with(
    _ run: Int, make: () throws -> State, _ body: (State) throws -> Void
  ) throws {
    let state = try slots[run].with { slot in
      if let state = slot.state { return state }
      let state = try make()
      slot.state = state
      return state
    }
    try body(state)
    slots[run].with { slot in
      slot.tasksLeft -= 1
      if slot.tasksLeft == 0 { slot.state = nil }
    }
  }
}
