/// Named limits of this target, each with its reason.
package enum Limits {
  /// Rows of a segment: one row group, large enough that dictionaries and footers cost little.
  package static let segmentRowCount = 1 << 20
  /// Message bytes of a segment: bounds what an open segment of long messages may hold in memory.
  package static let segmentMessageByteCount = 384 << 20
  /// Raw bytes of a page of messages: the unit of parallel compression.
  package static let messagePageByteCount = 1 << 20
  /// Rows of a page of messages, however short they are.
  package static let messagePageRowCount = 1 << 16
  /// Bytes of a column's dictionary, after which its further pages are plain.
  package static let dictionaryByteCount = 32 << 20
  /// Rows of a page of any other column: what one verification of a duplicate decodes.
  package static let pageRowCount = 1 << 15
  /// Rows of a page of times and of ids that are looked up: a look-up reads one of each for every
  /// place where rows lie. Half of it would make look-ups 2 % faster and ledgers 0.2 % larger.
  package static let lookUpPageRowCount = 1 << 13
  /// Rows of a page of identities: a block of the index, which a comparison reads whole.
  package static let identityPageRowCount = 1 << 14
  /// The share of ids that a segment has not and its bloom filter seems to have: a mistake costs
  /// a look at the filters of its pages.
  package static let bloomFalsePositiveRate = 0.02
  /// Bits an id for the filters of pages. Three of a hundred pages that have not an id seem to have
  /// it, and each costs its decoding; a bit more is a quarter of a percent of a segment.
  package static let pageFilterBitCount = 8
  /// Rows handed to a scan's body at once.
  package static let scanRowCount = 1 << 16
  /// Rows of a batch of a segment's scan: all columns of one stay in the second cache.
  package static let batchRowCount = 1 << 14
  /// Rows of a block, the precision with which the index of duplicates knows a row's place.
  package static let indexBlockRowCount = 1 << 14
  /// Look-ups that are on their way to memory at once.
  package static let indexPrefetchRowCount = 16
  /// Rows a block of 32 bytes of the filter of identities, at most: 1 % of new ones pass then.
  package static let filterRowsPerBlock = 24
  /// Rows for which a filter has room besides those that are there, at least a quarter of them:
  /// growing makes it anew.
  package static let filterSpareRowCount = 1 << 22
  /// Buckets of a piece of an index run's file, which has a checksum and is read at once for one
  /// look-up: about 800 bytes, and eight a piece in memory.
  package static let indexPieceBucketCount = 16
  /// Bytes of an index run's or a filter's file that are read, checked and worked on at once.
  package static let indexReadByteCount = 1 << 20
  /// Look-ups that a run answers from its file, one for so many rows, before it is read whole: that
  /// takes about as long as these have taken.
  package static let indexRowsPerFileLookUp = 128
  /// Identities that are looked up for one segment in the index; of more, the filters of the
  /// segment's pages of ids cost less.
  package static let indexedLookUpCount = 16
  /// Runs of one size class that are merged into the next.
  package static let indexFanIn = 4
  /// Rows from which an index run has a file: fewer are read back from segments in a second or two.
  package static let indexFileRowCount = 1 << 22
  /// Segments from which an index run has a file, however few rows they have.
  package static let indexRunSegmentCount = 64
  /// Rows of the largest index run: bounds the memory of a merge (two times 270 MB).
  package static let indexRunRowCount = 1 << 26
  /// Decompressed pages that look-ups keep: those of a few hundred places.
  package static let keptPageByteCount = 128 << 20
  /// Pages of messages that are decompressed before they are asked for: a quarter of what is kept.
  package static let preparedPageCount = 32
  /// Segments that look-ups keep open: each is an open file, of a thousand that are allowed.
  package static let openedSegmentCount = 256
  /// Decoded blocks kept while candidates for duplicates are compared: about a megabyte each.
  package static let verificationPageCount = 16
  /// Segments kept open meanwhile, each with a page of messages.
  package static let verificationReaderCount = 8
  /// Messages that a dump or a check holds at once: a few megabytes of ordinary ones.
  package static let dumpRowCount = 1 << 13
  /// Neighbouring messages read at once.
  package static let verificationRowCount = 1024
  /// Message bytes of a frame of a fresh log: what a reader decodes at once. A longer message has
  /// a frame of its own.
  package static let freshFrameTextByteCount = 8 << 20
  /// Bytes of a whole frame that are believed: the longest message, its columns and strings.
  package static let freshFrameByteCount = 256 << 20
  /// Bytes of a segment in the making that a live writer holds before it seals the segment early.
  package static let liveHeldByteCount = 96 << 20
  /// Microseconds after which a live writer seals what is fresh: six hours.
  package static let sealAfterMicroseconds: Int64 = 6 * 3_600 * 1_000_000
  /// Fresh logs (a restart begins a new one) from which a live writer seals early.
  package static let freshLogCount = 64
  /// Segments that are merged at once: each is an open file.
  package static let compactionInputCount = 64
  /// Bytes of the files that are merged into one: they are held encoded until it is written.
  package static let compactedByteCount = 128 << 20
  /// Times a reader asks for the catalog again when a file that it named is gone.
  package static let snapshotAttemptCount = 16
  /// Rounds of an intake while which a full segment is written beside them: about as long as
  /// hashing and synchronising it takes.
  package static let writingRoundCount = 32
  /// Bytes of a new file after which the disk is asked to begin with them.
  static let writebackByteCount = 4 << 20
  /// Bytes of a file that are read or hashed at once.
  package static let ioByteCount = 1 << 20
  /// Topics, origins and reasons listed for a person are cut to this many bytes.
  package static let shownByteCount = 256
}
