import Events
import Files

/// Reads sealed rows back to compare them with new ones, byte for byte.
struct SealedRows {
  private let files: any FileSystem
  private let directory: LedgerDirectory
  private var segments: [SegmentRecord]
  private let hashSeed: UInt64

  init(
    _ files: any FileSystem, _ directory: LedgerDirectory, _ segments: [SegmentRecord],
    hashSeed: UInt64
  ) {
    self.files = files
    self.directory = directory
    self.segments = segments
    self.hashSeed = hashSeed
  }

  mutating func add(_ new: [SegmentRecord]) { segments += new }

  /// Which of the candidates are the same event.
  ///
  /// - Shape: verdicts ascend by row, at most one a row.
  mutating func compare(_ batch: EventBatch, _ candidates: [Candidate]) throws -> [Verdict] {
    []
  }
}
