package import Bytes

/// Words to integers: append-only, stable from build to build, a number never given twice.
///
/// - Shape: entry `i` has the number `i + 1`; 0 is nobody's, so readers may pad with it. A retired
///   word keeps its number and is no longer in the data.
package struct Vocabulary: Sendable, Equatable {
  /// Written for a word that is not retired.
  package static let notRetired = Int64.min
  /// The vocabularies that a dataset has.
  static let names = ["items", "users"]

  /// `items` or `users`.
  package var name: String
  package var words = ByteStrings()
  /// The time of the first event that named it, in the build that added it.
  package var firstSeen: [Int64] = []
  package var retiredAt: [Int64] = []

  package init(name: String) { self.name = name }

  /// The highest number given; an embedding table needs this many rows and one for the padding.
  package var count: Int { words.count }

  /// The word of a number from 1.
  package subscript(number: Int32) -> ArraySlice<UInt8> { words[Int(number) - 1] }

  package mutating func append(
    _ word: some Sequence<UInt8>, firstSeen: Int64, retiredAt: Int64 = notRetired
  ) {
    words.append(word)
    self.firstSeen.append(firstSeen)
    self.retiredAt.append(retiredAt)
  }

  /// SHA-256 of the words; see `WordsHash`.
  var wordsHash: String {
    var hash = WordsHash()
    for place in 0..<count { hash.add(words[place]) }
    return hash.finish()
  }
}

/// What renderings need to know of a vocabulary whose words stand with the examples.
package struct VocabularySummary: Sendable, Equatable {
  package var name: String
  /// The highest number given.
  package var count: Int
  /// Numbers that are in the data.
  package var usedCount: Int
  package var wordsHash: String
}

/// What every rendering of a build states, so that files of different formats can be matched:
/// SHA-256 of a vocabulary's words in order, each behind its length (8 bytes, little-endian).
struct WordsHash: ~Copyable {
  private var hash = SHA256()

  mutating func add(_ word: ArraySlice<UInt8>) {
    withUnsafeBytes(of: UInt64(word.count).littleEndian) { hash.update($0) }
    word.withUnsafeBytes { hash.update($0) }
  }

  consuming func finish() -> String { hexadecimal(hash.finish()) }
}
