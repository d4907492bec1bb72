/// Makes the levels of a nested column from offsets and presence, going down its path step by step.
///
/// A table of slots stands for every step: the rows at first, then the elements of the lists met.
/// A list of optional structures with an optional field is, after `init(rowCount:)`:
///
///     builder.optional(listIsPresent)    // a byte a row
///     builder.repeated(listOffsets)      // rows + 1 offsets; a null list's range is empty
///     builder.optional(elementIsPresent) // a byte an element
///     builder.optional(fieldIsPresent)   // a byte an element
///
/// Required steps are left out. Columns of one list share the first steps: the builder is a value,
/// so it is copied and each copy goes on alone.
public struct LevelBuilder: Sendable {
  /// A definition level an entry.
  public private(set) var definition: [UInt8]
  /// A repetition level an entry; all 0 outside lists.
  public private(set) var repetition: [UInt8]
  /// The slot of each entry in the table of the last step, or `absent` where a null or an empty
  /// list ended the path.
  private var slots: [UInt32]
  private var definitionLevel: UInt8 = 0
  private var repetitionLevel: UInt8 = 0
  private var slotCount: Int

  private static let absent = UInt32.max

  public init(rowCount: Int) {
    precondition(rowCount >= 0 && rowCount < Int(UInt32.max), "rows are counted in 32 bits")
    definition = [UInt8](repeating: 0, count: rowCount)
    repetition = [UInt8](repeating: 0, count: rowCount)
    slots = (0..<rowCount).map { UInt32($0) }
    slotCount = rowCount
  }

  /// Goes through an optional field; without presence every slot is present.
  ///
  /// - Shape: a byte a slot, 0 for null.
  public mutating func optional(_ presence: UnsafeBufferPointer<UInt8>? = nil) {
    precondition(presence.map { $0.count == slotCount } ?? true, "presence has a byte a slot")
    definitionLevel += 1
    for entry in slots.indices where slots[entry] != LevelBuilder.absent {
      if let presence, presence[Int(slots[entry])] == 0 {
        slots[entry] = LevelBuilder.absent
      } else {
        definition[entry] = definitionLevel
      }
    }
  }

  /// Goes through an optional field; see ``optional(_:)``.
  public mutating func optional(_ presence: [UInt8]) {
    presence.withUnsafeBufferPointer { optional($0) }
  }

  /// Goes through a repeated field.
  ///
  /// - Shape: the elements of slot `s` are `offsets[s]..<offsets[s + 1]`; they are the slots of the
  ///   next step.
  public mutating func repeated(_ offsets: UnsafeBufferPointer<UInt32>) {
    precondition(offsets.count == slotCount + 1, "offsets are one more than the slots")
    definitionLevel += 1
    repetitionLevel += 1
    var newDefinition: [UInt8] = []
    var newRepetition: [UInt8] = []
    var newSlots: [UInt32] = []
    let expected = slots.count + Int(offsets[slotCount] &- offsets[0])
    newDefinition.reserveCapacity(expected)
    newRepetition.reserveCapacity(expected)
    newSlots.reserveCapacity(expected)
    for entry in slots.indices {
      let slot = slots[entry]
      let first = slot == LevelBuilder.absent ? 0 : offsets[Int(slot)]
      let end = slot == LevelBuilder.absent ? 0 : offsets[Int(slot) + 1]
      precondition(first <= end, "offsets ascend")
      guard first < end else {
        newDefinition.append(definition[entry])
        newRepetition.append(repetition[entry])
        newSlots.append(LevelBuilder.absent)
        continue
      }
      for element in first..<end {
        newDefinition.append(definitionLevel)
        newRepetition.append(element == first ? repetition[entry] : repetitionLevel)
        newSlots.append(element)
      }
    }
    definition = newDefinition
    repetition = newRepetition
    slots = newSlots
    slotCount = Int(offsets[offsets.count - 1])
  }

  /// Goes through a repeated field; see ``repeated(_:)``.
  public mutating func repeated(_ offsets: [UInt32]) {
    offsets.withUnsafeBufferPointer { repeated($0) }
  }

  /// The slots whose values are stored, in order: the selection to append with.
  public var selection: [UInt32] { slots.filter { $0 != LevelBuilder.absent } }

  /// Lends the levels to an append.
  public func withLevels<Result>(
    _ body: (LevelBuffers) throws(ParquetError) -> Result
  ) throws(ParquetError) -> Result {
    var result: Swift.Result<Result, ParquetError>?
    definition.withUnsafeBufferPointer { definition in
      repetition.withUnsafeBufferPointer { repetition in
        do throws(ParquetError) {
          result = .success(
            try body(LevelBuffers(definition: definition, repetition: repetition)))
        } catch {
          result = .failure(error)
        }
      }
    }
    guard let result else { throw ParquetError(.misuse, "levels were not lent") }
    return try result.get()
  }
}
