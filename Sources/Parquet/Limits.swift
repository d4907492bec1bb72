/// Named limits of this target, each with its reason.
public enum Limits {
  /// Nested structures in a footer or a page header; real metadata stays below ten, and a bounded
  /// depth keeps hostile bytes from exhausting the stack.
  public static let thriftDepth = 64

  /// Groups inside groups in a schema; keeps recursive walks of the tree on a small stack.
  public static let schemaDepth = 100

  /// Bytes of one footer; a footer is held in memory as a whole.
  public static let footerByteCount = 1 << 29

  /// Bytes of one page header; statistics with very long values stay below it.
  public static let pageHeaderByteCount = 1 << 24

  /// Bytes of one page before and after decompression; pages are held in memory as a whole.
  public static let pageByteCount = 1 << 30

  /// Output that is reserved at once, whatever a header claims; more only as data really comes.
  public static let trustedByteCount = 1 << 20

  /// Output bytes that an input byte may justify before decompression goes step by step.
  public static let trustedExpansion = 64

  /// Values of one page; a run-length encoded page can claim any number of values in a few bytes.
  public static let pageValueCount = 1 << 27
}
