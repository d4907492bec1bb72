package import Events

/// A string of a history: a place in its `text`; absent where `count` is below zero.
package struct HistoryText: Sendable, Equatable {
  package static let absent = HistoryText(start: 0, count: -1)

  package var start: Int32
  package var count: Int32

  package init(start: Int32, count: Int32) {
    self.start = start
    self.count = count
  }

  package var isPresent: Bool { count >= 0 }
}

/// One event of an actor, with what datasets ask of it.
///
/// - Units: times in microseconds since 1970 UTC; money in minor units.
package struct HistoryEvent: Sendable {
  package var time: Int64
  package var recordedAt: Int64
  package var role: Role
  /// The actor's session, from 0; -1 for events that are not human.
  package var session: Int32
  /// Index into `ActorHistory.sequences`, of a step or of aftermath; -1 for neither.
  package var sequence: Int32 = -1
  package var ledgerOffset: Int64
  /// A hash of its visitor's id; 0 where there is none.
  package var visitor: UInt64
  package var eventID: HistoryText
  package var source: HistoryText
  package var topic: HistoryText
  package var item: HistoryText
  package var order: HistoryText
  package var cart: HistoryText
  package var channel: HistoryText
  package var campaign: HistoryText
  package var creative: HistoryText
  package var quantity: Int64?
  package var unitPrice: Int64?
  package var amount: Int64?
  /// Places in `ActorHistory.lines`: what `items` told, of adds, removals, orders and successes.
  package var lines: Range<Int> = 0..<0
}

/// One line: of a cart, of what was bought, of an event's `items`.
package struct HistoryLine: Sendable {
  /// The item's name; present, and empty, for an item without id.
  package var item: HistoryText
  package var quantity: Int64?
  package var unitPrice: Int64?

  package init(item: HistoryText, quantity: Int64?, unitPrice: Int64?) {
    self.item = item
    self.quantity = quantity
    self.unitPrice = unitPrice
  }
}

/// One sequence of an actor: the contract's row, lists as places.
package struct HistorySequence: Sendable {
  /// What became of an abandoned one.
  package enum Recovery: Sendable { case notAsked, recovered, lost, censored }

  /// The first eight bytes of the sequence id's hash: its 16 hex digits.
  package var id: UInt64
  package var outcome: Outcome
  package var level: Level
  package var reason: Reason?
  package var startedAt: Int64
  package var endedAt: Int64
  package var abandonedAt: Int64?
  package var purchasedAt: Int64?
  package var recoveredAt: Int64?
  package var recoveredBy: UInt64?
  package var recovery: Recovery
  package var sessionCount: Int
  package var attemptCount: Int
  package var failureCount: Int
  package var channel: HistoryText
  package var campaign: HistoryText
  package var currency: HistoryText
  package var paid: Int64?
  package var refunded: Int64?
  package var net: Int64?
  package var fulfilledAt: Int64?
  package var refundedAt: Int64?
  package var cancelledAt: Int64?
  /// Index into `events` of the first success; -1 where there is none.
  package var firstSuccess: Int32
  /// Index into `events` of the last step that came while it was open.
  package var lastOpenStep: Int32
  /// Places in `ActorHistory.lines`.
  package var cart: Range<Int>
  package var bought: Range<Int>
}

/// All that is known of one actor: events in the contract's order, and sequences in rows' order.
package struct ActorHistory: Sendable {
  /// As it is written in rows: `c:…` or `v:…`.
  package var actor: [UInt8] = []
  package var events: [HistoryEvent] = []
  package var sequences: [HistorySequence] = []
  package var lines: [HistoryLine] = []
  /// The bytes of all strings.
  package var text: [UInt8] = []

  package init() {}

  /// The bytes of a string; empty where it is absent.
  package subscript(text place: HistoryText) -> ArraySlice<UInt8> {
    place.count < 0 ? text[0..<0] : text[Int(place.start)..<Int(place.start + place.count)]
  }
}

/// What histories counted.
package struct HistoryCounts: Sendable, Equatable {
  package var accepted = 0
  package var unattributed = 0
  package var orphans = 0
  package var actors = 0
  /// The `as_of` option, else the latest time of any accepted event.
  package var horizon: Int64 = 0

  package init() {}
}

/// Makes bytes of histories, one worker a thread.
package protocol HistoryWorker: AnyObject {
  /// Takes one actor and appends what is to be kept of it.
  func add(_ history: ActorHistory, to bytes: inout [UInt8]) throws
}
