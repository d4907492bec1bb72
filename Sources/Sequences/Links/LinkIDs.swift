import Bytes
import Events

/// The ids that identities depend on as dense integers, while links are gathered.
///
/// - Concurrency: every table has a lock of its own, so threads wait where they meet at one table
///   and go on side by side otherwise.
final class LinkIDs: Sendable {
  private let roles: RoleTable
  private let visitors = Locked(InternTable())
  private let customers = Locked(InternTable())
  private let orders = Locked(InternTable())
  private let carts = Locked(InternTable())
  private let shared = Locked(SharedStrings())

  init(_ options: SequenceOptions) { roles = RoleTable(userLines: options.roles) }

  /// The codes of a run's shared dictionaries.
  func codes(of run: EventColumns) -> LinkCodes {
    var codes = LinkCodes()
    translate(run, into: &codes) { $0.isShared }
    return codes
  }

  /// The codes of a batch, whose run has these.
  func codes(of batch: EventColumns, _ runCodes: LinkCodes) -> LinkCodes {
    var codes = runCodes
    translate(batch, into: &codes) { !$0.isShared }
    return codes
  }

  /// Translates the dictionaries of those columns that `isWanted` names.
  private func translate(
    _ batch: EventColumns, into codes: inout LinkCodes, _ isWanted: (CodedStrings) -> Bool
  ) {
    func intern(_ column: IDColumn, _ table: Locked<InternTable>, _ ids: inout LinkCodes.IDs) {
      guard isWanted(batch[column]) else { return }
      ids = table.with { table in
        let codes = table.internAll(batch[column].dictionary)
        return LinkCodes.IDs(codes: codes, idCount: table.count)
      }
    }
    intern(.visitorID, visitors, &codes.visitors)
    intern(.customerID, customers, &codes.customers)
    intern(.orderID, orders, &codes.orders)
    intern(.cartID, carts, &codes.carts)
    if isWanted(batch.topic) { codes.ranks = ranks(of: batch.topic.dictionary, roles) }
    for column in [
      batch.topic, batch.source, batch[.channel], batch[.campaignID], batch[.currency],
    ] where isWanted(column) && column.dictionary.count > 0 {
      shared.with { $0.add(column.dictionary) }
    }
  }

  /// Hands over all tables, and is empty afterwards.
  func takeTables() -> LinkTables {
    func take(_ table: Locked<InternTable>) -> InternTable {
      table.with { table in
        var taken = InternTable()
        swap(&taken, &table)
        return taken
      }
    }
    let strings = shared.with { strings in
      var taken = SharedStrings()
      swap(&taken, &strings)
      return taken
    }
    return LinkTables(
      visitors: take(visitors), customers: take(customers), orders: take(orders),
      carts: take(carts), shared: strings)
  }
}

/// The tables of all ids that were met.
struct LinkTables: ~Copyable {
  var visitors: InternTable
  var customers: InternTable
  var orders: InternTable
  var carts: InternTable
  var shared: SharedStrings
}

/// The dictionary codes of a run or batch as the links' integers.
struct LinkCodes: Sendable {
  struct IDs: Sendable {
    var codes: [UInt32] = []
    /// More than any of `codes`: the ids that the table had.
    var idCount = 0
  }

  var visitors = IDs()
  var customers = IDs()
  var orders = IDs()
  var carts = IDs()
  var ranks: [UInt8] = []
}

/// The rank of every topic of a dictionary.
func ranks(of topics: ByteStrings, _ roles: RoleTable) -> [UInt8] {
  (0..<topics.count).map { roles.role(ofTopic: topics[$0]).rawValue }
}
