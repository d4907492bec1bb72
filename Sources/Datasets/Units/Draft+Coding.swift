import Sequences

/// What of a draft stands on disk: many values are those of the draft before it, or of its own
/// time, and then take a bit.
private enum DraftBits {
  static let isTarget: UInt64 = 1 << 0
  static let isMature: UInt64 = 1 << 1
  static let recordedLater: UInt64 = 1 << 2
  static let outcomeLater: UInt64 = 1 << 3
  static let quantity: UInt64 = 1 << 4
  static let unitPrice: UInt64 = 1 << 5
  static let amount: UInt64 = 1 << 6
  static let texts: UInt64 = 1 << 7
  static let newWeight: UInt64 = 1 << 8
  static let newKnowledge: UInt64 = 1 << 9
  static let newBasket: UInt64 = 1 << 10
  static let newEvent: UInt64 = 1 << 11
  static let newVisitor: UInt64 = 1 << 12
  static let newSession: UInt64 = 1 << 13

  static let none = Draft(time: 0, recordedAt: 0, outcomeKnownAt: 0)
}

extension ByteWriter {
  /// A string as 0 for none, 1 for that of the draft before, else its length and 2; its bytes
  /// follow behind all drafts.
  private mutating func put(_ text: HistoryText, after before: HistoryText) {
    if !text.isPresent { return put(byte: 0) }
    put(text == before ? 1 : UInt64(text.count) + 2)
  }

  private mutating func put(_ draft: Draft, after before: Draft) {
    var bits: UInt64 = 0
    if draft.isTarget { bits |= DraftBits.isTarget }
    if draft.isMature { bits |= DraftBits.isMature }
    if draft.recordedAt != draft.time { bits |= DraftBits.recordedLater }
    if draft.outcomeKnownAt != draft.time { bits |= DraftBits.outcomeLater }
    if draft.quantity != nil { bits |= DraftBits.quantity }
    if draft.unitPrice != nil { bits |= DraftBits.unitPrice }
    if draft.amount != nil { bits |= DraftBits.amount }
    let hasTexts =
      draft.order.isPresent || draft.channel.isPresent || draft.campaign.isPresent
      || draft.creative.isPresent
    if hasTexts { bits |= DraftBits.texts }
    if draft.weight.bitPattern != before.weight.bitPattern { bits |= DraftBits.newWeight }
    if draft.knownAsOf != before.knownAsOf { bits |= DraftBits.newKnowledge }
    if draft.basket != before.basket { bits |= DraftBits.newBasket }
    if draft.event != before.event { bits |= DraftBits.newEvent }
    if draft.visitor != before.visitor { bits |= DraftBits.newVisitor }
    if draft.session != before.session { bits |= DraftBits.newSession }
    put(bits)
    put(UInt64(draft.item))
    put(byte: draft.action)
    put(signed: draft.time &- before.time)
    put(signed: draft.ledgerOffset &- before.ledgerOffset)
    if draft.recordedAt != draft.time { put(signed: draft.recordedAt &- draft.time) }
    if draft.outcomeKnownAt != draft.time { put(signed: draft.outcomeKnownAt &- draft.time) }
    if let quantity = draft.quantity { put(signed: quantity) }
    if let price = draft.unitPrice { put(signed: price) }
    if let amount = draft.amount { put(signed: amount) }
    if bits & DraftBits.newWeight != 0 { put(UInt64(draft.weight.bitPattern)) }
    if bits & DraftBits.newKnowledge != 0 { put(signed: draft.knownAsOf) }
    if bits & DraftBits.newBasket != 0 { put(fixed: draft.basket) }
    if bits & DraftBits.newEvent != 0 { put(fixed: draft.event) }
    if bits & DraftBits.newVisitor != 0 { put(fixed: draft.visitor) }
    if bits & DraftBits.newSession != 0 { put(signed: Int64(draft.session)) }
    guard hasTexts else { return }
    put(draft.order, after: before.order)
    put(draft.channel, after: before.channel)
    put(draft.campaign, after: before.campaign)
    put(draft.creative, after: before.creative)
  }

  /// Appends a string's bytes unless the draft before has it already.
  private mutating func putBytes(
    _ text: HistoryText, after before: HistoryText, _ all: UnsafeRawBufferPointer
  ) {
    guard text.isPresent, text != before else { return }
    let start = Int(text.start)
    put(raw: UnsafeRawBufferPointer(rebasing: all[start..<start + Int(text.count)]))
  }

  mutating func put(_ cell: Cell) {
    switch cell {
    case .null: put(byte: 0)
    case .integer(let value):
      put(byte: 1)
      put(signed: value)
    case .real(let value):
      put(byte: 2)
      put(fixed: value.bitPattern)
    case .text(let value):
      put(byte: 3)
      put(text: value)
    }
  }

