/// A subject of a message: words between dots, for instance `order.payment.succeeded`.
package enum Subject {
  /// What a message gets that names no subject.
  package static let untyped = Array("untyped".utf8)

  /// Whether messages may be published on these bytes.
  ///
  /// - Shape: words of one byte or more between dots; no blanks, control characters, `*` or `>`.
  package static func isValid(_ subject: some Collection<UInt8>) -> Bool {
    guard !subject.isEmpty, subject.count <= Limits.subjectByteCount else { return false }
    var previous = UInt8(ascii: ".")
    for byte in subject {
      if byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "*") || byte == UInt8(ascii: ">") {
        return false
      }
      if byte == UInt8(ascii: "."), previous == UInt8(ascii: ".") { return false }
      previous = byte
    }
    return previous != UInt8(ascii: ".")
  }
}

/// Which subjects a subscriber wants: `*` stands for one word, `>` at the end for one or more.
package struct SubjectFilter: Sendable, Equatable, CustomStringConvertible {
  private let words: [ArraySlice<UInt8>]
  package let description: String

  /// Every subject.
  package static let all = SubjectFilter(words: [[UInt8(ascii: ">")]], text: ">")

  private init(words: [ArraySlice<UInt8>], text: String) {
    self.words = words
    description = text
  }

  /// Nil when the text is no filter.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= Limits.subjectByteCount else { return nil }
    let words = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for (index, word) in words.enumerated() {
      let isLast = index == words.count - 1
      switch Array(word) {
      case [UInt8(ascii: "*")]: continue
      case [UInt8(ascii: ">")]: guard isLast else { return nil }
      default: guard Subject.isValid(word) else { return nil }
      }
    }
    self.init(words: words, text: text)
  }

  /// Whether every subject passes.
  package var isAll: Bool { description == ">" }

  package func matches(_ subject: [UInt8]) -> Bool {
    let parts = subject.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for (index, word) in words.enumerated() {
      if word.elementsEqual([UInt8(ascii: ">")]) { return index < parts.count }
      guard index < parts.count else { return false }
      if word.elementsEqual([UInt8(ascii: "*")]) { continue }
      if !word.elementsEqual(parts[index]) { return false }
    }
    return words.count == parts.count
  }

  package static func == (left: SubjectFilter, right: SubjectFilter) -> Bool {
    left.description.utf8.elementsEqual(right.description.utf8)
  }
}
