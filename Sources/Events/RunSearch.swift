import Bytes

/// A column in which rows are looked up by its strings.
package enum SearchedColumn: Hashable, Sendable {
  case eventID
  case id(IDColumn)

  /// The column alone.
  package var columns: EventColumnSet {
    switch self {
    case .eventID: .eventID
    case .id(let column): .id(column)
    }
  }
}

/// Strings that somebody looks for among many.
///
/// - Cost: a string that is not wanted costs one multiplication, but for one in some hundred.
package struct WantedStrings: Sendable {
  package private(set) var strings: Set<[UInt8]>
  /// One bit a hash: most strings are told apart without being compared.
  private var bits = [UInt64](repeating: 0, count: 1 << 10)

  package init(_ strings: Set<[UInt8]>) {
    self.strings = strings
    for string in strings {
      let hash = string.withUnsafeBytes { WantedStrings.hash($0) }
      bits[hash >> 6] |= 1 << UInt64(hash & 63)
    }
  }

  /// Whether a string is one of them.
  @inline(__always)
  package func contains(_ string: UnsafeRawBufferPointer) -> Bool {
    let hash = WantedStrings.hash(string)
    return bits[hash >> 6] >> UInt64(hash & 63) & 1 == 1 && strings.contains(Array(string))
  }

  /// 16 bits from the last bytes, which differ most among ids, and the length.
  @inline(__always)
  private static func hash(_ string: UnsafeRawBufferPointer) -> Int {
    var word = UInt64(truncatingIfNeeded: string.count)
    if string.count >= 8 {
      word ^= string.loadUnaligned(fromByteOffset: string.count - 8, as: UInt64.self)
    } else {
      for byte in string { word = word << 8 | UInt64(byte) }
    }
    return Int(truncatingIfNeeded: (word &* 0x9e37_79b9_7f4a_7c15) >> 48)
  }
}

extension EventRun {
  package func opened() throws -> any EventRun { self }

  package func candidateRows(
    _ wanted: WantedStrings, in column: SearchedColumn
  ) throws -> [Range<Int>] { rowCount == 0 ? [] : [0..<rowCount] }

  package func candidateRows(occurredFrom time: Int64) throws -> [Range<Int>] {
    rowCount == 0 ? [] : [0..<rowCount]
  }

  package var latestOccurrence: Int64 { Int64.max }
}

extension OpenEventRun {
  /// The rows of some ranges, ascending, whose column holds a wanted string.
  package func rows(
    of ranges: [Range<Int>], holding wanted: WantedStrings, in column: SearchedColumn
  ) throws -> [Int] {
    var found: [Int] = []
    var shared: [Bool]?
    if case .id(let id) = column, dictionaries[id].isShared {
      let flags = wanted.flags(of: dictionaries[id].dictionary)
      guard flags.contains(true) else { return [] }
      shared = flags
    }
    for range in ranges {
      var first = range.lowerBound
      try scan(range, column.columns) { batch in
        switch column {
        case .eventID:
          let flags = wanted.flags(of: batch.eventID)
          for (row, isWanted) in flags.enumerated() where isWanted { found.append(first + row) }
        case .id(let id):
          let flags = shared ?? wanted.flags(of: batch[id].dictionary)
          for (row, code) in batch[id].codes.enumerated()
          where code != CodedStrings.absent && flags[Int(code)] {
            found.append(first + row)
          }
        }
        first += batch.count
      }
    }
    return found
  }
}

extension WantedStrings {
  /// For every string whether it is wanted.
  fileprivate func flags(of all: ByteStrings) -> [Bool] {
    all.bytes.withUnsafeBytes { bytes in
      all.offsets.withUnsafeBufferPointer { offsets in
        (0..<all.count).map { index in
          contains(
            UnsafeRawBufferPointer(
              rebasing: bytes[Int(offsets[index])..<Int(offsets[index + 1])]))
        }
      }
    }
  }
}

extension EventColumns {
  /// The dictionaries of a run whose batches bring their own strings.
  package static var withoutSharedDictionaries: EventColumns {
    var none = EventColumns()
    for column in none.ids.indices { none.ids[column].isShared = false }
    none.topic.isShared = false
    none.source.isShared = false
    none.lineItemID.isShared = false
    return none
  }

  /// Takes some columns from another reading of the same rows.
  package mutating func take(_ columns: EventColumnSet, from other: EventColumns) {
    if columns.contains(.eventID) { eventID = other.eventID }
    if columns.contains(.topic) { topic = other.topic }
    if columns.contains(.source) { source = other.source }
    if columns.contains(.times) {
      occurredAt = other.occurredAt
      recordedAt = other.recordedAt
    }
    for column in IDColumn.allCases where columns.contains(.id(column)) {
      self[column] = other[column]
    }
    if columns.contains(.quantity) { quantity = other.quantity }
    if columns.contains(.unitPrice) { unitPrice = other.unitPrice }
    if columns.contains(.amount) { amount = other.amount }
    if columns.contains(.lines) {
      lineStarts = other.lineStarts
      lineItemID = other.lineItemID
      lineQuantity = other.lineQuantity
      lineUnitPrice = other.lineUnitPrice
    }
  }

  /// One row alone, with dictionaries of its own; columns that were not read are absent.
  ///
  /// - Parameter columns: what of it somebody takes; the others are not of the row's shape.
  package func row(_ row: Int, _ columns: EventColumnSet = .all) -> EventColumns {
    func picked<Value>(
      _ column: OptionalIntegers<Value>, _ rows: Range<Int>
    ) -> OptionalIntegers<Value> {
      var own = OptionalIntegers<Value>()
      for row in rows { own.append(row < column.values.count ? column[row] : nil) }
      return own
    }
    let alone = row..<row + 1
    var part = EventColumns()
    part.count = 1
    part.firstLedgerOffset = firstLedgerOffset + Int64(row)
    if columns.contains(.eventID), row < eventID.count { part.eventID.append(eventID[row]) }
    if columns.contains(.topic) { part.topic = topic.picking(alone) }
    if columns.contains(.source) { part.source = source.picking(alone) }
    if columns.contains(.times), row < occurredAt.count {
      part.occurredAt.append(occurredAt[row])
      part.recordedAt.append(recordedAt[row])
    }
    for column in IDColumn.allCases where columns.contains(.id(column)) {
      part[column] = self[column].picking(alone)
    }
    if columns.contains(.quantity) { part.quantity = picked(quantity, alone) }
    if columns.contains(.unitPrice) { part.unitPrice = picked(unitPrice, alone) }
    if columns.contains(.amount) { part.amount = picked(amount, alone) }
    if columns.contains(.lines) {
      let lines = Int(lineStarts[row])..<Int(lineStarts[row + 1])
      part.lineStarts = [0, UInt32(lines.count)]
      part.lineItemID = lineItemID.picking(lines)
      part.lineQuantity = picked(lineQuantity, lines)
      part.lineUnitPrice = picked(lineUnitPrice, lines)
    }
    return part
  }
}
