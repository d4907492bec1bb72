package import Ledger

/// What became of one input.
package struct InputReport: Sendable {
  /// How the reading of an input ended.
  package enum End: Sendable, Equatable {
    /// Read to its end.
    case whole
    /// Its content was taken in before, by this or another name: nothing was done.
    case alreadyTaken(origin: String)
    /// The input ends in the middle of a line or of its compressed stream, in words.
    case cutOff(String)
  }

  package var origin: String
  package var byteCount = 0
  package var lineCount: Int64 = 0
  /// Records that the mapping's rules passed over.
  package var skippedCount = 0
  package var counts = AppendCounts()
  package var end = End.whole

  package init(origin: String) { self.origin = origin }

  /// Messages refused: faulty ones and conflicts.
  package var rejectedCount: Int { counts.rejected + counts.conflicts }
}
