import Synchronization

/// One `run` of a pool: indices still to take, those under way, and the first failure.
final class Job: Sendable {
  private struct State {
    var nextIndex = 0
    var activeCount = 0
    var failure: (index: Int, error: any Error)?
  }

  private let count: Int
  private let body: @Sendable (Int) throws -> Void
  private let state = Mutex(State())
  private let done = Gate()

  init(count: Int, body: @escaping @Sendable (Int) throws -> Void) {
    self.count = count
    self.body = body
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

  func waitUntilDone() { done.wait() }

  func firstError() -> (any Error)? { state.withLock { $0.failure?.error } }

  private func take() -> Int? {
    state.withLock { state in
      guard state.nextIndex < count, state.failure == nil else { return nil }
      defer { state.nextIndex += 1 }
      state.activeCount += 1
      return state.nextIndex
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
      return state.activeCount == 0 && (state.nextIndex == count || state.failure != nil)
    }
    if isDone { done.open() }
  }
}