  /// A unit with the strings of its own interactions alone.
  mutating func put(_ unit: borrowing Unit) {
    put(fixed: unit.key)
    put(signed: unit.anchor)
    put(signed: unit.featureKnownAt)
    put(signed: unit.labelDueAt)
    put(byte: unit.hasLabel ? 1 : 0)
    put(signed: unit.observedThrough)
    put(UInt64(unit.cells.count))
    for cell in unit.cells { put(cell) }
    put(UInt64(unit.drafts.count))
    unit.drafts.withUnsafeBufferPointer { drafts in
      var before = DraftBits.none
      for place in drafts.indices {
        put(drafts[place], after: before)
        before = drafts[place]
      }
      unit.text.withUnsafeBytes { all in
        var before = DraftBits.none
        for place in drafts.indices {
          let draft = drafts[place]
          putBytes(draft.order, after: before.order, all)
          putBytes(draft.channel, after: before.channel, all)
          putBytes(draft.campaign, after: before.campaign, all)
          putBytes(draft.creative, after: before.creative, all)
          before = draft
        }
      }
    }
  }

  mutating func put(_ units: ActorUnits) {
    put(text: units.actor)
    put(byte: units.consent.rawValue)
    put(UInt64(units.units.count))
    for unit in units.units { put(unit) }
  }
}

extension ByteReader {
  /// - Shape: `textCount` is where the next new string of the unit begins.
  private mutating func historyText(
    after before: HistoryText, _ textCount: inout Int32
  ) -> HistoryText {
    let code = number()
    if code == 0 { return .absent }
    if code == 1 { return before }
    let count = Int32(truncatingIfNeeded: code - 2)
    defer { textCount += count }
    return HistoryText(start: textCount, count: count)
  }

  private mutating func draft(after before: Draft, _ textCount: inout Int32) -> Draft {
    let bits = number()
    let item = UInt32(truncatingIfNeeded: number())
    let action = byte()
    let time = before.time &+ signed()
    var draft = Draft(
      item: item, action: action, isTarget: bits & DraftBits.isTarget != 0,
      isMature: bits & DraftBits.isMature != 0, time: time, recordedAt: time, outcomeKnownAt: time)
    draft.ledgerOffset = before.ledgerOffset &+ signed()
    if bits & DraftBits.recordedLater != 0 { draft.recordedAt = time &+ signed() }
    if bits & DraftBits.outcomeLater != 0 { draft.outcomeKnownAt = time &+ signed() }
    if bits & DraftBits.quantity != 0 { draft.quantity = signed() }
    if bits & DraftBits.unitPrice != 0 { draft.unitPrice = signed() }
    if bits & DraftBits.amount != 0 { draft.amount = signed() }
    draft.weight =
      bits & DraftBits.newWeight != 0
      ? Float(bitPattern: UInt32(truncatingIfNeeded: number())) : before.weight
    draft.knownAsOf = bits & DraftBits.newKnowledge != 0 ? signed() : before.knownAsOf
    draft.basket = bits & DraftBits.newBasket != 0 ? fixed() : before.basket
    draft.event = bits & DraftBits.newEvent != 0 ? fixed() : before.event
    draft.visitor = bits & DraftBits.newVisitor != 0 ? fixed() : before.visitor
    draft.session =
      bits & DraftBits.newSession != 0 ? Int32(truncatingIfNeeded: signed()) : before.session
    guard bits & DraftBits.texts != 0 else { return draft }
    draft.order = historyText(after: before.order, &textCount)
    draft.channel = historyText(after: before.channel, &textCount)
    draft.campaign = historyText(after: before.campaign, &textCount)
    draft.creative = historyText(after: before.creative, &textCount)
    return draft
  }

  mutating func cell() -> Cell {
    switch byte() {
    case 1: .integer(signed())
    case 2: .real(Double(bitPattern: fixed()))
    case 3: .text(text())
    default: .null
    }
  }

  mutating func unit() -> Unit {
    var unit = Unit(key: fixed(), anchor: signed(), featureKnownAt: signed(), labelDueAt: signed())
    unit.hasLabel = byte() == 1
    unit.observedThrough = signed()
    let cells = Int(number())
    unit.cells.reserveCapacity(cells)
    for _ in 0..<cells { unit.cells.append(cell()) }
    let count = Int(number())
    var textCount: Int32 = 0
    unit.drafts.reserveCapacity(count)
    var before = DraftBits.none
    for _ in 0..<count {
      before = draft(after: before, &textCount)
      unit.drafts.append(before)
    }
    if textCount > 0 { unit.text = Array(raw(Int(textCount))) }
    return unit
  }

  mutating func actorUnits() -> ActorUnits {
    var units = ActorUnits(actor: text(), consent: ActorUnits.Consent(rawValue: byte()) ?? .unasked)
    let count = number()
    for _ in 0..<count { units.units.append(unit()) }
    return units
  }
}
