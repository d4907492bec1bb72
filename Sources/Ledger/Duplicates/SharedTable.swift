import Threads

/// A table that tasks fill side by side.
///
/// - Concurrency: `@unchecked` because no two tasks touch the same element, and nobody else does
///   before all of them have ended.
struct SharedTable<Value: BitwiseCopyable>: @unchecked Sendable {
  let values: UnsafeMutableBufferPointer<Value>
}

extension Array where Element: BitwiseCopyable {
  /// Runs tasks that fill this array.
  mutating func fill(
    _ pool: WorkerPool, tasks: Int,
    _ body: @escaping @Sendable (_ task: Int, _ table: SharedTable<Element>) throws -> Void
  ) throws {
    try withUnsafeMutableBufferPointer { buffer in
      let table = SharedTable(values: buffer)
      try pool.run(tasks) { try body($0, table) }
    }
  }
}
