import Bytes
import Events
import Threads

/// Gathers the rows that decide whose some events are, and all rows of their actors, by look-ups.
///
/// The contract's §3 makes an owner from all rows that name an order, a cart or a visitor. So from
/// a row its visitor, order and cart are looked up, and from the rows found theirs, until nothing
/// is new. A customer is looked up only when it is one of the subject's actors: rows of the others
/// tell nothing about these. From an order or cart with more visitors or customers than the hub
/// limit, which owns nothing, nothing is looked up, unless the subject names its rows.
///
/// What is found gives the same explanation as the whole ledger:
/// - Every id from which look-ups go on has all its rows among those found, so its owner is right.
/// - An id with only some of its rows found cannot come to one of the actors by mistake: a row that
///   names the actor would have been found, and with it all rows of that id.
final class DecidingRows {
  private let search: RowSearch
  private let options: SequenceOptions
  private let runCount: Int
  /// Looked up already.
  private var known: [SearchedColumn: Set<[UInt8]>] = [:]
  private var wanted: [SearchedColumn: Set<[UInt8]>] = [:]
  private var found: [[Int: Row]]
  private var picked: [[Int: EventColumns]]
  /// Rows picked of which the other columns are to be read.
  private var unread: [Int: [Int]] = [:]
  private var facts: [SearchedColumn: [[UInt8]: Facts]] = [:]
  private var isFirst = true

  /// A row's ids.
  private struct Row {
    var exists: Bool
    var visitor: [UInt8]?
    var customer: [UInt8]?
    var order: [UInt8]?
    var cart: [UInt8]?
    /// Whether its ids are looked up.
    var isFollowed = false
  }

  /// Distinct visitors and customers of an order or cart.
  private struct Facts {
    var visitors: Set<[UInt8]> = []
    var customers: Set<[UInt8]> = []
  }

  /// What says where to look next, and what an explanation takes of the rows besides: each of them
  /// a task of its own, for a few rows' pages are what a look-up takes.
  private static let idColumns: [EventColumnSet] = [
    .times, .id(.visitorID), .id(.customerID), .id(.orderID), .id(.cartID),
  ]
  private static let otherColumns: [EventColumnSet] = [
    .eventID, .lines, .id(.itemID), .quantity, [.topic, .source],
  ]

  private static let visitor = SearchedColumn.id(.visitorID)
  private static let customer = SearchedColumn.id(.customerID)
  private static let order = SearchedColumn.id(.orderID)
  private static let cart = SearchedColumn.id(.cartID)

  init(_ search: RowSearch, runCount: Int, options: SequenceOptions) {
    self.search = search
    self.options = options
    self.runCount = runCount
    found = Array(repeating: [:], count: runCount)
    picked = Array(repeating: [:], count: runCount)
  }

  /// Asks for the rows that name something.
  func want(_ column: SearchedColumn, _ id: [UInt8]) {
    if known[column]?.contains(id) != true { wanted[column, default: []].insert(id) }
  }

  /// Asks for all rows of a customer; false when it was asked for before.
  func wantCustomer(_ id: [UInt8]) -> Bool {
    want(DecidingRows.customer, id)
    return !(wanted[DecidingRows.customer] ?? []).isEmpty
  }

  /// Looks up until nothing is new; false when it becomes so much that a scan is better.
  func gather() throws -> Bool {
    while wanted.contains(where: { !$0.value.isEmpty }) {
      try round()
      if found.reduce(0, { $0 + $1.count }) > Limits.pickedRowCount { return false }
    }
    try readOthers()
    return true
  }

  /// Reads what no look-up needs, of all rows at once: each page is decoded once.
  private func readOthers() throws {
    let rows = unread.mapValues { $0.sorted() }
    unread = [:]
    for (run, batches) in try search.read(rows, DecidingRows.otherColumns) {
      for (row, batch) in zip(rows[run] ?? [], batches) {
        for columns in DecidingRows.otherColumns {
          picked[run][row]?.take(columns, from: batch)
        }
      }
    }
  }

  /// The rows found, as runs; of columns that an explanation does not tell, nothing.
  func runs() -> [any EventRun] {
    (0..<runCount).filter { !picked[$0].isEmpty }.map { run in
      PickedRows(rows: picked[run].sorted { $0.key < $1.key }.map(\.value))
    }
  }

  private func round() throws {
    let asked = wanted.filter { !$0.value.isEmpty }
    wanted = [:]
    for (column, ids) in asked { known[column, default: []].formUnion(ids) }
    let rows = try search.rows(asked.mapValues { WantedStrings($0) })
    try read(rows)
    for (run, columns) in rows.enumerated() {
      for (column, rows) in columns {
        for row in rows where isFollowed(run, row, by: column) { follow(run, row) }
      }
    }
    isFirst = false
  }

  private func isFollowed(_ run: Int, _ row: Int, by column: SearchedColumn) -> Bool {
    guard let ids = found[run][row], ids.exists, !ids.isFollowed else { return false }
    if isFirst { return true }
    switch column {
    case DecidingRows.order: return !isHub(column, ids.order)
    case DecidingRows.cart: return !isHub(column, ids.cart)
    default: return true
    }
  }

  private func isHub(_ column: SearchedColumn, _ id: [UInt8]?) -> Bool {
    guard let id, let facts = facts[column]?[id] else { return false }
    return facts.visitors.count > options.hubLimit || facts.customers.count > options.hubLimit
  }

  private func follow(_ run: Int, _ row: Int) {
    found[run][row]?.isFollowed = true
    guard let ids = found[run][row] else { return }
    if let visitor = ids.visitor { want(DecidingRows.visitor, visitor) }
    if let order = ids.order { want(DecidingRows.order, order) }
    if let cart = ids.cart { want(DecidingRows.cart, cart) }
  }

  /// Reads rows that were not found before.
  private func read(_ rows: [[SearchedColumn: [Int]]]) throws {
    var new: [Int: [Int]] = [:]
    for (run, columns) in rows.enumerated() {
      let all = Set(columns.values.joined()).filter { found[run][$0] == nil }
      if !all.isEmpty { new[run] = all.sorted() }
    }
    for (run, batches) in try search.read(new, DecidingRows.idColumns) {
      for (row, batch) in zip(new[run] ?? [], batches) {
        take(run, row, batch)
        if found[run][row]?.exists == true {
          picked[run][row] = batch
          unread[run, default: []].append(row)
        }
      }
    }
  }

  private func take(_ run: Int, _ row: Int, _ batch: EventColumns) {
    func id(_ column: IDColumn) -> [UInt8]? {
      batch[column].codes[0] == CodedStrings.absent ? nil : Array(batch[column].dictionary[0])
    }
    let time = effectiveTime(occurredAt: batch.occurredAt[0], recordedAt: batch.recordedAt[0])
    let asOf = options.asOf ?? Int64.max
    let ids = Row(
      exists: time <= asOf && batch.recordedAt[0] <= asOf, visitor: id(.visitorID),
      customer: id(.customerID), order: id(.orderID), cart: id(.cartID))
    found[run][row] = ids
    guard ids.exists else { return }
    for (column, name) in [(DecidingRows.order, ids.order), (DecidingRows.cart, ids.cart)] {
      guard let name else { continue }
      if let visitor = ids.visitor {
        facts[column, default: [:]][name, default: Facts()].visitors.insert(visitor)
      }
      if let customer = ids.customer {
        facts[column, default: [:]][name, default: Facts()].customers.insert(customer)
      }
    }
  }
}
