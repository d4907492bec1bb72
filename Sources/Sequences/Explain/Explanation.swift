package import Events

/// What somebody asks to have explained.
package enum ExplanationSubject: Sendable, Equatable {
  case order([UInt8])
  /// A sequence id as it is written in rows.
  case sequence([UInt8])
  /// An event id; several sources may use the same.
  case event([UInt8])
  case visitor([UInt8])
  case customer([UInt8])
}

/// Whose something is and why, and the sequences around it.
package struct Explanation: Sendable, Equatable {
  /// The events that the subject names, in the order of events; of a sequence, its steps.
  package var events: [ExplainedEvent] = []
  /// Everything of the actors of these events.
  package var actors: [ExplainedActor] = []
  package var horizon: Int64 = 0
}

/// The place of an event in the order of events.
package struct EventPlace: Sendable, Equatable {
  package var time: Int64
  package var role: Role
  package var eventID: [UInt8]
  package var source: [UInt8]
}

/// A login that decides whose a visitor is.
package struct ExplainedLogin: Sendable, Equatable {
  package enum Origin: Sendable, Equatable {
    case event
    case order([UInt8])
    case cart([UInt8])
  }

  package var visitor: [UInt8]
  package var customer: [UInt8]
  package var place: EventPlace
  package var origin: Origin
}

/// Why a visitor's event is whose it is: rule 2 of the contract's §3.
package enum VisitorRule: Sendable, Equatable {
  case noLogin
  case stitchingIsOff
  case sharedTerminal(customersAtLeast: Int, limit: Int)
  /// The last login at or before the time.
  case login(ExplainedLogin)
  /// No login at or before the time: the first one after it.
  case firstLogin(ExplainedLogin)
}

/// Why an order or a cart is whose it is: rule 3 of the contract's §3.
package indirect enum OwnerRule: Sendable, Equatable {
  /// Its earliest event that carries a customer.
  case customer([UInt8], at: EventPlace)
  /// Its earliest event that carries a visitor.
  case visitor([UInt8], at: EventPlace, VisitorRule)
  /// The cart named on the order's earliest event that names one.
  case cart([UInt8], at: EventPlace, OwnerRule)
  /// More visitors or customers than the hub limit: a constant, no id.
  case constant(visitorsAtLeast: Int, customersAtLeast: Int, limit: Int)
  case nobody
}

/// Why an event is whose it is: rule 4 of the contract's §3, the first that there is.
package enum ActorRule: Sendable, Equatable {
  case order([UInt8], OwnerRule)
  case ownCustomer([UInt8])
  case visitor([UInt8], VisitorRule)
  case cart([UInt8], OwnerRule)
  case nobody
}

/// An event that the subject names, with its actor.
package struct ExplainedEvent: Sendable, Equatable {
  package var place: EventPlace
  package var topic: [UInt8]
  package var ledgerOffset: Int64
  /// As it is written in rows; nil for an event without actor.
  package var actor: [UInt8]?
  package var rule: ActorRule
  /// What its order gave when it gave no owner; nil when the order decided or there is none.
  package var orderWithoutOwner: OwnerRule?
}

/// An actor's sequences, and what is on none.
package struct ExplainedActor: Sendable, Equatable {
  package var actor: [UInt8]
  package var sequences: [ExplainedSequence] = []
  /// Events on no sequence: identifications, other topics, orphans.
  package var looseEvents: [ExplainedStep] = []
}

/// Why a sequence starts where it does.
package enum SequenceStart: Sendable, Equatable {
  /// Nothing came before it.
  case first
  /// The one before was purchased.
  case afterPurchase(sequenceID: [UInt8])
  /// The one before was abandoned.
  case afterAbandonment(sequenceID: [UInt8])
}

/// Why a sequence ends where it does.
///
/// - Units: silences and patience in microseconds.
package enum SequenceEnd: Sendable, Equatable {
  case purchase(at: Int64)
  /// The silence until the next event, or the horizon when there is none, was more than the
  /// patience.
  case abandonment(silence: Int64, patience: Int64, untilHorizon: Bool)
  /// The silence until the horizon is not more than the patience: too early to tell.
  case stillOpen(silence: Int64, patience: Int64)
}

/// One sequence, step by step.
package struct ExplainedSequence: Sendable, Equatable {
  package var sequenceID: [UInt8]
  package var outcome: Outcome
  package var level: Level
  package var reason: Reason?
  package var startedAt: Int64
  package var endedAt: Int64
  package var abandonedAt: Int64?
  package var purchasedAt: Int64?
  package var recoveredBy: [UInt8]?
  package var start: SequenceStart
  package var end: SequenceEnd
  package var orderIDs: [[UInt8]] = []
  package var steps: [ExplainedStep] = []
  package var aftermath: [ExplainedStep] = []
  /// Whether the subject names it or one of its events.
  package var isSubject = false
}

/// An event of an actor.
package struct ExplainedStep: Sendable, Equatable {
  package var place: EventPlace
  package var topic: [UInt8]
  package var ledgerOffset: Int64
  package var orderID: [UInt8]?
  package var itemID: [UInt8]?
  /// The actor's session number; nil for an event that is not human.
  package var session: Int?
  /// The time since the step before, in microseconds.
  package var silence: Int64?
  /// Whether it came after the sequence had closed.
  package var isLate = false
}
