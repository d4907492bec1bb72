import Bytes

/// Merges what updates left: rows that later ones replaced, events in many small chunks.
struct KeptMerging {
  private let folder: KeptFolder
  private let state: KeptState

  init(_ folder: KeptFolder, _ state: KeptState) {
    self.folder = folder
    self.state = state
  }

  /// Merges what is worth it; false where nothing is.
  func run() throws -> Bool {
    let hasGrown = state.rowByteCount > state.mergedByteCount * Int64(Limits.keptRowGrowth)
    let mergesRows = hasGrown || state.runs.count > Limits.keptRunCount
    let eventByteCount = state.files.reduce(0) { sum, file in
      sum + (file.key.hasPrefix("events-") ? Int64(file.value) : 0)
    }
    let mergesEvents =
      state.components.totals.chunkCount > state.components.count * Limits.keptChunkGrowth
      || eventByteCount > state.components.totals.chunkByteCount * Int64(Limits.keptEventGrowth)
    if !mergesRows && !mergesEvents { return false }
    state.number += 1
    if mergesRows { try mergeRows() }
    if mergesEvents { try mergeEvents() }
    return true
  }

  private func mergeRows() throws {
    let file = try KeptFile(
      folder.files, folder.path, KeptState.rowFile(state.number), number: state.number)
    let sink = KeptRunSink(file)
    let horizon = state.horizon ?? 0
    let formatCount = state.formats.count
    var merge = try KeptRowMerge(state.readers(in: folder))
    var bytes = OutputBytes(capacity: 64 << 10)
    try merge.forEachEntry { entry, end in
      guard let base = entry.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
      let actorByteCount = Int(entry.loadUnaligned(fromByteOffset: 8, as: Int64.self))
      let head = KeptEntry.actorOffset + actorByteCount
      bytes.count = 0
      bytes.reserve(entry.count)
      bytes.put(base, head)
      try KeptRow.forEach(in: entry, formatCount: formatCount) { row in
        guard row.last >= horizon, row.startedAt < end, let start = row.whole.baseAddress
        else { return }
        bytes.put(start.assumingMemoryBound(to: UInt8.self), row.whole.count)
      }
      if bytes.count == head { return }
      let target = UnsafeMutableRawPointer(bytes.base)
      target.storeBytes(of: Int64(bytes.count), as: Int64.self)
      target.storeBytes(of: Int64.min, toByteOffset: KeptEntry.firstOffset, as: Int64.self)
      try sink.write(bytes.bytes)
    }
    let run = try sink.finish()
    for name in state.files.keys where name.hasPrefix("rows-") { state.files[name] = nil }
    state.files[file.name] = try file.finish()
    state.runs = run.isEmpty ? [] : [run]
    state.mergedByteCount = state.rowByteCount
  }

  private func mergeEvents() throws {
    let file = try KeptFile(
      folder.files, folder.path, KeptState.eventFile(state.number), number: state.number)
    var merged: [(UInt32, EventChunk)] = []
    var chunk = OutputBytes(capacity: 64 << 10)
    var bytes = OutputBytes(capacity: 64 << 10)
    state.components.touchAll()
    for component in 0..<state.components.count where state.components.isRoot(component) {
      let root = UInt32(truncatingIfNeeded: component)
      for isClosed in [true, false] {
        bytes.count = 0
        try state.components.forEachChunk(of: root) { old in
          if old.isClosed != isClosed { return }
          try folder.read(old, into: &chunk)
          bytes.reserve(chunk.count)
          bytes.put(UnsafePointer(chunk.base), chunk.count)
        }
        if bytes.count == 0 { continue }
        let start = try file.append(bytes.bytes)
        merged.append(
          (
            root,
            EventChunk(
              file: file.number, start: start, byteCount: Int64(bytes.count),
              checksum: crc32C(bytes.bytes), isClosed: isClosed)
          ))
      }
    }
    state.components.forgetChunks()
    for (root, chunk) in merged { state.components.add(chunk, to: root) }
    for name in state.files.keys where name.hasPrefix("events-") { state.files[name] = nil }
    state.files[file.name] = try file.finish()
  }
}
