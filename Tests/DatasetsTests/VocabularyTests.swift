import Files
import Testing

@testable import Datasets

/// Words that somebody may have called an item or a visitor.
enum HostileWords {
  static let all: [[UInt8]] =
    [
      [], [0], [0, 0], [0, 1], [1], [0xff, 0xfe, 0x80], [0xff], [0xc3], Array("é".utf8),
      Array("e\u{301}".utf8), Array("a".utf8), Array("a".utf8) + [0], Array("a".utf8) + [0, 0],
      Array("ab".utf8), Array("a,b".utf8), Array("\"a\"".utf8), Array("a\nb".utf8),
      Array("a\r\nb".utf8), Array("12345678".utf8), Array("123456789".utf8),
      Array("12345678".utf8) + [0], Array(" ".utf8), Array("NA".utf8),
    ]
}

@Suite struct Vocabularies {
  /// A word as a build meets it.
  private struct Met {
    var word: [UInt8]
    var rank = 0
    var firstSeen: Int64
  }

  /// The rule, word by word, with a dictionary.
  private static func plain(
    _ base: [VocabularyEntry], _ met: [Met], retiringAt time: Int64
  ) -> (rows: [VocabularyEntry], numbers: [Int32]) {
    var rows = base
    var places: [[UInt8]: Int] = [:]
    for (place, row) in rows.enumerated() { places[row.word] = place }
    var isUsed = base.map { _ in false }
    let order = met.indices.sorted { left, right in
      let (one, other) = (met[left], met[right])
      if one.rank != other.rank { return one.rank < other.rank }
      if one.firstSeen != other.firstSeen { return one.firstSeen < other.firstSeen }
      return one.word.lexicographicallyPrecedes(other.word)
    }
    for code in order {
      if let place = places[met[code].word] {
        isUsed[place] = true
        rows[place].retiredAt = Vocabulary.notRetired
        continue
      }
      places[met[code].word] = rows.count
      rows.append(VocabularyEntry(word: met[code].word, firstSeen: met[code].firstSeen))
      isUsed.append(true)
    }
    for place in rows.indices where !isUsed[place] && rows[place].retiredAt == Vocabulary.notRetired
    {
      rows[place].retiredAt = time
    }
    return (rows, met.map { Int32((places[$0.word] ?? -1) + 1) })
  }

  private static func work(_ folder: TestFolder, byteLimit: Int) -> BuildDirectory {
    BuildDirectory(
      files: POSIXFileSystem(), path: folder.path,
      memoryByteLimit: byteLimit * Limits.wordShare, smallestKeyCount: 1)
  }

