/// Named limits of this target, each with its reason.
enum Limits {
  /// A batch of examples stays within the processor's last cache, and renderings within memory.
  static let batchInteractionCount = 16_384
  /// Text is gathered up to here before it is written and hashed.
  static let writeByteCount = 1 << 18
  /// Of records that are read here and there, this much is read at once: most fit.
  static let scatteredByteCount = 1 << 13
  /// Places a check names; more would not be read.
  static let leakExampleCount = 5
  /// Targets that may have the time of an input before it is a breach: shops' clocks count
  /// milliseconds or seconds, so some ties are normal.
  static let tiedPerMillion = 50_000
  /// Examples of train in which rules are counted, so that the test stays within memory.
  static let shuffleExampleCount = 20_000
  /// The same, in interactions: four tables of about 20 bytes for each of them.
  static let shuffleInteractionCount = 400_000
  /// One event of so many may lie far after all others before it is taken for a clock that runs
  /// ahead: a day of a living shop has more.
  static let strayShare = 1_000
  /// A file that a person wrote or a manifest; larger ones are not ours.
  static let documentByteCount = 64 << 20
  /// A shard's encoded row groups or records wait in memory until its file is written.
  static let shardInteractionCount = 1 << 20
  /// A Parquet row group of examples ends here: what a reader decodes at once.
  static let rowGroupRowCount = 100_000
  static let rowGroupByteCount = 24 << 20
  /// Records that a thread works on at once: enough that handing them over costs nothing.
  static let blockByteCount = 1 << 18
  /// Blocks that may wait for an earlier one, so that no thread waits for another's long block.
  static let waitingBlockCount = 8
  /// The share of the memory limit that one set of keys fills before it goes to disk: a build has
  /// at most some ten at once.
  static let keyShare = 64
  /// The share of the memory limit that words of a vocabulary fill while they are sorted; two sets
  /// at a time.
  static let wordShare = 16
  /// Records beyond this are no faster in one run, and their places are 32 bits.
  static let recordRunByteCount = 1 << 30
  /// Fewer keys than this are not worth a run.
  static let smallestKeyCount = 4_096
  /// Keys of a run that are read at once.
  static let smallestKeyBufferCount = 256
  /// The share of the memory limit that the filter before one set of keys may take.
  static let filterShare = 64
  /// What the leakage gate and the batches take of the time of a plan.
  static let gateShare = 0.25
  /// Writing a format and reading it again goes at about this many bytes a second on one thread.
  static let formatBytesPerSecond = 40_000_000.0
  /// Distinct paths of a table that wait in memory, in bytes, before they go to disk as a run.
  static let pathTableByteCount = 8 << 20
  /// What an entry of such a table takes beside its text.
  static let pathEntryByteCount = 96
}
