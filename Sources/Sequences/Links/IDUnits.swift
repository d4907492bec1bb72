import Bytes
import Synchronization

/// The four kinds of ids that identities depend on.
enum LinkKind: Int, CaseIterable, Sendable {
  case visitors, customers, orders, carts
}

/// The ids of one kind: first as they are met, then as dense integers.
///
/// - Shape: a *unit* is a dictionary that all batches of a run share, or, where there is none, the
///   distinct ids of a task in the order in which its rows name them. Ids of all units are brought
///   together a bucket of their hashes at a time, so only one bucket's strings need memory; then a
///   unit's ids are looked up by their place in it and no longer by their bytes.
/// - Concurrency: `@unchecked` because units are touched under `lock`, and only read once `number`
///   has begun; buckets are touched under `lock`.
final class IDUnits: @unchecked Sendable {
  private static let bucketSeed: UInt64 = 0x6275_636b_6574_6964

  private struct Unit {
    var count = 0
    /// The ids by bucket, each with its length before it; then the bucket of each id.
    var texts: SpilledBytes?
    /// Where the ids of each bucket begin, and where the last ones end.
    var starts: [Int] = []
    var codes: SpilledBytes?
  }

  private struct Bucket {
    var count = 0
    /// The integers within the bucket of all its ids, unit by unit.
    var codes: SpilledBytes?
    var firsts: [Int] = []
    var run: SortedRun?
  }

  let bucketCount: Int
  private let memory: SpillMemory
  private let codeMemory: SpillMemory
  private let runCount: Int
  private let lock = Mutex(())
  private var units: [Unit]
  private var buckets: [Bucket]
  /// The first integer of each bucket; then the integers by the order of bytes, where that counts.
  private var bases: [Int] = []
  private var finals: [UInt32] = []
  private(set) var count = 0

  /// - Parameters:
  ///   - memory: for what is needed until all ids have their integers.
  ///   - codeMemory: for what is needed until the computation ends.
  init(
    runCount: Int, taskCount: Int, bucketCount: Int, memory: SpillMemory, codeMemory: SpillMemory
  ) {
    self.runCount = runCount
    self.bucketCount = bucketCount
    self.memory = memory
    self.codeMemory = codeMemory
    units = Array(repeating: Unit(), count: runCount + taskCount)
    buckets = Array(repeating: Bucket(), count: bucketCount)
  }

  var unitCount: Int { units.count }

  func unit(ofRun run: Int) -> Int { run }
  func unit(ofTask task: Int) -> Int { runCount + task }

  // MARK: Gathering

  func add(_ strings: ByteStrings, to unit: Int) throws {
    try strings.bytes.withUnsafeBytes { bytes in
      try add(strings.count, to: unit) { slice(bytes, strings.offsets, $0) }
    }
  }

  func add(_ table: borrowing InternTable, to unit: Int) throws {
    let texts = TableView(table)
    try add(table.count, to: unit) { texts[UInt32($0)] }
  }

  @inline(__always)
  private func add(
    _ count: Int, to unit: Int, _ text: (Int) -> UnsafeRawBufferPointer
  ) throws {
    var bucketOfID = [UInt8](repeating: 0, count: count)
    var starts = [Int](repeating: 0, count: bucketCount + 1)
    for index in 0..<count {
      let text = text(index)
      let bucket = bucketCount == 1 ? 0 : self.bucket(text)
      bucketOfID[index] = UInt8(bucket)
      starts[bucket + 1] += text.count + varintByteCount(text.count)
    }
    for bucket in 0..<bucketCount { starts[bucket + 1] += starts[bucket] }
    var out = OutputBytes(capacity: starts[bucketCount] + count)
    var cursors = starts
    for index in 0..<count {
      let text = text(index)
      let bucket = Int(bucketOfID[index])
      out.count = cursors[bucket]
      out.put(varint: UInt64(text.count))
      out.put(text)
      cursors[bucket] = out.count
    }
    out.count = starts[bucketCount]
    bucketOfID.withUnsafeBytes { out.put($0) }
    let texts = try memory.keep(out.bytes)
    lock.withLock { _ in units[unit] = Unit(count: count, texts: texts, starts: starts) }
  }

  @inline(__always) private func bucket(_ text: UnsafeRawBufferPointer) -> Int {
    Int(fastHash(text, seed: IDUnits.bucketSeed) >> 32) & (bucketCount - 1)
  }

  // MARK: Numbering

