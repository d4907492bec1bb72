import Events

/// Memory that finishing uses again and again.
struct FinishScratch: ~Copyable {
  /// For each of the actor's carts: the sequence that listed it last, plus one.
  var cartStamps: [Int] = []
  /// Paid and other orders of the sequence at hand; see `ActorWalk+Purchase`.
  var purchases: [OrderPurchase] = []
  /// For each of the actor's orders (the one without name at the end): its purchase, or -1.
  var purchaseOfOrder: [Int: Int] = [:]
  var payments = ActorStrings()
  var paidPairs: Set<UInt64> = []
  var lines: [BoughtLine] = []
  var postings: [RecoveryPosting] = []
  var buyers: [Int] = []
  /// Whether any sequence of the actor at hand was purchased, and whether `buyers` are its.
  var hasBuyer = false
  var areBuyersListed = false
}

extension ActorWalk {
  /// Computes every field that depends on all steps and aftermath, and the order of rows.
  mutating func finish() {
    cartIDs.removeAll()
    bought.removeAll()
    finishing.cartStamps.removeAll(keepingCapacity: true)
    var hasBuyer = false
    for index in sequences.indices {
      finishSteps(index)
      finishAftermath(index)
      if sequences[index].outcome == .purchased {
        hasBuyer = true
        finishPurchase(index)
      }
    }
    finishRecoveries(hasBuyer: hasBuyer)
    orderRows()
  }

  private mutating func finishSteps(_ index: Int) {
    var sequence = sequences[index]
    let firstCart = cartIDs.count
    var latestSession: Int32 = -1
    var step = sequence.firstStep
    while step >= 0 {
      let record = record(step)
      if step == sequence.firstStep {
        sequence.id = hasher.id(
          ActorName(letter: actorLetter, text: actorText.raw), source: record.source,
          event: record.eventID)
      }
      if !sequence.channel.isPresent { sequence.channel = record.channel }
      if !sequence.campaign.isPresent { sequence.campaign = record.campaign }
      if record.cart.isPresent { list(record.cart, of: index) }
      let session = sessions[Int(step)]
      if session >= 0 && session != latestSession {
        if sequence.sessionCount == 0 { sequence.firstSession = session }
        sequence.sessionCount += 1
        latestSession = session
      }
      if record.role == RoleCode.paymentAttempt { sequence.attemptCount += 1 }
      if record.role == RoleCode.paymentFailure { sequence.failureCount += 1 }
      step = next[Int(step)]
    }
    sequence.cartIDs = firstCart..<cartIDs.count
    sequences[index] = sequence
  }

  private mutating func list(_ text: TextSlice, of sequence: Int) {
    let cart = cartNames.intern(text)
    while finishing.cartStamps.count <= cart { finishing.cartStamps.append(0) }
    if finishing.cartStamps[cart] == sequence + 1 { return }
    finishing.cartStamps[cart] = sequence + 1
    cartIDs.append(cart)
  }

  private mutating func finishAftermath(_ index: Int) {
    var event = sequences[index].firstAftermath
    while event >= 0 {
      let entry = entries[Int(event)]
      switch entry.role {
      case RoleCode.fulfilment: keepFirst(entry.time, &sequences[index].fulfilledAt)
      case RoleCode.refund: keepFirst(entry.time, &sequences[index].refundedAt)
      case RoleCode.cancel: keepFirst(entry.time, &sequences[index].cancelledAt)
      default: break
      }
      event = next[Int(event)]
    }
  }

  /// Rows of an actor go by (`started_at`, `sequence_id`).
  private mutating func orderRows() {
    rowOrder.removeAll()
    for index in sequences.indices { rowOrder.append(index) }
    let sequences = UnsafePointer(self.sequences.base)
    var rows = rowOrder.buffer
    insertionSort(&rows) { left, right in
      if sequences[left].startedAt != sequences[right].startedAt {
        return sequences[left].startedAt < sequences[right].startedAt
      }
      return sequences[left].id < sequences[right].id
    }
  }
}

private func keepFirst(_ time: Int64, _ field: inout Int64) {
  if field == WalkedSequence.none { field = time }
}
