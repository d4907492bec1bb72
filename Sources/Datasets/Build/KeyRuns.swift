import Files

/// Keys of 64 bits with a number each, in any order, to be gone through in ascending order: sorted
/// in memory, and beyond a limit in runs on disk.
///
/// - Cost: 16 bytes an entry up to the limit; a small buffer a run when they are read.
final class KeyRuns {
  struct Entry: BitwiseCopyable, Equatable {
    var key: UInt64
    var value: UInt64
  }

  private let work: BuildDirectory
  private let name: String
  private let limit: Int
  private var entries: [Entry] = []
  /// Where each run lies in the file, in entries.
  private var runs: [Range<Int>] = []
  private var path: String { work.path + "/" + name + ".spool" }
  private var output: (any OutputFile)?
  private(set) var count = 0

  /// - Shape: `name` is that of nothing else in the folder.
  init(_ work: BuildDirectory, _ name: String, limit: Int = 0) {
    self.work = work
    self.name = name
    self.limit = limit > 0 ? limit : work.keyLimit
  }

  func append(_ key: UInt64, _ value: UInt64) throws {
    entries.append(Entry(key: key, value: value))
    count += 1
    if entries.count >= limit { try spill() }
  }

  private func spill() throws {
    sort()
    let file = try output ?? work.files.create(path)
    output = file
    let start = runs.last?.upperBound ?? 0
    try entries.withUnsafeBytes { try file.write($0) }
    runs.append(start..<start + entries.count)
    entries.removeAll(keepingCapacity: true)
  }

  private func sort() {
    entries.sort { $0.key != $1.key ? $0.key < $1.key : $0.value < $1.value }
  }

  /// A time as a value, so that values are in its order.
  static func value(ofTime time: Int64) -> UInt64 { UInt64(bitPattern: time) ^ 1 << 63 }

  static func time(ofValue value: UInt64) -> Int64 { Int64(bitPattern: value ^ 1 << 63) }

  /// Hands over all entries by key, then value; more may be appended afterwards.
  func forEachSorted(_ body: (Entry) throws -> Void) throws {
    let cursor = try sorted()
    while let entry = try cursor.next() { try body(entry) }
  }

  /// All entries by key, then value, one after the other.
  func sorted() throws -> Cursor {
    sort()
    guard !runs.isEmpty else { return Cursor(entries) }
    if !entries.isEmpty { try spill() }
    let file = try work.files.open(path)
    let room = max(Limits.smallestKeyBufferCount, limit / runs.count)
    return try Cursor(file, runs, bufferCount: room)
  }

  /// Forgets everything.
  func removeAll() throws {
    entries = []
    count = 0
    runs = []
    guard let output else { return }
    try output.close()
    self.output = nil
    try work.files.remove(path)
  }

  /// Goes through sorted entries.
  final class Cursor {
    private var file: (any InputFile)?
    private var parts: [Part]
    /// A heap of parts by their heads.
    private var heap: [Int] = []

    fileprivate struct Part {
      var entries: [Entry]
      var place = 0
      var rest: Range<Int> = 0..<0
      var head: Entry { entries[place] }
    }

    fileprivate init(_ entries: [Entry]) {
      parts = entries.isEmpty ? [] : [Part(entries: entries)]
      heap = Array(parts.indices)
    }

    fileprivate init(_ file: any InputFile, _ runs: [Range<Int>], bufferCount: Int) throws {
      self.file = file
      self.bufferCount = bufferCount
      parts = runs.map { Part(entries: [], rest: $0) }
      for part in parts.indices where try refill(part) { heap.append(part) }
      for place in heap.indices.reversed() { sink(place) }
    }

    private var bufferCount = 0

    deinit { file?.close() }

    func next() throws -> Entry? {
      guard let part = heap.first else { return nil }
      let entry = parts[part].head
      parts[part].place += 1
      if try parts[part].place == parts[part].entries.count && !refill(part) {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
      }
      if !heap.isEmpty { sink(0) }
      return entry
    }

    private func refill(_ part: Int) throws -> Bool {
      let count = min(bufferCount, parts[part].rest.count)
      guard count > 0, let file else { return false }
      let start = parts[part].rest.lowerBound
      let size = MemoryLayout<Entry>.stride
      var read = [Entry](repeating: Entry(key: 0, value: 0), count: count)
      try read.withUnsafeMutableBytes { try file.read(into: $0, at: start * size) }
      parts[part].entries = read
      parts[part].place = 0
      parts[part].rest = start + count..<parts[part].rest.upperBound
      return true
    }

    private func sink(_ start: Int) {
      heap.sink(from: start) { left, right in
        let (first, second) = (parts[left].head, parts[right].head)
        return first.key != second.key ? first.key < second.key : first.value < second.value
      }
    }
  }
}

/// Says of a key that it is certainly none of many: a Bloom filter of a limited size.
struct KeyFilter {
  private var words: [UInt64]
  private let mask: UInt64

  /// - Shape: for about `count` keys; with more than the size allows, it says "perhaps" too often.
  init(count: Int, byteLimit: Int) {
    var wordCount = 64
    while wordCount * 64 < count * 16, wordCount * 16 <= byteLimit { wordCount *= 2 }
    words = Array(repeating: 0, count: wordCount)
    mask = UInt64(wordCount * 64 - 1)
  }

  private func places(_ key: UInt64) -> (UInt64, UInt64) {
    let mixed = key &* 0x9e37_79b9_7f4a_7c15
    return ((mixed >> 20) & mask, (mixed ^ key >> 17) & mask)
  }

  mutating func insert(_ key: UInt64) {
    let (first, second) = places(key)
    words[Int(first >> 6)] |= 1 << (first & 63)
    words[Int(second >> 6)] |= 1 << (second & 63)
  }

  func mayContain(_ key: UInt64) -> Bool {
    let (first, second) = places(key)
    return words[Int(first >> 6)] >> (first & 63) & 1 == 1
      && words[Int(second >> 6)] >> (second & 63) & 1 == 1
  }
}
