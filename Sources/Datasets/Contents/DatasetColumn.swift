package import Bytes

/// A named column beside the fixed ones: of examples, or of interactions.
package struct DatasetColumn: Sendable, Equatable {
  /// What the values are; times, truth values and days are integers that say so.
  package enum Kind: String, Sendable, CaseIterable {
    case integer, real, text, time, boolean
  }

  /// What a trainer may do with a column.
  package enum Use: String, Sendable, CaseIterable {
    /// Known when the example's inputs end.
    case feature
    /// What is to be predicted; never an input.
    case label
    /// For people and joins: ids, times of knowledge.
    case context
  }

  package var name: String
  package var kind: Kind
  package var use: Use
  /// One sentence for cards and schemas.
  package var meaning: String

  package init(_ name: String, _ kind: Kind, _ use: Use, _ meaning: String) {
    self.name = name
    self.kind = kind
    self.use = use
    self.meaning = meaning
  }
}

/// The values of one column of a batch.
///
/// - Shape: `text` for the kind text, `real` for real (NaN is null), `integer` for all others.
/// - Units: times in microseconds since 1970 UTC, money in minor units, truth as 0 and 1.
package enum ColumnValues: Sendable, Equatable {
  case integer(OptionalIntegers<Int64>)
  case real([Double])
  case text(DatasetTexts)

  package init(_ kind: DatasetColumn.Kind) {
    switch kind {
    case .text: self = .text(DatasetTexts())
    case .real: self = .real([])
    case .integer, .time, .boolean: self = .integer(OptionalIntegers())
    }
  }

  package var count: Int {
    switch self {
    case .integer(let column): column.values.count
    case .real(let values): values.count
    case .text(let column): column.count
    }
  }

  /// The integer of a row, or nil where it is null or the column holds none.
  package func integer(_ row: Int) -> Int64? {
    if case .integer(let column) = self { return column.at(row) }
    return nil
  }

  /// The real number of a row; nil where it is null or the column holds none.
  package func real(_ row: Int) -> Double? {
    if case .real(let values) = self { return values[row].isNaN ? nil : values[row] }
    return nil
  }

  /// The bytes of a row, or nil where it is null or the column holds none.
  package func text(_ row: Int) -> ArraySlice<UInt8>? {
    if case .text(let column) = self { return column[row] }
    return nil
  }
}

/// A column of byte strings with nulls.
package struct DatasetTexts: Sendable, Equatable {
  package var strings = ByteStrings()
  /// 1 where there is a string, else 0; the string is then empty.
  package var isPresent: [UInt8] = []

  package init() {}

  package var count: Int { isPresent.count }

  package subscript(row: Int) -> ArraySlice<UInt8>? {
    isPresent[row] == 1 ? strings[row] : nil
  }

  package mutating func append(_ string: (some Sequence<UInt8>)?) {
    if let string {
      strings.append(string)
      isPresent.append(1)
    } else {
      strings.append(EmptyCollection())
      isPresent.append(0)
    }
  }
}

extension OptionalIntegers: Equatable {
  package static func == (left: OptionalIntegers, right: OptionalIntegers) -> Bool {
    left.isPresent == right.isPresent
      && left.isPresent.indices.allSatisfy { left[$0] == right[$0] }
  }
}
