/// One sequence of the actor at hand: first what the walk tracks, then what finishing adds.
///
/// - Shape: steps and aftermath are chains through `ActorWalk.next`, by the event's index.
struct WalkedSequence {
  static let none = Int64.min

  var firstStep: Int32
  var lastStep: Int32
  var stepCount = 0
  var firstAftermath: Int32 = -1
  var lastAftermath: Int32 = -1
  var startedAt: Int64
  /// Time of the last step that arrived while open.
  var endedAt: Int64
  var abandonedAt = WalkedSequence.none
  /// The last step that arrived while open, the patience after it, and the event that found the
  /// sequence overdue (-1: the horizon did).
  var lastOpenStep: Int32 = -1
  var patience: Int64 = 0
  var closer: Int32 = -1
  var firstSuccess: Int32 = -1
  var outcome = Outcome.open
  var level = Level.browse
  var reason: Reason?
  /// The reason that it has or, while it is open, would have if nothing more came.
  var overdueReason: Reason?
  /// The cart when it closed first, in `ActorWalk.carts`, sorted by item.
  var cart: Range<Int> = 0..<0
  /// The nearest sequence before this one that was abandoned with something in its cart, or -1.
  var earlierCart: Int32 = -1
  /// A chain through `ActorWalk.nextOrder`.
  var firstOrder: Int32 = -1
  var lastOrder: Int32 = -1

  // Finished:
  /// The first eight bytes of the sequence id's hash, which order as its hex digits do.
  var id: UInt64 = 0
  var sessionCount = 0
  var firstSession: Int32 = -1
  var attemptCount = 0
  var failureCount = 0
  var cartIDs: Range<Int> = 0..<0
  var channel = TextSlice.absent
  var campaign = TextSlice.absent
  var currency = TextSlice.absent
  var bought: Range<Int> = 0..<0
  var paid: Int64?
  var refunded: Int64?
  var net: Int64?
  var fulfilledAt = WalkedSequence.none
  var refundedAt = WalkedSequence.none
  var cancelledAt = WalkedSequence.none
  var purchasedAt = WalkedSequence.none
  var recoveredAt = WalkedSequence.none
  var recoveredBy: UInt64 = 0
  var recovery = Recovery.notAsked
}

/// What became of an abandoned sequence.
enum Recovery: UInt8 {
  case notAsked, recovered, lost, censored
}

/// An item of a cart when it closed, with the last price told.
struct CartItem {
  var item: Int
  var quantity: Int64
  var unitPrice: Int64?
}

/// One line of what was bought.
struct BoughtLine {
  var item: Int
  var quantity: Int64
  var unitPrice: Int64?
}
