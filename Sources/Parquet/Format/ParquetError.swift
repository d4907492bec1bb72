/// Why a Parquet file cannot be read or written: what is wrong and where.
///
/// - Units: `byteOffset` counts bytes from the start of the file.
public struct ParquetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The class of the problem, for callers that treat some of them differently.
  public enum Kind: Sendable, Equatable {
    /// The bytes are no Parquet file at all.
    case notParquet
    /// The bytes break the format.
    case corrupt
    /// A stored checksum differs from that of the bytes.
    case checksum
    /// The file uses a feature that this library does not have.
    case unsupported
    /// A size is above a named limit, or above what the file can hold.
    case limit
    /// The source of the bytes failed.
    case source
    /// The caller asked for something that the file or the column does not have.
    case misuse
  }

  public var kind: Kind
  /// What was being read or written, and what is wrong with it.
  public var what: String
  /// Dot path of the column.
  public var column: String?
  /// Number of the row group, from 0.
  public var rowGroup: Int?
  /// Position in the file.
  public var byteOffset: Int?
  /// What should have been there.
  public var expected: String?
  /// What was there.
  public var found: String?

  public init(
    _ kind: Kind, _ what: String, column: String? = nil, rowGroup: Int? = nil,
    byteOffset: Int? = nil, expected: String? = nil, found: String? = nil
  ) {
    self.kind = kind
    self.what = what
    self.column = column
    self.rowGroup = rowGroup
    self.byteOffset = byteOffset
    self.expected = expected
    self.found = found
  }

  public var description: String {
    var text = what
    if let expected { text += ", expected \(expected)" }
    if let found { text += ", found \(found)" }
    var places: [String] = []
    if let column { places.append("column \(column)") }
    if let rowGroup { places.append("row group \(rowGroup)") }
    if let byteOffset { places.append("byte \(byteOffset)") }
    return places.isEmpty ? text : text + " (" + places.joined(separator: ", ") + ")"
  }

  /// The same error with the place filled in where it was still unknown.
  func located(column: String?, rowGroup: Int?, byteOffset: Int? = nil) -> ParquetError {
    var copy = self
    if copy.column == nil { copy.column = column }
    if copy.rowGroup == nil { copy.rowGroup = rowGroup }
    if copy.byteOffset == nil { copy.byteOffset = byteOffset }
    return copy
  }

  static func corrupt(
    _ what: String, at byteOffset: Int? = nil, expected: String? = nil, found: String? = nil
  ) -> ParquetError {
    ParquetError(.corrupt, what, byteOffset: byteOffset, expected: expected, found: found)
  }
}
