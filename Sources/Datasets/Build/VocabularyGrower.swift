/// Gives a build's words their numbers: words of an earlier build keep theirs, new ones get the
/// next, oldest first, equally old ones in the order of their bytes.
///
/// Words of both are sorted and joined on disk, so that none of them has to be in memory.
/// - Cost: 4 bytes a code, a byte a word of the earlier build, and what two sortings may take.
struct VocabularyGrower: ~Copyable {
  private let name: String
  private let base: VocabularyFile?
  private let work: BuildDirectory
  /// By word: a word's number in the earlier build, then its codes in this one, oldest first.
  private let known: RecordRuns
  private var record = ByteWriter()
  private var numbers: [Int32] = []
  private var isUsed: [Bool]

  /// Goes on from the vocabulary of an earlier build.
  init(_ name: String, _ base: VocabularyFile?, _ work: BuildDirectory) throws {
    self.name = name
    self.base = base
    self.work = work
    known = RecordRuns(work, name + "-known", byteLimit: work.wordByteLimit)
    isUsed = Array(repeating: false, count: base?.count ?? 0)
    var number: UInt64 = 0
    try base?.forEach { entry in
      number += 1
      begin(entry.word)
      record.put(byte: 0)
      record.put(ascending: number)
      try known.append(record)
    }
  }

  private mutating func begin(_ word: [UInt8]) {
    record.removeAll()
    word.withUnsafeBytes { record.put(word: $0) }
  }

  /// Takes in a word; those of a lower rank get their numbers first.
  ///
  /// - Shape: codes are dense from 0, each given once, in any order. A word that comes under
  ///   several has one number, by the oldest of them.
  mutating func add(
    _ word: [UInt8], code: Int, rank: Int = 0, firstSeen: Int64
  ) throws {
    begin(word)
    record.put(byte: 1)
    record.put(ascending: UInt64(rank))
    record.put(ascending: firstSeen)
    record.put(ascending: UInt64(code))
    try known.append(record)
  }

  /// Writes the map file; words of the earlier build that this one did not use are retired now,
  /// unless they already were.
  ///
  /// - Shape: the numbers are by code, 0 for codes that were not given; `take` gets all rows.
  mutating func finish(
    codes: Int, retiringAt time: Int64, _ take: (VocabularyEntry) -> Void = { _ in }
  ) throws -> (made: MadeVocabulary, numbers: [Int32]) {
    numbers = Array(repeating: 0, count: codes)
    let new = RecordRuns(work, name + "-new", byteLimit: work.wordByteLimit)
    let followers = try join(new)
    try known.remove()
    let writer = try VocabularyWriter(name, work)
    try base?.forEach { entry in
      var entry = entry
      if isUsed[writer.count] {
        entry.retiredAt = Vocabulary.notRetired
      } else if entry.retiredAt == Vocabulary.notRetired {
        entry.retiredAt = time
      }
      try writer.append(entry)
      take(entry)
    }
    let cursor = try new.sorted()
    while let bytes = try cursor.next() {
      let (code, entry) = bytes.withUnsafeBytes { bytes in
        var reader = ByteReader(bytes)
        _ = reader.ascending()
        let firstSeen = reader.ascendingTime()
        let entry = VocabularyEntry(word: reader.word(), firstSeen: firstSeen)
        return (Int(reader.ascending()), entry)
      }
      try writer.append(entry)
      take(entry)
      numbers[code] = Int32(writer.count)
    }
    try new.remove()
    for follower in followers { numbers[follower.code] = numbers[follower.leader] }
    return (try writer.finish(), numbers)
  }

  /// Finds the words of the earlier build again, and hands on the new ones by age.
  ///
  /// - Returns: codes of new words that have another code already.
  private mutating func join(_ new: RecordRuns) throws -> [(code: Int, leader: Int)] {
    var followers: [(code: Int, leader: Int)] = []
    var (word, number, leader): ([UInt8]?, Int, Int?) = (nil, 0, nil)
    let cursor = try known.sorted()
    while let bytes = try cursor.next() {
      try bytes.withUnsafeBytes { bytes in
        var reader = ByteReader(bytes)
        let next = reader.word()
        if next != word { (word, number, leader) = (next, 0, nil) }
        if reader.byte() == 0 {
          number = Int(reader.ascending())
          return
        }
        let (rank, firstSeen) = (reader.ascending(), reader.ascendingTime())
        let code = Int(reader.ascending())
        if number > 0 {
          numbers[code] = Int32(number)
          isUsed[number - 1] = true
        } else if let leader {
          followers.append((code, leader))
        } else {
          leader = code
          record.removeAll()
          record.put(ascending: rank)
          record.put(ascending: firstSeen)
          next.withUnsafeBytes { record.put(word: $0) }
          record.put(ascending: UInt64(code))
          try new.append(record)
        }
      }
    }
    return followers
  }
}
