import Bytes

/// Finds words of a vocabulary again, and gives new ones the next numbers.
struct VocabularyGrower {
  private(set) var vocabulary: Vocabulary
  private var numbers: [[UInt8]: Int32] = [:]
  private var isUsed: [Bool]

  /// Goes on from a vocabulary of an earlier build.
  init(_ base: Vocabulary) {
    vocabulary = base
    isUsed = Array(repeating: false, count: base.count)
    numbers.reserveCapacity(base.count)
    for place in 0..<base.count { numbers[Array(base.words[place])] = Int32(place + 1) }
  }

  /// Takes in words, oldest first, equally old ones in the order of their bytes.
  mutating func add(_ words: [(word: [UInt8], firstSeen: Int64)]) {
    let sorted = words.sorted { left, right in
      left.firstSeen != right.firstSeen
        ? left.firstSeen < right.firstSeen
        : left.word.lexicographicallyPrecedes(right.word)
    }
    for entry in sorted {
      if let number = numbers[entry.word] {
        isUsed[Int(number) - 1] = true
        vocabulary.retiredAt[Int(number) - 1] = Vocabulary.notRetired
        continue
      }
      vocabulary.append(entry.word, firstSeen: entry.firstSeen)
      isUsed.append(true)
      numbers[entry.word] = Int32(vocabulary.count)
    }
  }

  /// Words that this build did not use are retired now, unless they already were.
  mutating func retireUnused(at time: Int64) {
    for place in isUsed.indices
    where !isUsed[place] && vocabulary.retiredAt[place] == Vocabulary.notRetired {
      vocabulary.retiredAt[place] = time
    }
  }

  func number(_ word: [UInt8]) -> Int32? { numbers[word] }
}

extension Vocabulary {
  /// Numbers that are in the data.
  package var usedCount: Int { retiredAt.reduce(0) { $0 + ($1 == Vocabulary.notRetired ? 1 : 0) } }

  /// The map file: `id,word,first_seen,retired_at`.
  var csv: [UInt8] {
    var text = Array("id,\(name == "users" ? "user_id" : "item_id"),first_seen,retired_at\n".utf8)
    for place in 0..<count {
      appendDecimal(Int64(place + 1), to: &text)
      text.append(0x2c)
      appendCSV(words[place], to: &text)
      text.append(0x2c)
      appendTime(firstSeen[place], to: &text)
      text.append(0x2c)
      if retiredAt[place] != Vocabulary.notRetired { appendTime(retiredAt[place], to: &text) }
      text.append(0x0a)
    }
    return text
  }

  /// Reads a map file; nil when it is none.
  init?(name: String, csv: [UInt8]) {
    self.init(name: name)
    var fields = CSVFields(csv)
    guard let header = fields.next(), header.count == 4 else { return nil }
    while let record = fields.next() {
      guard record.count == 4, String(decoding: record[0], as: UTF8.self) == "\(count + 1)",
        let seen = record[2].withUnsafeBytes({ parseRFC3339($0) })
      else { return nil }
      append(record[1], firstSeen: seen)
      if !record[3].isEmpty {
        guard let retired = record[3].withUnsafeBytes({ parseRFC3339($0) }) else { return nil }
        retiredAt[count - 1] = retired
      }
    }
  }
}

/// Records of RFC 4180 with LF or CR LF.
package struct CSVFields {
  private let bytes: [UInt8]
  private var place = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next record's fields, or nil at the end.
  package mutating func next() -> [[UInt8]]? {
    guard place < bytes.count else { return nil }
    var fields: [[UInt8]] = []
    while true {
      fields.append(field())
      guard place < bytes.count else { return fields }
      let mark = bytes[place]
      place += 1
      if mark == 0x2c { continue }
      if mark == 0x0d && place < bytes.count && bytes[place] == 0x0a { place += 1 }
      return fields
    }
  }

  private mutating func field() -> [UInt8] {
    var field: [UInt8] = []
    guard place < bytes.count, bytes[place] == 0x22 else {
      while place < bytes.count, bytes[place] != 0x2c, bytes[place] != 0x0a, bytes[place] != 0x0d {
        field.append(bytes[place])
        place += 1
      }
      return field
    }
    place += 1
    while place < bytes.count {
      if bytes[place] == 0x22 {
        guard place + 1 < bytes.count, bytes[place + 1] == 0x22 else {
          place += 1
          return field
        }
        place += 1
      }
      field.append(bytes[place])
      place += 1
    }
    return field
  }
}
