import Synchronization

/// One `run` of a pool: indices still to take, those under way, and the first failure.
///
/// A job that is still open gets more indices later; these are taken before what is left of the
/// first ones.
final class Job: Sendable {
  private struct State {
    var nextFirst = 0
    var nextAdded: Int
    var endIndex: Int
    var isOpen: Bool
    var activeCount = 0
    var failure: (index: Int, error: any Error)?

    var hasWork: Bool {
      failure == nil && (nextAdded < endIndex || nextFirst < firstCount)
    }
    var isDone: Bool { activeCount == 0 && !isOpen && !hasWork }
    let firstCount: Int
  }

  private let body: @Sendable (Int) throws -> Void
  private let state: Mutex<State>
  private let done = Gate()

  init(count: Int, isOpen: Bool = false, body: @escaping @Sendable (Int) throws -> Void) {
    state = Mutex(
      State(nextAdded: count, endIndex: count, isOpen: isOpen, firstCount: count))
    self.body = body
  }

  /// Adds the last indices of an open job.
  func close(adding count: Int) {
    let isDone = state.withLock { state in
      state.endIndex += count
      state.isOpen = false
      return state.isDone
    }
    if isDone { done.open() }
  }

  /// Takes indices until none is left.
  func work() {
    while let index = take() {
      do {
        try body(index)
      } catch {
        fail(index, error)
      }
      finishOne()
    }
  }

  var hasWork: Bool { state.withLock { $0.hasWork } }

  func waitUntilDone() { done.wait() }

  func firstError() -> (any Error)? { state.withLock { $0.failure?.error } }

  private func take() -> Int? {
    state.withLock { state in
      guard state.hasWork else { return nil }
      state.activeCount += 1
      if state.nextAdded < state.endIndex {
        defer { state.nextAdded += 1 }
        return state.nextAdded
      }
      defer { state.nextFirst += 1 }
      return state.nextFirst
    }
  }

  private func fail(_ index: Int, _ error: any Error) {
    state.withLock { state in
      if let failure = state.failure, failure.index < index { return }
      state.failure = (index, error)
    }
  }

  private func finishOne() {
    let isDone = state.withLock { state in
      state.activeCount -= 1
      return state.isDone
    }
    if isDone { done.open() }
  }
}
