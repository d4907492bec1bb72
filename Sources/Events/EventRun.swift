/// Which columns of events a scan decodes; the others stay empty.
package struct EventColumnSet: OptionSet, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let eventID = EventColumnSet(rawValue: 1 << 0)
  package static let topic = EventColumnSet(rawValue: 1 << 1)
  package static let source = EventColumnSet(rawValue: 1 << 2)
  package static let times = EventColumnSet(rawValue: 1 << 3)
  package static let quantity = EventColumnSet(rawValue: 1 << 4)
  package static let unitPrice = EventColumnSet(rawValue: 1 << 5)
  package static let amount = EventColumnSet(rawValue: 1 << 6)
  package static let lines = EventColumnSet(rawValue: 1 << 7)
  package static let all = EventColumnSet(rawValue: 1 << (8 + 11) - 1)

  /// One of the optional strings.
  package static func id(_ column: IDColumn) -> EventColumnSet {
    EventColumnSet(rawValue: 1 << UInt32(8 + column.rawValue))
  }

  /// Several of the optional strings.
  package static func ids(_ columns: IDColumn...) -> EventColumnSet {
    columns.reduce(into: []) { $0.formUnion(.id($1)) }
  }
}

/// One immutable run of the ledger that can be scanned: a segment, or events held in memory.
///
/// - Concurrency: several threads may open runs at once, and one run again and again.
package protocol EventRun: Sendable {
  var rowCount: Int { get }
  /// Makes ready to scan some columns; what all scans share is read once, here.
  func open(_ columns: EventColumnSet) throws -> any OpenEventRun
  /// The same run with its file open, for who asks several things of it.
  func opened() throws -> any EventRun
  /// Ranges of rows, ascending, among which are all that hold a wanted string in a column: what
  /// statistics and filters leave.
  func candidateRows(
    _ wanted: WantedStrings, in column: SearchedColumn
  ) throws -> [Range<Int>]
  /// Ranges of rows, ascending, among which are all that occurred at a time or later.
  func candidateRows(occurredFrom time: Int64) throws -> [Range<Int>]
  /// No event of the run occurred later.
  var latestOccurrence: Int64 { get }
}

/// A run whose shared dictionaries are at hand.
///
/// - Concurrency: several threads may scan different rows at once.
package protocol OpenEventRun: Sendable {
  /// Columns without rows, holding the dictionaries of those coded columns whose batches are
  /// `isShared`.
  var dictionaries: EventColumns { get }
  /// Hands over some columns of those the run was opened for, rows in order, in batches of at most
  /// 65,536.
  func scan(
    _ rows: Range<Int>, _ columns: EventColumnSet,
    _ body: (_ batch: EventColumns) throws -> Void
  ) throws
}

extension EventRun {
  /// Hands over all columns of all rows, in order.
  package func scan(_ body: (_ batch: EventColumns) throws -> Void) throws {
    try open(.all).scan(0..<rowCount, .all, body)
  }
}
