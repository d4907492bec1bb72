/// What each task of a scan wrote down, in parts of whole rows.
final class TaskRows: Sendable {
  private let memory: SpillMemory
  private let parts: Locked<[[SpilledBytes]]>

  init(taskCount: Int, memory: SpillMemory) {
    self.memory = memory
    parts = Locked(Array(repeating: [], count: taskCount))
  }

  /// Puts rows of a task away, which are gone from `rows` then.
  func keep(_ rows: inout OutputBytes, of task: Int) throws {
    if rows.count == 0 { return }
    let kept = try memory.keep(rows.bytes)
    parts.with { $0[task].append(kept) }
    rows.count = 0
  }

  /// Hands over a task's rows, which are forgotten then.
  func take(of task: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let taken = parts.with { parts in
      let taken = parts[task]
      parts[task] = []
      return taken
    }
    for part in taken {
      try part.withBytes(of: memory.file, body)
      memory.forget(part)
    }
  }

  /// Forgets all rows.
  func removeAll() throws {
    let all = parts.with { parts in
      let all = parts
      parts = Array(repeating: [], count: all.count)
      return all
    }
    for part in all.joined() { memory.forget(part) }
    try memory.file.remove()
  }
}
