import Bytes
import Events

/// What a scan of all events leaves behind: the ids of every unit, and the rows that tell something
/// about identities, with ids as their places in their units.
///
/// Invariants:
/// - What identities depend on is the set of events alone; the integers given to orders and carts
///   depend on the order of arrival, and they are never written.
/// - Memory: ids and rows wait in a budget, then in files.
final class LinkGatherer: Sendable {
  private let roles: RoleTable
  private let asOf: Int64
  let kinds: [IDUnits]
  /// Rows of which each may decide something.
  let rows: TaskRows
  /// Logins of visitors and customers whom an earlier row of the task names already: they only
  /// count where a visitor has several customers.
  let furtherLogins: TaskRows
  private let shared = Locked(SharedStrings())
  private let totals = Locked(Totals())

  struct Totals {
    var acceptedCount = 0
    var latestTime: Int64?
  }

  init(
    _ options: SequenceOptions, kinds: [IDUnits], rows: TaskRows, furtherLogins: TaskRows
  ) {
    roles = RoleTable(userLines: options.roles)
    asOf = options.asOf ?? Int64.max
    self.kinds = kinds
    self.rows = rows
    self.furtherLogins = furtherLogins
  }

  /// The columns that identities depend on.
  static let columns: EventColumnSet = [
    .eventID, .topic, .source, .times,
    .ids(.visitorID, .customerID, .orderID, .cartID, .channel, .campaignID, .currency),
  ]

  /// Those of them whose rows are needed: where a dictionary holds all strings, it is enough.
  static func columns(of run: EventColumns) -> EventColumnSet {
    var columns = LinkGatherer.columns
    for column in [IDColumn.channel, .campaignID, .currency] where run[column].isShared {
      columns.subtract(.id(column))
    }
    return columns
  }

  /// Takes in the dictionaries that all batches of a run share.
  func add(run: Int, _ columns: EventColumns) throws -> LinkCodes {
    for kind in LinkKind.allCases where columns[kind.column].isShared {
      let units = kinds[kind.rawValue]
      try units.add(columns[kind.column].dictionary, to: units.unit(ofRun: run))
    }
    var codes = LinkCodes()
    translate(columns, into: &codes) { $0.isShared }
    return codes
  }

  private func translate(
    _ batch: EventColumns, into codes: inout LinkCodes, _ isWanted: (CodedStrings) -> Bool
  ) {
    if isWanted(batch.topic) { codes.ranks = ranks(of: batch.topic.dictionary, roles) }
    for column in [batch.topic, batch[.channel], batch[.campaignID], batch[.currency]]
    where isWanted(column) && column.dictionary.count > 0 {
      shared.with { $0.add(column.dictionary) }
    }
    if isWanted(batch.source) && batch.source.dictionary.count > 0 {
      codes.sources = shared.with { shared in
        shared.add(batch.source.dictionary)
        return shared.findAll(batch.source.dictionary)
      }
    }
  }

  /// Takes in one batch of a task.
  func add(_ batch: EventColumns, _ runCodes: LinkCodes, to task: LinkTask) throws {
    var codes = runCodes
    translate(batch, into: &codes) { !$0.isShared }
    for kind in LinkKind.allCases where !batch[kind.column].isShared {
      task[kind].translate(batch[kind.column].dictionary)
    }
    try BatchPointers.with(batch) { pointers in
      let rows = LinkRows(pointers, asOf: asOf)
      totals.with { totals in
        totals.acceptedCount += rows.acceptedCount
        if let latest = rows.latestTime {
          totals.latestTime = max(totals.latestTime ?? latest, latest)
        }
      }
      for (row, time) in rows.rows {
        task.add(pointers, Int(row), time: time, codes)
        if max(task.rows.count, task.furtherLogins.count) > Limits.linkRowByteCount {
          try keepRows(of: task)
        }
      }
    }
  }

  private func keepRows(of task: LinkTask) throws {
    try rows.keep(&task.rows, of: task.number)
    try furtherLogins.keep(&task.furtherLogins, of: task.number)
  }

  /// Takes in what a task has found, and makes it ready for another.
  func finish(_ task: LinkTask) throws {
    try keepRows(of: task)
    task.met.removeAll()
    for kind in LinkKind.allCases where task[kind].isUsed {
      let units = kinds[kind.rawValue]
      try units.add(task[kind].table, to: units.unit(ofTask: task.number))
      task[kind].removeAll()
    }
  }

