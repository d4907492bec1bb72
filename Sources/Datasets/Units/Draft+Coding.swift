import Sequences

extension ByteWriter {
  /// A string with its bytes: a unit keeps only those of its own interactions.
  private mutating func put(_ text: HistoryText, _ unit: Unit) {
    put(UInt64(text.count + 1))
    if let string = unit.bytes(text) { bytes.append(contentsOf: string) }
  }

  mutating func put(_ draft: Draft, of unit: Unit) {
    put(UInt64(draft.item))
    bytes.append(draft.action)
    bytes.append((draft.isTarget ? 1 : 0) | (draft.isMature ? 2 : 0))
    put(signed: draft.time)
    put(signed: draft.recordedAt &- draft.time)
    put(signed: draft.outcomeKnownAt &- draft.time)
    put(signed: draft.knownAsOf)
    put(UInt64(draft.weight.bitPattern))
    put(optional: draft.quantity)
    put(optional: draft.unitPrice)
    put(optional: draft.amount)
    put(fixed: draft.basket)
    put(fixed: draft.event)
    put(fixed: draft.visitor)
    put(signed: Int64(draft.session))
    put(signed: draft.ledgerOffset)
    put(draft.order, unit)
    put(draft.channel, unit)
    put(draft.campaign, unit)
    put(draft.creative, unit)
  }

  mutating func put(_ cell: Cell) {
    switch cell {
    case .null: bytes.append(0)
    case .integer(let value):
      bytes.append(1)
      put(signed: value)
    case .real(let value):
      bytes.append(2)
      put(fixed: value.bitPattern)
    case .text(let value):
      bytes.append(3)
      put(text: value)
    }
  }

  mutating func put(_ unit: Unit) {
    put(fixed: unit.key)
    put(signed: unit.anchor)
    put(signed: unit.featureKnownAt)
    put(signed: unit.labelDueAt)
    bytes.append(unit.hasLabel ? 1 : 0)
    put(signed: unit.observedThrough)
    put(UInt64(unit.cells.count))
    for cell in unit.cells { put(cell) }
    put(UInt64(unit.drafts.count))
    for draft in unit.drafts { put(draft, of: unit) }
  }

  mutating func put(_ units: ActorUnits) {
    put(text: units.actor)
    bytes.append(units.consent.rawValue)
    put(UInt64(units.units.count))
    for unit in units.units { put(unit) }
  }
}

extension ByteReader {
  private mutating func historyText(of unit: inout Unit) -> HistoryText {
    let count = Int(number()) - 1
    if count < 0 { return .absent }
    let start = Int32(unit.text.count)
    unit.text.append(contentsOf: bytes[place..<place + count])
    place += count
    return HistoryText(start: start, count: Int32(count))
  }

  mutating func draft(of unit: inout Unit) -> Draft {
    let item = UInt32(truncatingIfNeeded: number())
    let action = byte()
    let flags = byte()
    let time = signed()
    var draft = Draft(
      item: item, action: action, isTarget: flags & 1 != 0, isMature: flags & 2 != 0, time: time,
      recordedAt: time &+ signed(), outcomeKnownAt: time &+ signed())
    draft.knownAsOf = signed()
    draft.weight = Float(bitPattern: UInt32(truncatingIfNeeded: number()))
    draft.quantity = optional()
    draft.unitPrice = optional()
    draft.amount = optional()
    draft.basket = fixed()
    draft.event = fixed()
    draft.visitor = fixed()
    draft.session = Int32(truncatingIfNeeded: signed())
    draft.ledgerOffset = signed()
    draft.order = historyText(of: &unit)
    draft.channel = historyText(of: &unit)
    draft.campaign = historyText(of: &unit)
    draft.creative = historyText(of: &unit)
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
    let cells = number()
    for _ in 0..<cells { unit.cells.append(cell()) }
    let drafts = number()
    unit.drafts.reserveCapacity(Int(drafts))
    for _ in 0..<drafts { unit.drafts.append(draft(of: &unit)) }
    return unit
  }

  mutating func actorUnits() -> ActorUnits {
    var units = ActorUnits(actor: text(), consent: ActorUnits.Consent(rawValue: byte()) ?? .unasked)
    let count = number()
    for _ in 0..<count { units.units.append(unit()) }
    return units
  }
}
