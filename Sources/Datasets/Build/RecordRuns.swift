import Files
import Sequences

/// Records in any order, to be gone through in the order of their bytes: sorted in memory, and
/// beyond a limit in runs of one file.
///
/// - Shape: a record is whatever `ByteWriter` made of it; the parts that decide come first, each in
///   a form whose bytes are in its order (`put(word:)`, `put(ascending:)`).
/// - Cost: a record's bytes and 8 up to the limit; a small buffer a run when they are read.
final class RecordRuns {
  private let work: BuildDirectory
  private let name: String
  private let byteLimit: Int
  private var bytes: [UInt8] = []
  private var starts: [UInt32] = []
  private var order: [UInt32] = []
  private var spool: Spool?
  /// Where each run lies in the file.
  private var runs: [Range<Int>] = []
  private(set) var count = 0

  /// - Shape: `name` is that of nothing else in the folder.
  init(_ work: BuildDirectory, _ name: String, byteLimit: Int) {
    self.work = work
    self.name = name
    self.byteLimit = min(byteLimit, Limits.recordRunByteCount)
  }

  func append(_ record: borrowing ByteWriter) throws {
    if !starts.isEmpty, bytes.count + 8 * starts.count + record.count > byteLimit { try spill() }
    starts.append(UInt32(bytes.count))
    bytes.append(contentsOf: record.raw)
    count += 1
  }

  private func record(_ number: UInt32) -> Range<Int> {
    let next = Int(number) + 1
    return Int(starts[Int(number)])..<(next < starts.count ? Int(starts[next]) : bytes.count)
  }

  private func sort() {
    guard order.count < starts.count else { return }
    order = Array(0..<UInt32(starts.count))
    bytes.withUnsafeBytes { all in
      order.sort { left, right in
        compareBytes(
          UnsafeRawBufferPointer(rebasing: all[record(left)]),
          UnsafeRawBufferPointer(rebasing: all[record(right)])) < 0
      }
    }
  }

  private func spill() throws {
    sort()
    let file = try spool ?? work.spool(name)
    spool = file
    let start = file.nextPlace
    try bytes.withUnsafeBytes { all in
      for number in order {
        try file.append(UnsafeRawBufferPointer(rebasing: all[record(number)]))
      }
    }
    runs.append(start..<file.nextPlace)
    bytes.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    order.removeAll(keepingCapacity: true)
  }

  /// Ends appending: what was spilled needs no memory any longer.
  func finish() throws {
    guard let spool else { return }
    if !starts.isEmpty { try spill() }
    (bytes, starts, order) = ([], [], [])
    try spool.finish()
  }

  /// All records in order, one after the other; again and again, once nothing is appended any
  /// longer.
  func sorted() throws -> Cursor {
    guard let spool else {
      sort()
      return Cursor { [self] in $0 < order.count ? Array(bytes[record(order[$0])]) : nil }
    }
    try finish()
    let room = min(Limits.writeByteCount, max(Limits.scatteredByteCount, byteLimit / runs.count))
    return try Cursor(work.files.open(spool.path), runs, readByteCount: room)
  }

  /// Removes what was spilled; nothing is read any longer.
  func remove() throws {
    (bytes, starts, order) = ([], [], [])
    try spool?.finish()
    try spool?.remove()
    spool = nil
  }

  /// Goes through sorted records.
  final class Cursor {
    private let atHand: (Int) -> [UInt8]?
    private var place = 0
    private var file: (any InputFile)?
    private var readers: [SpoolReader] = []
    private var heads: [[UInt8]] = []
    /// A heap of readers by their heads.
    private var heap: [Int] = []

    fileprivate init(_ atHand: @escaping (Int) -> [UInt8]?) { self.atHand = atHand }

    fileprivate init(_ file: any InputFile, _ runs: [Range<Int>], readByteCount: Int) throws {
      atHand = { _ in nil }
      self.file = file
      readers = runs.map { SpoolReader(sharing: file, $0, readByteCount: readByteCount) }
      heads = Array(repeating: [], count: readers.count)
      for reader in readers.indices where try advance(reader) { heap.append(reader) }
      for place in heap.indices.reversed() { sink(place) }
    }

    deinit { file?.close() }

    func next() throws -> [UInt8]? {
      if file == nil {
        defer { place += 1 }
        return atHand(place)
      }
      guard let first = heap.first else { return nil }
      let record = heads[first]
      if try !advance(first) {
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
      }
      sink(0)
      return record
    }

    private func advance(_ reader: Int) throws -> Bool {
      try readers[reader].next { heads[reader] = Array($0) }
    }

    private func sink(_ start: Int) {
      heap.sink(from: start) { left, right in
        heads[left].withUnsafeBytes { left in
          heads[right].withUnsafeBytes { compareBytes(left, $0) < 0 }
        }
      }
    }
  }
}

extension [Int] {
  /// Restores a heap whose entry at `start` may come after those below it.
  @inline(__always)
  mutating func sink(from start: Int, _ precedes: (Int, Int) -> Bool) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < count && precedes(self[child], self[least]) { least = child }
      if least == place { return }
      swapAt(place, least)
      place = least
    }
  }
}

extension ByteWriter {
  /// A number whose bytes are in its order.
  mutating func put(ascending value: UInt64) { put(fixed: value.byteSwapped) }

  /// A time whose bytes are in its order.
  mutating func put(ascending value: Int64) {
    put(ascending: UInt64(bitPattern: value) ^ 1 << 63)
  }

  /// A word with its end, so that words are in the order of their bytes whatever follows: 0 is
  /// written as 0 1, the end as 0 0.
  mutating func put(word: UnsafeRawBufferPointer) {
    for byte in word {
      put(byte: byte)
      if byte == 0 { put(byte: 1) }
    }
    put(byte: 0)
    put(byte: 0)
  }
}

extension ByteReader {
  mutating func ascending() -> UInt64 { fixed().byteSwapped }

  mutating func ascendingTime() -> Int64 { Int64(bitPattern: ascending() ^ 1 << 63) }

  mutating func word() -> [UInt8] {
    var word: [UInt8] = []
    while true {
      let next = byte()
      if next == 0, byte() == 0 { return word }
      word.append(next)
    }
  }
}
