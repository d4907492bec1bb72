/// Named limits of this target, each with its reason.
enum Limits {
  /// Options and mappings are written by people; a table of 10,000 topics fits.
  static let textByteCount = 1 << 20
  /// Brackets opened in flow style: bounds how deep the parser recurses, whatever the text.
  static let openingBrackets = 2_000
  /// Columns of indentation and list marks at the start of a line: bounds block nesting.
  static let indentation = 200
  /// Values in a document; above every sensible file, below what costs noticeable time.
  static let nodes = 200_000
  /// Things that look like a YAML alias: aliases are refused, but the parser meets them first, and
  /// nested ones could cost it exponential time.
  static let aliasCandidates = 16
  /// Longest name that is compared when looking for the nearest valid one.
  static let comparedNameByteCount = 64
}
