/// One row of §5's table.
struct NaiveRow {
  var sequence: NaiveSequence
  var sequenceID: ByteText
  var outcome: String
  var recoveredAt: Microseconds?
  var recoveredBy: ByteText?
  var recovery: String?
  var bought: [NaiveBoughtLine]?
  var currency: ByteText?
  var paid: Int64?
  var refunded: Int64?
  var net: Int64?
  /// By place in the order of events, less that of the first human step.
  var sessions: [Int: Int] = [:]

  var actor: ByteText { sequence.actor }
  var startedAt: Microseconds { sequence.steps.first?.time ?? 0 }
  var purchasedAt: Microseconds? { sequence.firstSuccess?.time }
}

/// The rows of one actor: what each sequence says by itself, then who recovered whom.
func rows(
  of walk: NaiveWalk, sessions: [Int: Int], horizon: Microseconds, _ options: NaiveOptions
) -> [NaiveRow] {
  var rows = walk.sequences.enumerated().map { index, sequence in
    var row = NaiveRow(
      sequence: sequence, sequenceID: sequence.sequenceID, outcome: outcome(sequence))
    fillMoney(&row, earlier: Array(walk.sequences[..<index]), options)
    fillSessions(&row, sessions)
    return row
  }
  let finished = rows
  for index in rows.indices {
    fillRecovery(&rows[index], finished, horizon: horizon, options)
  }
  return rows
}

private func outcome(_ sequence: NaiveSequence) -> String {
  if sequence.isPurchased { return "purchased" }
  return sequence.abandonedAt == nil ? "open" : "abandoned"
}

/// `bought`, `currency`, `paid`, `refunded`, `net` are null unless purchased.
private func fillMoney(
  _ row: inout NaiveRow, earlier: [NaiveSequence], _ options: NaiveOptions
) {
  guard row.sequence.isPurchased else { return }
  let lines = row.sequence.linesOfPaidOrders(earlier: earlier, options)
  row.bought = addedUp(lines.flatMap { $0 })
  row.currency = row.sequence.currency
  if row.sequence.namesDifferentCurrencies { return }
  row.paid = row.sequence.paid(lines)
  row.refunded = row.sequence.refunded(ofPaid: row.paid)
  if let paid = row.paid, let refunded = row.refunded {
    row.net = Int64(exactly: Int128(paid) - Int128(refunded))
  }
}

private func fillSessions(_ row: inout NaiveRow, _ sessions: [Int: Int]) {
  let numbers = row.sequence.steps.compactMap { sessions[$0.place] }
  guard let first = numbers.first else { return }
  for step in row.sequence.steps {
    if let number = sessions[step.place] { row.sessions[step.place] = number - first }
  }
}

/// Of a sequence that was abandoned at a level above browse.
private func fillRecovery(
  _ row: inout NaiveRow, _ rows: [NaiveRow], horizon: Microseconds, _ options: NaiveOptions
) {
  guard let abandonedAt = row.sequence.abandonedAt, row.sequence.path.level != .browse else {
    return
  }
  let end = NaiveTime.after(abandonedAt, options.recoveryWindow)
  if let purchasedAt = row.purchasedAt {
    row.recoveredAt = purchasedAt
    row.recoveredBy = row.sequenceID
  } else if let other = recoverer(of: row, rows, after: abandonedAt, until: end) {
    row.recoveredAt = other.purchasedAt
    row.recoveredBy = other.sequenceID
  }
  if row.recoveredAt != nil {
    row.recovery = "recovered"
  } else {
    row.recovery = horizon >= end ? "lost" : "censored"
  }
}

/// The first purchased sequence in the window that shares a cart or an item.
private func recoverer(
  of row: NaiveRow, _ rows: [NaiveRow], after: Microseconds, until: Microseconds
) -> NaiveRow? {
  let candidates = rows.filter { other in
    guard let purchasedAt = other.purchasedAt else { return false }
    return purchasedAt > after && purchasedAt <= until
      && (sharesCart(row, other) || sharesItem(row, other))
  }
  return candidates.min { left, right in
    let leftTimes = (left.purchasedAt ?? 0, left.startedAt)
    let rightTimes = (right.purchasedAt ?? 0, right.startedAt)
    if leftTimes != rightTimes { return leftTimes < rightTimes }
    return isBefore(left.sequenceID, right.sequenceID)
  }
}

private func sharesCart(_ row: NaiveRow, _ other: NaiveRow) -> Bool {
  let carts = row.sequence.steps.compactMap(\.event.cartID)
  return other.sequence.steps.compactMap(\.event.cartID).contains { carts.contains($0) }
}

/// Its cart when abandoned, the other's bought items; items without id never match.
private func sharesItem(_ row: NaiveRow, _ other: NaiveRow) -> Bool {
  let items = row.sequence.path.cart.items.map(\.itemID).filter { !$0.isEmpty }
  return (other.bought ?? []).contains { items.contains($0.itemID) }
}
