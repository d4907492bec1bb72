import Bytes
import Foundation
import Parquet
import Testing

/// Every file of apache/parquet-testing that uses supported features reads with the values that
/// pyarrow reads; the others give `unsupported`, and damaged ones an error.
@Suite struct Corpus {
  /// Files that need what this library does not have.
  private static let outOfScope: [(suffix: String, why: String)] = [
    (".parquet.encrypted", "modular encryption"),
    ("large_string_map.brotli.parquet", "brotli"),
  ]

  @Test func `reads with the values that pyarrow reads`() throws {
    let corpus = try CorpusFiles.shared.get()
    var readColumns = 0
    for (path, columns) in Dictionary(grouping: corpus.expected, by: \.file).sorted(by: {
      $0.key < $1.key
    })
    where path.hasPrefix("data/") && !columns.contains(where: { $0.rowCount == nil }) {
      let bytes = try corpus.bytes(path)
      let file: FileReader
      do {
        file = try FileReader(MemorySource(bytes))
      } catch {
        Issue.record("\(path): \(error)")
        continue
      }
      #expect(Set(file.schema.fields.map(\.name)) == Set(columns.map(\.column)), "\(path)")
      for column in columns {
        do {
          let rows = try read(file, column.column)
          let first = String(rows.prefix(4).joined(separator: " ").prefix(600))
          #expect(first == column.first, "\(path) \(column.column)")
          #expect(rows.count == column.rowCount, "\(path) \(column.column)")
          #expect(digest(rows) == column.digest, "\(path) \(column.column)")
          readColumns += 1
        } catch {
          Issue.record("\(path) \(column.column): \(error)")
        }
      }
    }
    #expect(readColumns == 340)
    print("corpus: \(readColumns) columns equal to what pyarrow reads")
  }

  @Test func `names what is out of scope, and why`() throws {
    let corpus = try CorpusFiles.shared.get()
    for path in corpus.paths where path.contains(".parquet") && !path.hasSuffix(".json") {
      let bytes = try corpus.bytes(path)
      guard let reason = Corpus.outOfScope.first(where: { path.hasSuffix($0.suffix) }) else {
        continue
      }
      let error = #expect(throws: ParquetError.self, "\(path)") {
        let file = try FileReader(MemorySource(bytes))
        for field in file.schema.fields { _ = try read(file, field.name) }
      }
      #expect(error?.kind == .unsupported, "\(path): \(String(describing: error))")
      print("corpus: out of scope: \(path) (\(reason.why)): \(error.map { "\($0)" } ?? "")")
    }
  }

  @Test func `bad data gives errors or what pyarrow reads`() throws {
    let corpus = try CorpusFiles.shared.get()
    for (path, columns) in Dictionary(grouping: corpus.expected, by: \.file).sorted(by: {
      $0.key < $1.key
    })
    where path.hasPrefix("bad_data/") || columns.contains(where: { $0.rowCount == nil }) {
      var outcomes: [String: Int] = [:]
      let bytes = try corpus.bytes(path)
      do {
        let file = try FileReader(MemorySource(bytes))
        for field in file.schema.fields {
          let column = columns.first { $0.column == field.name }
          do {
            let rows = try read(file, field.name)
            if let column, column.rowCount != nil {
              #expect(digest(rows) == column.digest, "\(path) \(field.name)")
              outcomes["read as pyarrow does", default: 0] += 1
            } else {
              outcomes["read \(rows.count) rows that pyarrow refuses", default: 0] += 1
              print("corpus: \(path) \(field.name): \(rows.prefix(4))")
            }
          } catch let error as ParquetError {
            outcomes["\(error)", default: 0] += 1
          }
        }
      } catch let error as ParquetError {
        outcomes["\(error)", default: 0] += 1
      }
      for (outcome, count) in outcomes.sorted(by: { $0.key < $1.key }) {
        print("corpus: \(path): \(count) × \(outcome)")
      }
    }
  }

  private func read(_ file: FileReader, _ field: String) throws -> [String] {
    var rows: [String] = []
    for rowGroup in file.metadata.rowGroups.indices {
      let reader = try file.fieldReader(field, rowGroup: rowGroup)
      while let batch = try reader.read(1000) { rows += CorpusText.rows(batch) }
    }
    return rows
  }

  private func digest(_ rows: [String]) -> String {
    var digest = SHA256()
    for row in rows {
      Array((row + "\n").utf8).withUnsafeBytes { digest.update($0) }
    }
    return CorpusText.hex(digest.finish())
  }
}
