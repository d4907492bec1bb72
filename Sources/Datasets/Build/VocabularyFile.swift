import Bytes
package import Files

/// A row of a map file: a word in the order of numbers.
package struct VocabularyEntry: Sendable, Equatable {
  package var word: [UInt8]
  package var firstSeen: Int64
  /// `Vocabulary.notRetired`, or when it left the data.
  package var retiredAt = Vocabulary.notRetired
}

/// A map file, `id,word,first_seen,retired_at`, or its first rows.
package struct VocabularyFile: Sendable {
  let files: any FileSystem
  let path: String
  /// How many of its rows count.
  package let count: Int
  /// Of the words of these rows.
  let wordsHash: String

  /// Looks through the file; nil when it is no map file.
  ///
  /// - Parameter first: how many of its rows count, if not all; it may have fewer.
  package init?(_ files: any FileSystem, _ path: String, first limit: Int = .max) throws {
    self.files = files
    self.path = path
    var hash = WordsHash()
    var count = 0
    do {
      var rows = try VocabularyRows(files.open(path), path)
      while let entry = try rows.next() {
        if count == limit { continue }
        hash.add(entry.word[...])
        count += 1
      }
    } catch is RenderingError {
      return nil
    }
    self.count = count
    wordsHash = hash.finish()
  }

  /// Hands over its rows in order.
  package func forEach(_ body: (VocabularyEntry) throws -> Void) throws {
    var rows = try VocabularyRows(files.open(path), path)
    for _ in 0..<count {
      guard let entry = try rows.next() else { return }
      try body(entry)
    }
  }
}

/// Reads a map file's rows one after the other.
private struct VocabularyRows {
  private let reader: TextReader
  private var count = 0

  /// - Errors: `RenderingError.misread` when it is no map file; of `next` too.
  init(_ file: any InputFile, _ path: String) throws {
    reader = TextReader(file, path)
    guard try reader.record()?.count == 4 else {
      throw reader.misread("a header of four fields", "another")
    }
  }

  mutating func next() throws -> VocabularyEntry? {
    guard let record = try reader.record() else { return nil }
    count += 1
    guard record.count == 4, record[0].integer == Int64(count),
      let seen = record[2].bytes.withUnsafeBytes({ parseRFC3339($0) })
    else { throw reader.misread("row \(count)", "another") }
    var entry = VocabularyEntry(word: Array(record[1].bytes), firstSeen: seen)
    // Rows that somebody saved with CR LF are no other rows.
    let end = record[3].bytes.last == 0x0d ? record[3].bytes.dropLast() : record[3].bytes
    if end.isEmpty { return entry }
    guard let retired = end.withUnsafeBytes({ parseRFC3339($0) }) else {
      throw reader.misread("a time in row \(count)", "another")
    }
    entry.retiredAt = retired
    return entry
  }
}

/// Writes a map file into a build's own folder, and counts.
final class VocabularyWriter {
  private let output: any OutputFile
  private let file: RenderedFile
  private var hash: WordsHash? = WordsHash()
  private let name: String
  private let path: String
  private let work: BuildDirectory
  private(set) var count = 0
  private var usedCount = 0

  init(_ name: String, _ work: BuildDirectory) throws {
    self.name = name
    self.work = work
    path = work.path + "/\(name).csv.spool"
    output = try work.files.create(path)
    file = RenderedFile(output)
    file.text.append("id,\(name == "users" ? "user_id" : "item_id"),first_seen,retired_at\n")
  }

  func append(_ entry: VocabularyEntry) throws {
    count += 1
    appendDecimal(Int64(count), to: &file.text)
    file.text.append(0x2c)
    appendCSV(entry.word[...], to: &file.text)
    file.text.append(0x2c)
    appendTime(entry.firstSeen, to: &file.text)
    file.text.append(0x2c)
    if entry.retiredAt == Vocabulary.notRetired {
      usedCount += 1
    } else {
      appendTime(entry.retiredAt, to: &file.text)
    }
    file.text.append(0x0a)
    hash?.add(entry.word[...])
    try file.flushIfLarge()
  }

  /// Ends writing; once.
  func finish() throws -> MadeVocabulary {
    try file.flush()
    try output.close()
    return MadeVocabulary(
      summary: VocabularySummary(
        name: name, count: count, usedCount: usedCount, wordsHash: hash.take()?.finish() ?? ""),
      files: work.files, path: path)
  }
}

/// A map file in a build's own folder.
struct MadeVocabulary: Sendable {
  let summary: VocabularySummary
  fileprivate let files: any FileSystem
  let path: String

  /// Copies it to where it is published.
  func copy(to target: RenderedFile) throws {
    let file = try files.open(path)
    defer { file.close() }
    try file.forEachPiece { try target.write($0) }
    target.rowCount = summary.count
  }
}
