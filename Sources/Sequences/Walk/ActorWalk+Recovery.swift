/// One thing that a purchased sequence shares with an abandoned one: an item, or a cart id.
struct RecoveryPosting {
  /// Twice the item's integer, or twice the cart's plus one.
  var key: Int
  /// Place of the purchased sequence in `FinishScratch.buyers`.
  var buyer: Int
}

// An abandoned sequence is recovered by itself, else by the first purchased one that shares
// something with it. The purchased ones are listed once by what they hold, so that each abandoned
// one costs a binary search for each of its items instead of a look at every purchase.

extension ActorWalk {
  /// Fills `recovered_at`, `recovered_by` and `recovery` of all sequences.
  mutating func finishRecoveries(hasBuyer: Bool) {
    finishing.hasBuyer = hasBuyer
    finishing.areBuyersListed = false
    for index in sequences.indices { finishRecovery(index, at: links.horizon) }
  }

  /// Fills those of one sequence, as they are at a horizon.
  mutating func finishRecovery(_ index: Int, at horizon: Int64) {
    let sequence = sequences[index]
    if sequence.abandonedAt == WalkedSequence.none || sequence.level == .browse { return }
    if sequence.outcome == .purchased { return recover(index, by: index) }
    if finishing.hasBuyer {
      if !finishing.areBuyersListed { listBuyers() }
      finishing.areBuyersListed = true
      if let buyer = firstBuyer(for: sequence) { return recover(index, by: buyer) }
    }
    let (end, overflow) = sequence.abandonedAt.addingReportingOverflow(options.recoveryWindow)
    sequences[index].recovery = !overflow && horizon >= end ? .lost : .censored
  }

  private mutating func recover(_ index: Int, by buyer: Int) {
    sequences[index].recovery = .recovered
    sequences[index].recoveredAt = sequences[buyer].purchasedAt
    sequences[index].recoveredBy = sequences[buyer].id
  }

  /// Purchased sequences by (`purchased_at`, `started_at`, `sequence_id`), and what each shares.
  private mutating func listBuyers() {
    finishing.buyers.removeAll(keepingCapacity: true)
    finishing.postings.removeAll(keepingCapacity: true)
    for index in sequences.indices where sequences[index].outcome == .purchased {
      finishing.buyers.append(index)
    }
    let sequences = UnsafePointer(self.sequences.base)
    finishing.buyers.sort { left, right in
      let (first, second) = (sequences[left], sequences[right])
      if first.purchasedAt != second.purchasedAt { return first.purchasedAt < second.purchasedAt }
      if first.startedAt != second.startedAt { return first.startedAt < second.startedAt }
      return first.id < second.id
    }
    for (buyer, index) in finishing.buyers.enumerated() {
      for place in sequences[index].bought where items[bought[place].item].count > 0 {
        finishing.postings.append(RecoveryPosting(key: 2 * bought[place].item, buyer: buyer))
      }
      for place in sequences[index].cartIDs {
        finishing.postings.append(RecoveryPosting(key: 2 * cartIDs[place] + 1, buyer: buyer))
      }
    }
    finishing.postings.sort { ($0.key, $0.buyer) < ($1.key, $1.buyer) }
  }

  private func firstBuyer(for sequence: WalkedSequence) -> Int? {
    let earliest = lowerBound(finishing.buyers.count) { buyer in
      sequences[finishing.buyers[buyer]].purchasedAt <= sequence.abandonedAt
    }
    var first = finishing.buyers.count
    for place in sequence.cart where items[carts[place].item].count > 0 {
      first = min(first, firstPosting(2 * carts[place].item, earliest) ?? first)
    }
    for place in sequence.cartIDs {
      first = min(first, firstPosting(2 * cartIDs[place] + 1, earliest) ?? first)
    }
    guard first < finishing.buyers.count else { return nil }
    let buyer = finishing.buyers[first]
    let (wait, overflow) =
      sequences[buyer].purchasedAt.subtractingReportingOverflow(sequence.abandonedAt)
    return !overflow && wait <= options.recoveryWindow ? buyer : nil
  }

  /// The first buyer from `earliest` on that holds the key.
  private func firstPosting(_ key: Int, _ earliest: Int) -> Int? {
    let place = lowerBound(finishing.postings.count) { place in
      let posting = finishing.postings[place]
      return posting.key < key || (posting.key == key && posting.buyer < earliest)
    }
    guard place < finishing.postings.count, finishing.postings[place].key == key else {
      return nil
    }
    return finishing.postings[place].buyer
  }
}

/// The first index for which `isBefore` is false; it must be true, then false.
private func lowerBound(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
  var low = 0
  var high = count
  while low < high {
    let middle = (low + high) / 2
    if isBefore(middle) { low = middle + 1 } else { high = middle }
  }
  return low
}
