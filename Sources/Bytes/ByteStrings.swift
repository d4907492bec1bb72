/// Many byte strings in one buffer: string `i` is `bytes[offsets[i]..<offsets[i + 1]]`.
///
/// - Shape: `offsets` has one entry more than there are strings and starts with 0.
/// - Units: offsets in bytes; the whole is below 4 GiB by construction of its makers.
package struct ByteStrings: Sendable, Equatable {
  package var bytes: [UInt8]
  package var offsets: [UInt32]

  package init(bytes: [UInt8] = [], offsets: [UInt32] = [0]) {
    precondition(!offsets.isEmpty, "offsets start with a zero")
    self.bytes = bytes
    self.offsets = offsets
  }

  package var count: Int { offsets.count - 1 }

  package subscript(index: Int) -> ArraySlice<UInt8> {
    bytes[Int(offsets[index])..<Int(offsets[index + 1])]
  }

  // Inlined into other targets: called for every string, and generic.
  @inlinable package mutating func append(_ string: some Sequence<UInt8>) {
    bytes.append(contentsOf: string)
    offsets.append(UInt32(bytes.count))
  }

  /// String `index` decoded as UTF-8, for people and tests; never in hot code.
  package func text(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }
}

/// A column of byte strings as integers into a dictionary.
///
/// - Shape: one code a row; `absent` stands for null. A shared dictionary is the same for all
///   batches of one run and may hold strings that no row of this batch uses; any other is the
///   batch's own and may hold equal strings twice.
package struct CodedStrings: Sendable {
  package static let absent = UInt32.max

  package var codes: [UInt32]
  package var dictionary: ByteStrings
  /// Whether the dictionary is that of the whole run.
  package var isShared: Bool

  package init(
    codes: [UInt32] = [], dictionary: ByteStrings = ByteStrings(), isShared: Bool = true
  ) {
    self.codes = codes
    self.dictionary = dictionary
    self.isShared = isShared
  }

  /// The string of a row, or nil when it is absent; for people and tests.
  package func text(_ row: Int) -> String? {
    codes[row] == CodedStrings.absent ? nil : dictionary.text(Int(codes[row]))
  }

  /// Some rows alone, each with a string of its own; rows beyond the column are absent.
  package func picking(_ rows: Range<Int>) -> CodedStrings {
    var own = CodedStrings(isShared: false)
    for row in rows {
      let code = row < codes.count ? codes[row] : CodedStrings.absent
      if code == CodedStrings.absent {
        own.codes.append(code)
      } else {
        own.codes.append(UInt32(own.dictionary.count))
        own.dictionary.append(dictionary[Int(code)])
      }
    }
    return own
  }
}

/// A column of integers with nulls: `values[i]` counts only where `isPresent[i]` is 1.
package struct OptionalIntegers<Value: FixedWidthInteger & Sendable>: Sendable {
  package var values: [Value]
  package var isPresent: [UInt8]

  package init(values: [Value] = [], isPresent: [UInt8] = []) {
    self.values = values
    self.isPresent = isPresent
  }

  @inlinable package subscript(row: Int) -> Value? { isPresent[row] == 1 ? values[row] : nil }

  // Inlined into other targets: called for every value, and generic.
  @inlinable package mutating func append(_ value: Value?) {
    values.append(value ?? 0)
    isPresent.append(value == nil ? 0 : 1)
  }
}
