import Files
import Sequences
import Synchronization
import Testing
import Threads

@testable import Datasets

/// What waits on disk between the stages of a build.
@Suite struct `Stages' storage` {
  private static func directory(_ folder: TestFolder) -> BuildDirectory {
    BuildDirectory(files: POSIXFileSystem(), path: folder.path, memoryByteLimit: 64 << 20)
  }

  /// Numbers that look random and are always the same.
  private static func numbers(_ count: Int, below limit: UInt64) -> [UInt64] {
    var numbers = SeededNumbers(7, [], 0)
    return (0..<count).map { _ in numbers.next() % limit }
  }

  @Test(arguments: [1, 2, 7, 1_000, 100_000])
  func `keys come back sorted, from memory and from runs`(limit: Int) throws {
    let folder = try TestFolder()
    let runs = KeyRuns(Self.directory(folder), "keys", limit: limit)
    let keys = Self.numbers(2_000, below: 500)
    for (place, key) in keys.enumerated() { try runs.append(key, UInt64(place)) }
    var read: [KeyRuns.Entry] = []
    try runs.forEachSorted { read.append($0) }
    let expected = keys.enumerated().map { KeyRuns.Entry(key: $1, value: UInt64($0)) }.sorted {
      $0.key != $1.key ? $0.key < $1.key : $0.value < $1.value
    }
    #expect(read == expected)
    // More may come after a reading.
    try runs.append(3, 9_999)
    var count = 0
    try runs.forEachSorted { _ in count += 1 }
    #expect(count == 2_001)
    try runs.removeAll()
    #expect(try folder.files().isEmpty)
    try runs.forEachSorted { _ in Issue.record("it is empty") }
  }

  @Test(arguments: [1, 40, 1_000, 1 << 20])
  func `records come back in the order of their words, from memory and from runs`(
    limit: Int
  ) throws {
    let folder = try TestFolder()
    let runs = RecordRuns(Self.directory(folder), "records", byteLimit: limit)
    let numbers = Self.numbers(600, below: 40)
    let all = numbers.map { HostileWords.all[Int($0) % HostileWords.all.count] }
    var record = ByteWriter()
    for (word, number) in zip(all, numbers) {
      record.removeAll()
      word.withUnsafeBytes { record.put(word: $0) }
      record.put(ascending: Int64(number) - 20)
      try runs.append(record)
    }
    let expected = zip(all, numbers.map { Int64($0) - 20 }).sorted { left, right in
      left.0 != right.0 ? left.0.lexicographicallyPrecedes(right.0) : left.1 < right.1
    }
    // Once more gives the same.
    for _ in 0..<2 {
      let cursor = try runs.sorted()
      var place = 0
      while let bytes = try cursor.next() {
        bytes.withUnsafeBytes { bytes in
          var reader = ByteReader(bytes)
          #expect(reader.word() == expected[place].0)
          #expect(reader.ascendingTime() == expected[place].1)
          #expect(reader.isAtEnd)
        }
        place += 1
      }
      #expect(place == 600)
    }
    try runs.remove()
    #expect(try folder.files().isEmpty)
  }

  @Test func `a filter never denies a key that it has, and most that it has not`() {
    let keys = Self.numbers(20_000, below: .max)
    var filter = KeyFilter(count: 10_000, byteLimit: 1 << 20)
    for key in keys[..<10_000] { filter.insert(key) }
    #expect(keys[..<10_000].allSatisfy { filter.mayContain($0) })
    #expect(keys[10_000...].count { filter.mayContain($0) } < 500)
  }