  /// Gives the distinct ids of one bucket their integers.
  func number(_ bucket: Int, isSorted: Bool) throws {
    var table = InternTable()
    var codes = OutputBytes(capacity: 4_096)
    var firsts: [Int] = []
    firsts.reserveCapacity(units.count + 1)
    for unit in units {
      firsts.append(codes.count / 4)
      guard let texts = unit.texts else { continue }
      try texts.withBytes(unit.starts[bucket]..<unit.starts[bucket + 1], of: memory.file) { bytes in
        guard let base = bytes.baseAddress else { return }
        var cursor = RecordCursor(base.assumingMemoryBound(to: UInt8.self))
        let end = cursor.place + bytes.count
        while cursor.place < end {
          codes.reserve(4)
          codes.put(raw: table.intern(cursor.bytes(cursor.varint())))
        }
      }
    }
    firsts.append(codes.count / 4)
    let numbered = Bucket(
      count: table.count, codes: try memory.keep(codes.bytes), firsts: firsts,
      run: isSorted ? try SortedRun(table, memory) : nil)
    lock.withLock { _ in buckets[bucket] = numbered }
  }

  /// Lays the buckets' integers one behind the other.
  func concatenate() {
    for bucket in buckets {
      bases.append(count)
      count += bucket.count
    }
  }

  /// Makes the integers follow the order of the ids' bytes.
  func sort(namesIn names: SpillMemory) throws -> SortedTexts {
    concatenate()
    finals = Array(repeating: 0, count: count)
    var writer = SortedTextsWriter(names)
    var merge = RunMerge(buckets.compactMap(\.run), memory)
    var next: UInt32 = 0
    try finals.withUnsafeMutableBufferPointer { finals in
      try merge.visit { text, bucket, index in
        finals[bases[bucket] + Int(index)] = next
        next += 1
        try writer.append(text)
      }
    }
    for bucket in buckets.indices {
      for chunk in buckets[bucket].run?.chunks ?? [] { memory.forget(chunk) }
      buckets[bucket].run = nil
    }
    return try writer.finish()
  }

  /// Finds the integers of a unit's ids, whose bytes are forgotten then.
  func assemble(_ unit: Int) throws {
    let (count, starts) = (units[unit].count, units[unit].starts)
    guard let texts = units[unit].texts else { return }
    var gathered = [UInt32](repeating: 0, count: count)
    var cursors: [Int] = []
    try gathered.withUnsafeMutableBytes { gathered in
      var place = 0
      for (number, bucket) in buckets.enumerated() {
        cursors.append(place)
        let range = bucket.firsts[unit]..<bucket.firsts[unit + 1]
        let target = UnsafeMutableRawBufferPointer(rebasing: gathered[(place * 4)...])
        try bucket.codes?.copy(
          range.lowerBound * 4..<range.upperBound * 4, into: target, of: memory.file)
        add(UInt32(bases[number]), to: target, range.count)
        place += range.count
      }
    }
    var codes = OutputBytes(capacity: count * 4)
    try texts.withBytes(starts[bucketCount]..<texts.count, of: memory.file) { bucketOfID in
      for bucket in bucketOfID {
        let code = gathered[cursors[Int(bucket)]]
        cursors[Int(bucket)] += 1
        codes.put(raw: finals.isEmpty ? code : finals[Int(code)])
      }
    }
    memory.forget(texts)
    let kept = try codeMemory.keep(codes.bytes)
    lock.withLock { _ in
      units[unit].texts = nil
      units[unit].starts = []
      units[unit].codes = kept
    }
  }

  private func add(_ base: UInt32, to codes: UnsafeMutableRawBufferPointer, _ count: Int) {
    let codes = codes.bindMemory(to: UInt32.self)
    for index in 0..<count { codes[index] += base }
  }

  /// Forgets what only numbering needed.
  func endNumbering() {
    for bucket in buckets { bucket.codes.map(memory.forget) }
    buckets = []
    finals = []
  }

  // MARK: Looking up

  /// The integers of a task's ids by their codes: of its run's dictionary, or of its own.
  func codes(run: Int, task: Int) throws -> [UInt32] {
    try codes(units[unit(ofTask: task)].codes == nil ? unit(ofRun: run) : unit(ofTask: task))
  }

  /// The integers of a unit's ids.
  func codes(_ unit: Int) throws -> [UInt32] {
    guard let codes = units[unit].codes else { return [] }
    return try [UInt32](unsafeUninitializedCapacity: codes.count / 4) { buffer, count in
      try codes.copy(into: UnsafeMutableRawBufferPointer(buffer), of: codeMemory.file)
      count = codes.count / 4
    }
  }

  /// What of it lies in memory.
  var byteCount: Int {
    units.reduce(0) { $0 + ($1.codes.map { $0.isInMemory ? $0.count : 0 } ?? 0) }
  }
}

private func varintByteCount(_ value: Int) -> Int {
  var count = 1
  var rest = value >> 7
  while rest > 0 {
    count += 1
    rest >>= 7
  }
  return count
}
