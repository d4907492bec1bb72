import Synchronization

/// A value that one thread at a time may touch.
///
/// - Concurrency: `@unchecked` because `value` is touched under `mutex` only; unlike `Mutex` it may
///   hold pointers and classes that never leave it.
final class Locked<Value: ~Copyable>: @unchecked Sendable {
  private let mutex = Mutex(())
  private var value: Value

  init(_ value: consuming Value) { self.value = value }

  func with<Result: ~Copyable>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    mutex._unsafeLock()
    defer { mutex._unsafeUnlock() }
    return try body(&value)
  }
}
