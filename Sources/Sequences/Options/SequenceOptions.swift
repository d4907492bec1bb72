package import Events

/// What a user may change about sequences: the contract's §6.
///
/// - Units: spans and times in microseconds.
package struct SequenceOptions: Sendable, Equatable {
  /// How long a sequence may be silent before it counts as abandoned, by its level so far.
  package struct Patience: Sendable, Equatable {
    package var browse: Int64 = 24 * 3_600_000_000
    package var cart: Int64 = 3_600_000_000
    package var checkout: Int64 = 3_600_000_000
    /// Level payment, when the latest payment step is a failure.
    package var declined: Int64 = 3_600_000_000
    package var payment: Int64 = 24 * 3_600_000_000

    package init() {}
  }

  package enum Stitch: String, Sendable, CaseIterable {
    case backfill, none
  }

  package var sessionGap: Int64 = 30 * 60_000_000
  package var sessionMax: Int64 = 24 * 3_600_000_000
  package var patience = Patience()
  package var recoveryWindow: Int64 = 7 * 86_400_000_000
  package var stitch = Stitch.backfill
  package var hubLimit = 5
  package var asOf: Int64?
  /// The user's topics, asked before the default table.
  package var roles: [RoleTable.Line] = []

  package init() {}
}

/// Which finished rows are written; what is nil or empty does not restrict.
///
/// - Units: times in microseconds since 1970 UTC; `since` is included, `until` is not.
package struct SequenceFilter: Sendable {
  package var outcomes: [Outcome] = []
  package var levels: [Level] = []
  /// An actor as it is written in rows: `v:…` or `c:…`.
  package var actor: [UInt8]?
  package var since: Int64?
  package var until: Int64?

  package init() {}

  var isOpen: Bool {
    outcomes.isEmpty && levels.isEmpty && actor == nil && since == nil && until == nil
  }
}

/// How a sequence ended, or that it has not.
package enum Outcome: UInt8, Sendable, CaseIterable {
  case purchased, abandoned, open

  package var name: StaticString {
    switch self {
    case .purchased: "purchased"
    case .abandoned: "abandoned"
    case .open: "open"
    }
  }
}

/// How far a sequence came.
package enum Level: UInt8, Sendable, CaseIterable {
  case browse, cart, checkout, payment

  package var name: StaticString {
    switch self {
    case .browse: "browse"
    case .cart: "cart"
    case .checkout: "checkout"
    case .payment: "payment"
    }
  }
}

/// Why an abandoned sequence was abandoned, or that nobody said why.
package enum Reason: UInt8, Sendable {
  case declined, pending, unpaid, emptied, silent

  package var name: StaticString {
    switch self {
    case .declined: "declined"
    case .pending: "pending"
    case .unpaid: "unpaid"
    case .emptied: "emptied"
    case .silent: "silent"
    }
  }
}
