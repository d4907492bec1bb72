import Bytes
import Events

/// Counts how often each byte string occurs.
///
/// - Cost: a hash a row; neighbours that are equal cost one comparison.
struct ByteCounter {
  /// The distinct strings, in the order of first use: string `code` has that code.
  private(set) var strings = ByteStrings()
  private var counts: [Int] = []
  private var slots: [UInt32] = Array(repeating: 0, count: 64)

  /// The distinct strings and their counts, by bytes.
  func sorted() -> [TopicCount] {
    (0..<counts.count).map { TopicCount(topic: Array(strings[$0]), eventCount: counts[$0]) }
      .sorted { $0.topic.lexicographicallyPrecedes($1.topic) }
  }

  mutating func count(_ column: TextColumn, _ text: [UInt8], _ selection: RowSelection) {
    text.withUnsafeBytes { text in
      forEachRow(selection) { row in
        counts[code(bytes(text, column, row))] += 1
      }
    }
  }

  mutating func add(_ string: [UInt8], _ count: Int) {
    counts[string.withUnsafeBytes { code($0) }] += count
  }

  /// The number of a string, in the order of first use.
  mutating func code(_ bytes: UnsafeRawBufferPointer) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: fastHash(bytes, seed: 0)) & mask
    while slots[slot] != 0 {
      let code = Int(slots[slot]) - 1
      if strings[code].elementsEqual(bytes) { return code }
      slot = (slot + 1) & mask
    }
    slots[slot] = UInt32(counts.count + 1)
    strings.append(bytes)
    counts.append(0)
    if 2 * counts.count > slots.count { grow() }
    return counts.count - 1
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: 4 * slots.count)
    let mask = slots.count - 1
    for code in 0..<counts.count {
      let hash = strings[code].withUnsafeBytes { fastHash($0, seed: 0) }
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(code + 1)
    }
  }
}

/// Keeps, for every origin, how many rows it has and which positions they take.
struct OriginCounter {
  private var codes = ByteCounter()
  private var ranges: [OriginRange] = []

  func sorted() -> [OriginRange] {
    ranges.sorted { $0.origin.lexicographicallyPrecedes($1.origin) }
  }

  /// - Shape: string `i` of `starts` and `lengths` belongs to the `i`-th selected row.
  mutating func count(
    _ text: [UInt8], _ starts: [UInt32], _ lengths: [UInt32], _ batch: EventBatch,
    _ selection: RowSelection
  ) {
    var index = 0
    var lastStart = UInt32.max
    var code = 0
    text.withUnsafeBytes { text in
      forEachRow(selection) { row in
        if starts[index] != lastStart || batch.hasOwnOrigins {
          let start = Int(starts[index])
          let bytes = UnsafeRawBufferPointer(
            rebasing: text[start..<start + Int(lengths[index])])
          code = codes.code(bytes)
          if code == ranges.count {
            let position = batch.position[row]
            ranges.append(
              OriginRange(origin: Array(bytes), positions: position...position, eventCount: 0))
          }
          lastStart = starts[index]
        }
        let position = batch.position[row]
        let known = ranges[code].positions
        if position < known.lowerBound { ranges[code].positions = position...known.upperBound }
        if position > known.upperBound { ranges[code].positions = known.lowerBound...position }
        ranges[code].eventCount += 1
        index += 1
      }
    }
  }
}
