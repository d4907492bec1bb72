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
  package var words: ByteStrings
  /// The time of the first event that named it, in the build that added it.
  package var firstSeen: [Int64]
  package var retiredAt: [Int64]

  package init(name: String) {
    self.name = name
    words = ByteStrings()
    firstSeen = []
    retiredAt = []
  }

  /// The highest number given; an embedding table needs this many rows and one for the padding.
  package var count: Int { words.count }

  /// The word of a number from 1.
  package subscript(number: Int32) -> ArraySlice<UInt8> { words[Int(number) - 1] }

  /// The vocabulary of the first numbers alone.
  func first(_ count: Int) -> Vocabulary {
    var first = Vocabulary(name: name)
    first.words = ByteStrings(
      bytes: Array(words.bytes.prefix(Int(words.offsets[count]))),
      offsets: Array(words.offsets.prefix(count + 1)))
    first.firstSeen = Array(firstSeen.prefix(count))
    first.retiredAt = Array(retiredAt.prefix(count))
    return first
  }

  package mutating func append(_ word: some Sequence<UInt8>, firstSeen: Int64) {
    words.append(word)
    self.firstSeen.append(firstSeen)
    retiredAt.append(Vocabulary.notRetired)
  }
}