  private static func file(
    _ rows: [VocabularyEntry], _ folder: TestFolder, first: Int = .max
  ) throws -> VocabularyFile {
    let writer = try VocabularyWriter("base", work(folder, byteLimit: 1))
    for row in rows { try writer.append(row) }
    return try #require(
      try VocabularyFile(POSIXFileSystem(), try writer.finish().path, first: first))
  }

  private static func rows(_ path: String) throws -> [VocabularyEntry] {
    var rows: [VocabularyEntry] = []
    try #require(try VocabularyFile(POSIXFileSystem(), path)).forEach { rows.append($0) }
    return rows
  }

  private static func check(
    _ base: [VocabularyEntry], _ met: [Met], byteLimit: Int
  ) throws {
    let folder = try TestFolder()
    var grower = try VocabularyGrower(
      "users", base.isEmpty ? nil : try file(base, folder), work(folder, byteLimit: byteLimit))
    // In any order: here the last first.
    for code in met.indices.reversed() {
      try grower.add(
        met[code].word, code: code, rank: met[code].rank, firstSeen: met[code].firstSeen)
    }
    var taken: [VocabularyEntry] = []
    let (made, numbers) = try grower.finish(codes: met.count, retiringAt: 77) { taken.append($0) }
    let expected = plain(base, met, retiringAt: 77)
    #expect(numbers == expected.numbers)
    #expect(taken == expected.rows)
    #expect(try rows(made.path) == expected.rows)
    #expect(made.summary.count == expected.rows.count)
    #expect(
      made.summary.usedCount == expected.rows.count { $0.retiredAt == Vocabulary.notRetired })
    var words = Vocabulary(name: "users")
    for row in expected.rows { words.append(row.word, firstSeen: 0) }
    #expect(made.summary.wordsHash == words.wordsHash)
    #expect(
      try folder.files().keys.sorted()
        == (base.isEmpty ? [] : ["base.csv.spool"]) + ["users.csv.spool"])
  }

  @Test(arguments: [1, 100, 5_000, 1 << 20])
  func `numbers are those of one word after the other, whatever memory holds`(
    byteLimit: Int
  ) throws {
    var numbers = SeededNumbers(11, [], 0)
    func word() -> [UInt8] { Array("v-\(numbers.next(below: 900))".utf8) }
    var base: [VocabularyEntry] = []
    var seen: Set<[UInt8]> = []
    for place in 0..<300 {
      let word = word()
      guard seen.insert(word).inserted else { continue }
      base.append(
        VocabularyEntry(
          word: word, firstSeen: Int64(place),
          retiredAt: place % 3 == 0 ? 5 : Vocabulary.notRetired))
    }
    seen = []
    var met: [Met] = []
    for _ in 0..<700 {
      let word = word()
      guard seen.insert(word).inserted else { continue }
      met.append(
        Met(
          word: word, rank: numbers.next(below: 3),
          firstSeen: Int64(numbers.next(below: 20)) - 10))
    }
    try Self.check(base, met, byteLimit: byteLimit)
    try Self.check([], met, byteLimit: byteLimit)
  }

  @Test(arguments: [1, 64, 1 << 20])
  func `any bytes are a word, be they empty or no text`(byteLimit: Int) throws {
    let words = HostileWords.all
    let met = words.map { Met(word: $0, firstSeen: 3) }
    try Self.check([], met, byteLimit: byteLimit)
    let base = words.enumerated().filter { $0.offset % 2 == 0 }.map {
      VocabularyEntry(
        word: $0.element, firstSeen: 1, retiredAt: $0.offset % 4 == 0 ? 2 : Vocabulary.notRetired)
    }
    try Self.check(base, met, byteLimit: byteLimit)
    try Self.check(base, [], byteLimit: byteLimit)
  }

  @Test func `a word may be longer than what memory is for`() throws {
    let large = [UInt8](repeating: 0x78, count: 1 << 20)
    try Self.check(
      [], [Met(word: large, firstSeen: 3), Met(word: [0x78], firstSeen: 3)], byteLimit: 1 << 10)
  }

  @Test(arguments: [1, 1 << 20])
  func `a word that comes twice has one number, by when it came first`(byteLimit: Int) throws {
    let words = ["b", "a", "b", "c", "b"].map { Array($0.utf8) }
    let met = zip(words, [9, 5, 4, 4, 9]).map { Met(word: $0, firstSeen: $1) }
    try Self.check([], met, byteLimit: byteLimit)
    try Self.check(
      [VocabularyEntry(word: words[0], firstSeen: 0, retiredAt: 1)], met, byteLimit: byteLimit)
  }

  @Test func `a map file is read as far as it counts, with either line end`() throws {
    let folder = try TestFolder()
    let rows = [
      VocabularyEntry(word: Array("x".utf8), firstSeen: 1),
      VocabularyEntry(word: Array("y,\"".utf8), firstSeen: 2, retiredAt: 3),
      VocabularyEntry(word: [], firstSeen: 4),
    ]
    let whole = try Self.file(rows, folder)
    #expect(whole.count == 3)
    let first = try #require(try VocabularyFile(POSIXFileSystem(), whole.path, first: 2))
    #expect(first.count == 2)
    #expect(first.wordsHash != whole.wordsHash)
    var read: [VocabularyEntry] = []
    try first.forEach { read.append($0) }
    #expect(read == Array(rows.prefix(2)))

    let text = String(decoding: try #require(try folder.files()["base.csv.spool"]), as: UTF8.self)
    func written(_ text: String) throws -> VocabularyFile? {
      let path = folder.path + "/other.csv"
      let files = POSIXFileSystem()
      if files.exists(path) { try files.remove(path) }
      let output = try files.create(path)
      try Array(text.utf8).withUnsafeBytes { try output.write($0) }
      try output.close()
      return try VocabularyFile(files, path)
    }
    let other = try #require(try written(text.replacing("\n", with: "\r\n")))
    #expect(other.count == 3)
    #expect(other.wordsHash == whole.wordsHash)
    for broken in ["", "id,user_id\n", text.replacing("2,", with: "5,"), String(text.dropLast(2))] {
      #expect(try written(broken) == nil)
    }
  }
}
