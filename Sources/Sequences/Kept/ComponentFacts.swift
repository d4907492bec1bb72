/// What is known of a component: ids that hang together, because an event names both or through
/// others.
struct ComponentFacts {
  /// Rows of the ledger that name its ids, those that are new in this update among them.
  var rowCount: UInt32 = 0
  var newRowCount: UInt32 = 0
  /// Rows of its closed past.
  var closedRowCount: UInt32 = 0
  /// Rows without actor, those of the closed past among them.
  var unattributedCount: UInt32 = 0
  var closedUnattributedCount: UInt32 = 0
  /// A chain of chunks of events, or -1.
  var firstChunk: Int32 = -1
  var lastChunk: Int32 = -1
  /// Where its names lie, or -1: a customer, and all visitors, each of whom is that customer.
  var names: Int32 = -1
  var flags: ComponentFlags = []
  /// An event after this time leaves the closed past as it is, one after `settledAt` all rows that
  /// there are; see `KeptCut`.
  var closedThrough = Int64.min
  var settledAt = Int64.max
  /// The earliest time of its new rows.
  var earliestNew = Int64.max
}

/// What is so of a component or not.
struct ComponentFlags: OptionSet {
  let rawValue: UInt8
  /// No event names a customer, or all name the one that all its visitors are.
  static let isPlain = ComponentFlags(rawValue: 1)
  /// In this update: two that had rows became one.
  static let isUnited = ComponentFlags(rawValue: 2)
  /// In this update: a new row names an order or a cart that there was.
  static let namesOld = ComponentFlags(rawValue: 4)
}

/// Where events of a component lie in a file of events.
struct EventChunk {
  var file: UInt32
  var start: Int64
  var byteCount: Int64
  var checksum: UInt32
  /// Whether its events are of the closed past.
  var isClosed = false
  /// The component's next chunk, or -1.
  var next: Int32 = -1
}
