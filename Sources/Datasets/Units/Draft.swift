import Sequences

/// One interaction on its way into an example.
///
/// - Units: times in microseconds since 1970 UTC; money in minor units.
struct Draft: Equatable {
  /// The item's code in the build's table, plus one; 0 where there is none.
  var item: UInt32 = 0
  /// Index into the dataset's actions.
  var action: UInt8 = 0
  var isTarget = false
  /// False while a purchase may still be refunded.
  var isMature = true
  var time: Int64
  var recordedAt: Int64
  /// The latest fact that its weight stands on, where that is later than the event: a refund.
  var outcomeKnownAt: Int64
  /// What was known when its actor was decided: the knowledge time of the pass it comes from.
  var knownAsOf: Int64 = 0
  var weight: Float = 1
  var quantity: Int64?
  var unitPrice: Int64?
  var amount: Int64?
  /// A hash of the order whose basket it is in; 0 outside of baskets.
  var basket: UInt64 = 0
  /// A hash of the event's source and id.
  var event: UInt64 = 0
  /// A hash of the visitor's id; 0 where there is none.
  var visitor: UInt64 = 0
  var session: Int32 = -1
  var ledgerOffset: Int64 = -1
  // Strings in the unit's text.
  var order = HistoryText.absent
  var channel = HistoryText.absent
  var campaign = HistoryText.absent
  var creative = HistoryText.absent
}

/// A value of an example's own column.
enum Cell: Equatable {
  case null
  case integer(Int64)
  case real(Double)
  case text([UInt8])

  static func name(_ name: StaticString) -> Cell { .text(Array("\(name)".utf8)) }
  static func truth(_ value: Bool) -> Cell { .integer(value ? 1 : 0) }
  static func optional(_ value: Int64?) -> Cell { value.map { .integer($0) } ?? .null }
}

/// One unit of one actor on its way to examples.
struct Unit: Equatable {
  /// What tells it from the actor's other units: a hash of the unit's first event; 0 for the actor.
  var key: UInt64 = 0
  /// The time that decides its split where the whole unit goes to one.
  var anchor: Int64 = 0
  /// The latest time of anything in its feature columns.
  var featureKnownAt = Int64.min
  /// When its label is final; `Int64.min` where it has none.
  var labelDueAt = Int64.min
  /// Whether its label was taken as final.
  var hasLabel = false
  /// Up to when its label was observed.
  var observedThrough = Int64.max
  var cells: [Cell] = []
  var drafts: [Draft] = []
  var text: [UInt8] = []

  var firstTime: Int64 { drafts.first?.time ?? anchor }
  var lastTime: Int64 { drafts.last?.time ?? anchor }

  mutating func keep(_ place: HistoryText, of history: ActorHistory) -> HistoryText {
    guard place.isPresent else { return .absent }
    let bytes = history[text: place]
    let start = Int32(text.count)
    text.append(contentsOf: bytes)
    return HistoryText(start: start, count: Int32(bytes.count))
  }

  func bytes(_ place: HistoryText) -> ArraySlice<UInt8>? {
    place.isPresent ? text[Int(place.start)..<Int(place.start + place.count)] : nil
  }

  /// The same unit with some of its interactions.
  func with(_ drafts: [Draft]) -> Unit {
    var unit = self
    unit.drafts = drafts
    return unit
  }
}

/// What one pass knows of one actor.
struct ActorUnits: Equatable {
  enum Consent: UInt8 { case unasked, granted, withdrawn }

  var actor: [UInt8] = []
  var consent = Consent.unasked
  var units: [Unit] = []
}
