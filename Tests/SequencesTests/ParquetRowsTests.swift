import Foundation
import NaiveSequences
import Parquet
import Sequences
import Testing

/// The Parquet file says the same as the NDJSON, value by value.
@Suite struct `Sequences as Parquet` {
  @Test(arguments: 0..<8)
  func `have the values of the NDJSON rows`(seed: UInt64) throws {
    let (json, naiveOptions) = hostileOptions(seed: seed)
    let options = try SequenceOptions(parsing: json, file: "options")
    let lines = naiveLines(ofFile: hostileLines(seed: seed, count: 100, options: naiveOptions))
    let found = try compute(
      layout(lines, parts: 2), options, formats: [.ndjson, .parquet], Circumstances(threads: 2))
    let expected = try jsonLines(found.rows).map(canonical)
    #expect(try rows(ofFile: found.texts[1]).map(canonical) == expected)
  }

  @Test func `carry a field id on every column and group`() throws {
    let found = try compute([], formats: [.parquet])
    let file = try FileReader(MemorySource(found.rows))
    var ids: [Int32] = []
    func visit(_ node: SchemaNode) {
      ids.append(node.fieldID ?? -1)
      node.children.forEach(visit)
    }
    file.schema.fields.forEach(visit)
    #expect(!ids.contains(-1))
    #expect(Set(ids).count == ids.count)
  }

  private func canonical(_ row: [String: Any]) throws -> String {
    text([UInt8](try JSONSerialization.data(withJSONObject: row, options: .sortedKeys)))
  }

  private func rows(ofFile bytes: [UInt8]) throws -> [[String: Any]] {
    let file = try FileReader(MemorySource(bytes))
    var rows: [[String: Any]] = []
    for group in file.metadata.rowGroups.indices {
      let start = rows.count
      rows += Array(repeating: [:], count: file.metadata.rowGroups[group].rowCount)
      for field in file.schema.fields {
        let reader = try file.fieldReader(field.name, rowGroup: group)
        var row = start
        while let column = try reader.read(100) {
          for slot in column.isPresent.indices {
            rows[row][field.name] = value(column, slot)
            row += 1
          }
        }
      }
    }
    return rows
  }

  private func value(_ column: FieldColumn, _ slot: Int) -> Any {
    if column.isPresent[slot] == 0 { return NSNull() }
    switch column {
    case .values(let leaf): return value(leaf, slot)
    case .structure(let structure):
      var object: [String: Any] = [:]
      for (name, field) in zip(structure.names, structure.fields) {
        object[name] = value(field, slot)
      }
      return object
    case .list(let list):
      return (Int(list.offsets[slot])..<Int(list.offsets[slot + 1])).map {
        value(list.element, $0)
      }
    }
  }

  private func value(_ leaf: LeafColumn, _ slot: Int) -> Any {
    switch leaf.values {
    case .int32(let values): return Int64(values[slot])
    case .int64(let values):
      return leaf.column.logicalType == nil ? values[slot] : text(NaiveTime.text(values[slot]))
    case .strings(let values):
      return String(
        decoding: values[slot],
        as: UTF8.self)
    default: return "a type that no row has"
    }
  }
}
