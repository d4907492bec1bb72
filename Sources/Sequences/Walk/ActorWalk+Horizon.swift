// What a row will read later, when the horizon has moved on and no event has come: an open sequence
// is abandoned, a censored one lost. Each row changes by itself, so it can be told in advance.

extension ActorWalk {
  /// The first horizon beyond the present one at which a row reads otherwise; nil where none is.
  func nextChange(of index: Int) -> Int64? {
    let sequence = sequences[index]
    if sequence.outcome == .open {
      let (last, overflow) = sequence.endedAt.addingReportingOverflow(sequence.patience)
      return overflow || last == Int64.max ? nil : last + 1
    }
    guard sequence.recovery == .censored else { return nil }
    let (end, overflow) = sequence.abandonedAt.addingReportingOverflow(options.recoveryWindow)
    return overflow ? nil : end
  }

  /// Makes a finished row what it is at a later horizon; the other rows stay.
  mutating func change(_ index: Int, at horizon: Int64) {
    if sequences[index].outcome == .open {
      sequences[index].outcome = .abandoned
      sequences[index].reason = sequences[index].overdueReason
      sequences[index].abandonedAt = sequences[index].endedAt + sequences[index].patience
    }
    finishRecovery(index, at: horizon)
  }
}
