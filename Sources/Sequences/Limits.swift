/// Named limits of this target, each with its reason.
enum Limits {
  /// Strings of few distinct values (topics, sources, channels, currencies) are coded up to this
  /// many; what comes later is written out in each record, so no hostile column can grow memory.
  static let sharedStringCount = 65_536
  /// The same, in bytes of text.
  static let sharedStringByteCount = 4 << 20
  /// Rows of a task of a scan: two pages of a segment's ordinary columns.
  static let taskRowCount = 65_536
  /// Runs that a look-up keeps open: each is an open file, of which a process may have a thousand.
  static let openRunCount = 256
  /// Rows that a look-up reads one by one; of more, a scan of everything is quicker.
  static let pickedRowCount = 20_000
  /// Rows between two that a look-up wants which it reads along: fewer values than those of the
  /// pages that it would begin anew.
  static let neighbourRowCount = 4_096
  /// Rows of a task of a scan of new rows, a page of an ordinary column: those of a day are few,
  /// and all threads are to have as many.
  static let keptTaskRowCount = 32_768
  /// Rows that kept events are taken apart into at once.
  static let keptColumnsRowCount = 16_384
  /// Bytes of these rows beyond which there are fewer: offsets of their strings have 32 bits.
  static let keptColumnsByteCount = 256 << 20
  /// Rows of whole components that an update computes at once: enough that beginning costs nothing,
  /// few enough that all threads have work and what they touch stays near.
  static let keptBatchRowCount = 24_576
  /// Bytes of deltas that follow a kept state, however small it is, and how many: they are read and
  /// taken in one by one.
  static let keptDeltaByteCount = 1 << 16
  static let keptDeltaCount = 32
  /// Entries of kept rows are written together up to this size: what is larger is not copied.
  static let keptPartByteCount = 1 << 20
  /// What is read of each run of kept rows at once.
  static let keptReadByteCount = 256 << 10
  /// Kept rows are merged when what updates wrote is this many times what was merged last: then at
  /// most half of the file is out of date, and merging costs little of each update.
  static let keptRowGrowth = 2
  /// Kept rows are merged beyond this many runs, each of which takes a buffer when rows are read.
  static let keptRunCount = 1_024
  /// Kept events are merged when there are this many chunks a component.
  static let keptChunkGrowth = 4
  /// The same when files of events are this many times what of them counts.
  static let keptEventGrowth = 2
  /// Moments at which a component's past may be closed that are tried: the latest leaves least, and
  /// an order that lies on both sides of one mostly does so of few.
  static let keptBreakCount = 4
  /// What a partition's records should fill: those of a few and the rows made of them, seven times
  /// as large, stay in the last-level cache until they are written.
  static let partitionByteCount = 384 << 10
  /// Records of one actor that are taken apart at once; of a longer one each is when it is asked
  /// for, so that memory stays that of the records.
  static let walkedRecordCount = 1 << 16
  /// A guess of a record's size, only used to choose the number of partitions.
  static let recordByteCount = 80
  /// More partitions than this would make the chunks of one partition tiny.
  static let partitionCount = 2_048
  /// A chunk of one partition's records in memory, and the unit of a spill.
  static let largestChunkByteCount = 64 << 10
  static let smallestChunkByteCount = 4 << 10
  /// The share of the process's memory limit that records may fill before they spill, in percent.
  static let recordMemoryPercent = 45
  /// Of this share, the part where all records would fill it twice and more.
  static let largeRecordShare = 3
  /// Of this share, what unfinished chunks of all threads and partitions may fill: in the first
  /// case, and where most chunks are written.
  static let chunkShare = 8
  static let largeChunkShare = 2
  /// The share that scans, walks and rows on their way take, beside identities and records.
  static let otherMemoryPercent = 30
  /// The share of the process's memory limit that ids and rows of the links may fill before they
  /// spill, in percent; rows in ranges may fill as much again.
  static let linkMemoryPercent = 20
  /// Of this share, the part that actors' names may fill until the end.
  static let nameShare = 3
  /// Rows of events that a bucket of ids is for, at most: then its table of ids is a few megabytes.
  static let bucketRowCount = 1 << 20
  /// The same by the memory limit: this many bytes of it a row.
  static let bytesOfBucketRow = 512
  static let smallestBucketRowCount = 16
  /// Buckets are numbered by a byte.
  static let bucketCount = 256
  /// Orders or carts of a range: at 140 bytes each, what is known of them and their texts lies in
  /// the second-level cache.
  static let rangeIDCount = 8_192
  /// The same by the memory limit: this many bytes of it an order or cart.
  static let bytesOfRangeID = 32_768
  static let smallestRangeIDCount = 4
  /// More ranges of one kind than this would make the chunks of each tiny.
  static let identityRangeCount = 512
  /// Combinations of ids that a task of the links remembers, as a power of two: 256 KiB.
  static let metIDsBits = 13
  /// Of the links' share, the part that further logins may fill, which are seldom read again.
  static let furtherLoginShare = 4
  /// Rows of a task are put away beyond this size.
  static let linkRowByteCount = 512 << 10
  /// Names that are read together, and their bytes: as many as a few partitions of actors have.
  static let namesOfBlock = 1_024
  static let nameBlockByteCount = 32 << 10
  /// Partitions that may wait to be written while an earlier one is still being walked.
  static let waitingPartitionCount = 4
  /// The same by the memory limit: this many bytes of it a partition.
  static let bytesOfWaitingPartition = 96 << 20
  /// A part of rendered rows larger than this is written before it is whole.
  static let largePartByteCount = 16 << 20
  /// A Parquet row group of rows ends at the partition that brings it beyond either of these.
  static let rowGroupRowCount = 100_000
  static let rowGroupByteCount = 24 << 20
}
