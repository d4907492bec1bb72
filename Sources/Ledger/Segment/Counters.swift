import Bytes
import Events

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

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
      if isString(code, bytes) { return code }
      slot = (slot + 1) & mask
    }
    slots[slot] = UInt32(counts.count + 1)
    strings.append(bytes)
    counts.append(0)
    if 2 * counts.count > slots.count { grow() }
    return counts.count - 1
  }

  @inline(__always)
  private func isString(_ code: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let start = Int(strings.offsets[code])
    guard Int(strings.offsets[code + 1]) - start == bytes.count else { return false }
    guard let base = bytes.baseAddress else { return true }
    return strings.bytes.withUnsafeBytes { known in
      known.baseAddress.map { memcmp($0 + start, base, bytes.count) == 0 } ?? true
    }
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

  /// Counts the rows of one origin.
  mutating func count(_ origin: [UInt8], _ positions: [Int64], _ selection: RowSelection) {
    var least = Int64.max
    var greatest = Int64.min
    positions.withUnsafeBufferPointer { positions in
      forEachRow(selection) { row in
        least = min(least, positions[row])
        greatest = max(greatest, positions[row])
      }
    }
    guard selection.count > 0 else { return }
    origin.withUnsafeBytes { add($0, least...greatest, selection.count) }
  }

  /// - Shape: string `i` of `starts` and `lengths` belongs to the `i`-th selected row.
  mutating func count(
    _ text: [UInt8], _ starts: [UInt32], _ lengths: [UInt32], _ positions: [Int64],
    _ selection: RowSelection
  ) {
    var index = 0
    text.withUnsafeBytes { text in
      forEachRow(selection) { row in
        let start = Int(starts[index])
        let bytes = UnsafeRawBufferPointer(rebasing: text[start..<start + Int(lengths[index])])
        add(bytes, positions[row]...positions[row], 1)
        index += 1
      }
    }
  }

  private mutating func add(
    _ origin: UnsafeRawBufferPointer, _ positions: ClosedRange<Int64>, _ count: Int
  ) {
    let code = codes.code(origin)
    if code == ranges.count {
      ranges.append(OriginRange(origin: Array(origin), positions: positions, eventCount: 0))
    }
    let known = ranges[code].positions
    ranges[code].positions =
      min(known.lowerBound, positions.lowerBound)...max(known.upperBound, positions.upperBound)
    ranges[code].eventCount += count
  }
}