  var total: Totals { totals.with { $0 } }

  /// Hands over the strings of few distinct values, and is without them afterwards.
  func takeShared() -> SharedStrings {
    shared.with { strings in
      var taken = SharedStrings()
      swap(&taken, &strings)
      return taken
    }
  }
}

extension LinkKind {
  var column: IDColumn {
    switch self {
    case .visitors: .visitorID
    case .customers: .customerID
    case .orders: .orderID
    case .carts: .cartID
    }
  }
}

/// What the gatherer knows of the dictionaries of a run or batch.
struct LinkCodes: Sendable {
  var ranks: [UInt8] = []
  var sources: [UInt32] = []
}

/// The rank of every topic of a dictionary.
func ranks(of topics: ByteStrings, _ roles: RoleTable) -> [UInt8] {
  (0..<topics.count).map { roles.role(ofTopic: topics[$0]).rawValue }
}

/// Ids of one kind in one task, where its column has no dictionary.
///
/// Integers are given in the order in which the task's batches bring the ids, so whoever reads the
/// same batches again finds the same ones.
final class TaskIDs {
  var table = InternTable()
  /// The integers of the strings of the batch at hand.
  private(set) var codes: [UInt32] = []
  private(set) var isUsed = false

  func translate(_ strings: ByteStrings) {
    isUsed = true
    codes = table.internAll(strings)
  }

  func removeAll() {
    table.removeAll()
    isUsed = false
  }
}

/// One task of the scan: a range of rows of a run. Used again by the next one.
///
/// A row: time, rank, visitor, customer, order and cart (places + 1 in their units, or 0), id, and
/// source: its integer + 1, or 0 and the bytes. A further login is without order and cart.
final class LinkTask {
  var number = 0
  let visitors = TaskIDs()
  let customers = TaskIDs()
  let orders = TaskIDs()
  let carts = TaskIDs()
  var rows = OutputBytes(capacity: 64 << 10)
  var furtherLogins = OutputBytes(capacity: 64 << 10)
  var met: MetIDs

  /// - Parameter rowCount: about how many rows a task may have.
  init(rowCount: Int) { met = MetIDs(rowCount: rowCount) }

  subscript(kind: LinkKind) -> TaskIDs {
    switch kind {
    case .visitors: visitors
    case .customers: customers
    case .orders: orders
    case .carts: carts
    }
  }

  @inline(__always) private func place(_ code: UInt32, _ ids: TaskIDs) -> UInt32 {
    if code == CodedStrings.absent { return 0 }
    return (ids.isUsed ? ids.codes[Int(code)] : code) + 1
  }

  func add(_ batch: BatchPointers, _ row: Int, time: Int64, _ codes: LinkCodes) {
    let rank = codes.ranks[Int(batch.topic.codes[row])]
    let ids = MetIDs.Combination(
      visitor: place(batch[.visitorID].codes[row], visitors),
      customer: place(batch[.customerID].codes[row], customers),
      order: place(batch[.orderID].codes[row], orders),
      cart: place(batch[.cartID].codes[row], carts))
    if !met.haveEarlier(ids, time: time, rank: rank) {
      LinkTask.put(ids, withOwned: true, batch, row, time, rank, codes, to: &rows)
    } else if ids.isLogin {
      LinkTask.put(ids, withOwned: false, batch, row, time, rank, codes, to: &furtherLogins)
    }
  }

  private static func put(
    _ ids: MetIDs.Combination, withOwned: Bool, _ batch: BatchPointers, _ row: Int,
    _ time: Int64, _ rank: UInt8, _ codes: LinkCodes, to out: inout OutputBytes
  ) {
    let id = batch.eventID(row)
    let sourceCode = batch.source.codes[row]
    let source = batch.source.text(sourceCode)
    out.reserve(id.count + source.count + 64)
    out.put(raw: time)
    out.put(rank)
    out.put(varint: UInt64(ids.visitor))
    out.put(varint: UInt64(ids.customer))
    if withOwned {
      out.put(varint: UInt64(ids.order))
      out.put(varint: UInt64(ids.cart))
    }
    out.put(varint: UInt64(id.count))
    out.put(id.start, id.count)
    let known = codes.sources[Int(sourceCode)]
    if known != InternTable.absent {
      out.put(varint: UInt64(known) + 1)
    } else {
      out.put(0)
      out.put(varint: UInt64(source.count))
      out.put(source.start, source.count)
    }
  }
}
