import Synchronization

/// Results of tasks that run at once, in the order of the tasks.
final class TaskResults<Value: Sendable>: Sendable {
  private let slots: Mutex<[Value]>

  init(count: Int, empty: Value) { slots = Mutex(Array(repeating: empty, count: count)) }

  func set(_ index: Int, _ value: Value) { slots.withLock { $0[index] = value } }

  var values: [Value] { slots.withLock { $0 } }
}