  @Test func `a unit comes back as it was, with the strings of its own interactions`() {
    var unit = Unit(key: 5, anchor: -3, featureKnownAt: 9, labelDueAt: 8)
    unit.hasLabel = true
    unit.observedThrough = 77
    unit.cells = [.null, .integer(-5), .real(0.5), .text(Array("a\"b".utf8)), .text([])]
    unit.text = Array("unusedorderchannel".utf8)
    var numbers = SeededNumbers(3, [], 1)
    var time: Int64 = 1_000
    for place in 0..<300 {
      time += Int64(numbers.next(below: 50)) - 10
      var draft = Draft(
        item: UInt32(numbers.next(below: 9)), action: UInt8(numbers.next(below: 3)),
        isTarget: numbers.next(below: 2) == 0, isMature: numbers.next(below: 2) == 0, time: time,
        recordedAt: time + Int64(numbers.next(below: 2)) * 5,
        outcomeKnownAt: time + Int64(numbers.next(below: 2)) * 7)
      draft.knownAsOf = Int64(numbers.next(below: 2)) * 800
      draft.weight = Float(numbers.next(below: 3)) * 0.3
      draft.quantity = numbers.next(below: 2) == 0 ? nil : Int64(place) - 9
      draft.unitPrice = numbers.next(below: 2) == 0 ? nil : Int64.min
      draft.amount = numbers.next(below: 2) == 0 ? nil : Int64.max
      draft.basket = UInt64(numbers.next(below: 3))
      draft.event = numbers.next()
      draft.visitor = UInt64(numbers.next(below: 2))
      draft.session = Int32(numbers.next(below: 4)) - 1
      draft.ledgerOffset = Int64(numbers.next(below: 1_000)) - 1
      draft.order = numbers.next(below: 3) == 0 ? HistoryText(start: 6, count: 5) : .absent
      draft.channel = numbers.next(below: 3) == 0 ? HistoryText(start: 11, count: 7) : .absent
      draft.creative = numbers.next(below: 5) == 0 ? HistoryText(start: 11, count: 0) : .absent
      unit.drafts.append(draft)
    }
    var writer = ByteWriter(capacity: 1)
    writer.put(unit)
    var reader = ByteReader(writer.raw)
    let read = reader.unit()
    #expect(reader.isAtEnd)
    #expect(read.cells == unit.cells && read.key == 5 && read.anchor == -3)
    #expect(read.featureKnownAt == 9 && read.labelDueAt == 8 && read.observedThrough == 77)
    #expect(read.drafts.count == unit.drafts.count)
    for (draft, before) in zip(read.drafts, unit.drafts) {
      #expect(read.bytes(draft.order) == unit.bytes(before.order))
      #expect(read.bytes(draft.channel) == unit.bytes(before.channel))
      #expect(read.bytes(draft.campaign) == unit.bytes(before.campaign))
      #expect(read.bytes(draft.creative) == unit.bytes(before.creative))
      var same = draft
      same.order = before.order
      same.channel = before.channel
      same.campaign = before.campaign
      same.creative = before.creative
      #expect(same == before)
    }
  }

  @Test(arguments: [1, 2, 5])
  func `blocks are taken in their order, whoever works on them`(threads: Int) throws {
    let pool = WorkerPool(threadCount: threads)
    var made = 0
    var taken: [Int] = []
    let workers = try BlockWork.run(
      pool,
      next: { () -> Int? in
        made += 1
        return made <= 200 ? made : nil
      },
      makeWorker: { Locked(0) },
      { worker, block in
        worker.add(1)
        // Uneven blocks, so that later ones are done first.
        return (0..<(block % 7) * 500).reduce(block) { $0 ^ $1 ^ $1 }
      }, take: { taken.append($0) })
    #expect(taken == Array(1...200))
    #expect(workers.count == threads)
    #expect(workers.reduce(0) { $0 + $1.count } == 200)
  }

  @Test(arguments: [1, 300, 1 << 20])
  func `a table of paths is the same, from memory and from runs`(limit: Int) throws {
    let folder = try TestFolder()
    let table = PathTable(
      Scratch(files: POSIXFileSystem(), path: folder.path + "/.paths"), limit: limit)
    var expected: [String: PathTable.Counts] = [:]
    for (place, number) in Self.numbers(500, below: 40).enumerated() {
      let counts = PathTable.Counts(
        conversions: Int64(place % 2), value: Int64(number) * 100, none: Int64(1 - place % 2))
      try table.add(Array("ad > \(number)".utf8), counts)
      expected["ad > \(number)", default: PathTable.Counts()].add(counts)
    }
    var read: [(path: String, counts: PathTable.Counts)] = []
    try table.forEachSorted { read.append((String(decoding: $0, as: UTF8.self), $1)) }
    #expect(read.map(\.path) == expected.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(read.allSatisfy { expected[$0.path] == $0.counts })
    #expect(try folder.files().isEmpty)
  }

  private struct Failure: Error {}

  @Test(arguments: [1, 3], ["next", "work", "take"])
  func `a failure anywhere ends all work`(threads: Int, place: String) throws {
    let pool = WorkerPool(threadCount: threads)
    var made = 0
    #expect(throws: Failure.self) {
      try BlockWork.run(
        pool,
        next: { () -> Int? in
          made += 1
          if place == "next", made == 40 { throw Failure() }
          return made
        },
        makeWorker: { Locked(0) },
        { _, block in
          if place == "work", block == 40 { throw Failure() }
          return block
        }, take: { if place == "take", $0 == 40 { throw Failure() } })
    }
  }

  /// A count that one worker keeps.
  private final class Locked: Sendable {
    private let value: Mutex<Int>
    init(_ value: Int) { self.value = Mutex(value) }
    func add(_ more: Int) { value.withLock { $0 += more } }
    var count: Int { value.withLock { $0 } }
  }
}
