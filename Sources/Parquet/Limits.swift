/// Named limits of this target, each with its reason.
enum Limits {
  /// Nested structures in a footer or a page header; real metadata stays below ten, and a bounded
  /// depth keeps hostile bytes from exhausting the stack.
  static let thriftDepth = 64

  /// Groups inside groups in a schema; keeps recursive walks of the tree on a small stack.
  static let schemaDepth = 100

  /// Bytes of one footer; a footer is held in memory as a whole.
  static let footerByteCount = 1 << 29

  /// Bytes of one page header; statistics with very long values stay below it.
  static let pageHeaderByteCount = 1 << 24

  /// Bytes of one page before and after decompression; pages are held in memory as a whole.
  static let pageByteCount = 1 << 30

  /// Output that is reserved at once, whatever a header claims; more only as data really comes.
  static let trustedByteCount = 1 << 20

  /// Output bytes that an input byte may justify before decompression goes step by step.
  static let trustedExpansion = 64

  /// Values of one page; a run-length encoded page can claim any number of values in a few bytes.
  static let pageValueCount = 1 << 27

  /// Bytes of strings in one batch of rows: a dictionary can repeat a long string in a few bits,
  /// and offsets have 32 bits.
  static let batchByteCount = 1 << 30

  /// Entries of the level streams in one batch of rows: a single row can claim any list length in a
  /// few bytes.
  static let batchEntryCount = 1 << 26

  /// Decompression contexts that are kept for the next readers, about 100 KB each.
  static let spareContextCount = 32
  /// Bytes of a context that is kept.
  static let spareContextByteCount = 1 << 18
  /// Bytes read from the source at once when pages are read one after the other.
  static let readAheadByteCount = 1 << 18

  /// Bytes guessed for a page header; doubled until the header is whole.
  static let pageHeaderGuess = 1 << 10

  /// Bytes read at the end of the file in the hope that the footer is among them.
  static let footerGuess = 1 << 16

  /// Bytes of a column index, offset index or bloom filter.
  static let indexByteCount = 1 << 28

  /// Hashes among which a string for a bloom filter is looked for before it is added once more; a
  /// power of two whose table stays in the first cache.
  static let recentHashCount = 1 << 12
  /// Bytes that are read in the time of one more call to the system: what decides whether filters
  /// of pages are read whole.
  static let pageFilterProbeByteCount = 1 << 12
  /// Bytes that hold any header of a bloom filter.
  static let bloomFilterHeaderGuess = 64

  /// Levels decoded at once of a column with lists; small enough for the first-level cache.
  static let levelChunkCount = 4096
}
