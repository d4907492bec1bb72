import Parquet

/// Rows read back by our own reader, as the values that `TableWriter` takes.
enum ReadBack {
  static func rows(_ bytes: [UInt8], batchRowCount: Int = 100) throws -> [[TableValue]] {
    let file = try FileReader(MemorySource(bytes))
    var rows: [[TableValue]] = []
    for group in file.metadata.rowGroups.indices {
      var fields: [[TableValue]] = []
      for field in file.schema.fields {
        let reader = try file.fieldReader(field.name, rowGroup: group)
        var values: [TableValue] = []
        while let batch = try reader.read(batchRowCount) {
          values += (0..<batch.isPresent.count).map { value(batch, $0) }
        }
        fields.append(values)
      }
      for row in 0..<file.metadata.rowGroups[group].rowCount { rows.append(fields.map { $0[row] }) }
    }
    return rows
  }

  static func value(_ column: FieldColumn, _ slot: Int) -> TableValue {
    guard column.isPresent[slot] == 1 else { return .null }
    switch column {
    case .structure(let structure):
      return .structure(structure.fields.map { value($0, slot) })
    case .list(let list):
      let elements = list.offsets[slot]..<list.offsets[slot + 1]
      return .list(elements.map { value(list.element, Int($0)) })
    case .values(let leaf):
      switch leaf.values {
      case .booleans(let values): return .boolean(values[slot] == 1)
      case .int32(let values): return .integer(Int64(values[slot]))
      case .int64(let values): return .integer(values[slot])
      case .floats(let values): return .float(values[slot])
      case .doubles(let values): return .double(values[slot])
      case .strings(let values): return .bytes(Array(values[slot]))
      case .fixed(let values, let width):
        return .bytes(Array(values[slot * width..<(slot + 1) * width]))
      case .codes(let codes): return .integer(Int64(codes[slot]))
      }
    }
  }

  /// Equality in which every NaN is itself; by the bits, since `-0.0 == 0.0` hides a sign.
  static func isEqual(_ left: [[TableValue]], _ right: [[TableValue]]) -> Bool {
    left.count == right.count
      && zip(left, right).allSatisfy { $0.map(\.expectation) == $1.map(\.expectation) }
  }
}
