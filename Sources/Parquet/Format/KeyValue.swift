/// A named text in the footer, for whoever wrote the file.
public struct KeyValue: Sendable, Equatable {
  public var key: String
  public var value: String?

  public init(_ key: String, _ value: String?) {
    self.key = key
    self.value = value
  }

  func write(to writer: inout ThriftWriter) {
    writer.begin()
    writer.text(1, key)
    writer.text(2, value)
    writer.end()
  }

  init(from reader: inout ThriftReader) throws(ParquetError) {
    key = ""
    var fields = try reader.beginStructure()
    while let field = try reader.next(&fields) {
      switch field.id {
      case 1: key = try reader.text(field)
      case 2: value = try reader.text(field)
      default: try reader.skip(field)
      }
    }
  }
}
