import Events

/// An event of the partition: its time, and below it role and place of its record.
struct WalkEntry {
  var time: Int64
  /// Role in the upper 8 bits, the record's offset in the partition below them.
  var key: UInt64

  @inline(__always) var role: UInt8 { UInt8(truncatingIfNeeded: key >> 56) }
  @inline(__always) var offset: Int { Int(key & 0x00ff_ffff_ffff_ffff) }
}

/// Walks the events of one actor and leaves its sequences.
///
/// Invariants:
/// - At most one sequence is open: `open`, or -1; it is always the last one.
/// - An order is on at most one sequence; every step that names it is a step of that one.
/// - What is frozen at the first close is written by `close` only.
/// - Source: docs/semantics.md §4 and §5.
struct ActorWalk: ~Copyable {
  let options: SequenceOptions
  let links: ResolvedLinks
  private(set) var actor: UInt32 = 0
  /// The actor's bytes without the prefix, and the prefix's letter.
  private(set) var actorText = TextSlice.absent
  private(set) var actorLetter: UInt8 = 0
  private var records = GrowingBuffer<Record>()
  var base: UnsafePointer<UInt8>
  var entries: UnsafeBufferPointer<WalkEntry>

  // The actor's result.
  var sequences = GrowingBuffer<WalkedSequence>()
  /// The step or aftermath event after this one in its sequence, or -1.
  var next = GrowingBuffer<Int32>()
  /// The session of a human event, or -1.
  var sessions = GrowingBuffer<Int32>()
  var carts = GrowingBuffer<CartItem>()
  private var orphanCount = 0
  /// The times of this actor's orphans.
  private(set) var orphanTimes = GrowingBuffer<Int64>()
  var orders = ActorStrings()
  var items = ActorStrings()
  var cartNames = ActorStrings()
  /// The sequence that an order is on, or -1.
  var orderSequence = GrowingBuffer<Int32>()
  var nextOrder = GrowingBuffer<Int32>()
  var cartIDs = GrowingBuffer<Int>()
  var bought = GrowingBuffer<BoughtLine>()
  /// Indices of `sequences` in the order of rows.
  var rowOrder = GrowingBuffer<Int>()
  var finishing = FinishScratch()
  var hasher = SequenceHasher()

  // The open sequence.
  private var open = -1
  private var hasPayment = false
  private var hasCheckout = false
  private var latestPayment: UInt8 = 0
  private var cartHeldSomething = false
  private var cart = OpenCart()
  private var latestCart: Int32 = -1

  private var clock: SessionClock

  init(options: SequenceOptions, links: ResolvedLinks) {
    self.options = options
    self.links = links
    clock = SessionClock(options)
    base = emptyText.utf8Start
    entries = UnsafeBufferPointer(start: nil, count: 0)
  }

  /// The event's record; usually each is taken apart once, when its actor's walk begins.
  @inline(__always) func record(_ index: Int32) -> Record {
    if records.count > 0 { return records[Int(index)] }
    return Record(base + entries[Int(index)].offset, links.shared)
  }

  /// Walks events that are in the order of events and all belong to `actor`.
  mutating func walk(
    _ actor: UInt32, _ name: ActorName, _ entries: UnsafeBufferPointer<WalkEntry>,
    base: UnsafePointer<UInt8>
  ) {
    begin(actor, name, entries, base)
    var hasAftermath = false
    for index in 0..<Int32(truncatingIfNeeded: entries.count) {
      let entry = entries[Int(index)]
      let isHuman = entry.role <= RoleCode.paymentAttempt
      if isHuman { _ = clock.begins(entry.time) }
      sessions.append(isHuman ? clock.number : -1)
      next.append(-1)
      if entry.role == RoleCode.identify || entry.role == RoleCode.other { continue }
      if entry.role >= RoleCode.fulfilment {
        hasAftermath = true
      } else {
        step(index, record(index))
      }
    }
    if open >= 0 { endOpen() }
    if hasAftermath { attachAftermath() }
  }

  private mutating func begin(
    _ actor: UInt32, _ name: ActorName, _ entries: UnsafeBufferPointer<WalkEntry>,
    _ base: UnsafePointer<UInt8>
  ) {
    self.actor = actor
    self.entries = entries
    self.base = base
    actorText = name.slice
    actorLetter = name.letter
    records.resize(entries.count <= Limits.walkedRecordCount ? entries.count : 0)
    for index in 0..<records.count {
      records[index] = Record(base + entries[index].offset, links.shared)
    }
    sequences.removeAll()
    orphanTimes.removeAll()
    next.removeAll()
    sessions.removeAll()
    carts.removeAll()
    orderSequence.removeAll()
    nextOrder.removeAll()
    orders.forgetAll()
    items.forgetAll()
    cartNames.forgetAll()
    cart.beginActor()
    open = -1
    clock = SessionClock(options)
    latestCart = -1
  }

  /// Rules 2 to 4 of the contract's §5.
  private mutating func step(_ index: Int32, _ record: Record) {
    let order = record.order.isPresent ? internOrder(record.order) : -1
    let known = order >= 0 ? Int(orderSequence[order]) : -1
    if open >= 0 && (known < 0 || known == open) && isOverdue(at: record.time) {
      close(abandoned: true, by: index)
    }
    if known >= 0 {
      append(index, to: known)
      if known == open { advance(record) }
      if record.role == RoleCode.paymentSuccess { succeed(index, known) }
      return
    }
    if open < 0 {
      if record.role == RoleCode.paymentFailure {
        addOrphan(record.time)
        return
      }
      openSequence(index, record.time)
    } else {
      append(index, to: open)
    }
    advance(record)
    if order >= 0 { put(order, on: open) }
    if record.role == RoleCode.paymentSuccess { succeed(index, open) }
  }

  private mutating func succeed(_ index: Int32, _ sequence: Int) {
    if sequences[sequence].firstSuccess < 0 { sequences[sequence].firstSuccess = index }
    if sequence == open { close(abandoned: false, by: index) }
    sequences[sequence].outcome = .purchased
  }

  private mutating func openSequence(_ index: Int32, _ time: Int64) {
    open = sequences.count
    var sequence = WalkedSequence(
      firstStep: index, lastStep: index, startedAt: time, endedAt: time)
    sequence.stepCount = 1
    sequence.earlierCart = latestCart
    sequences.append(sequence)
    hasPayment = false
    hasCheckout = false
    latestPayment = 0
    cartHeldSomething = false
    cart.begin()
  }

  private mutating func append(_ index: Int32, to sequence: Int) {
    next[Int(sequences[sequence].lastStep)] = index
    sequences[sequence].lastStep = index
    sequences[sequence].stepCount += 1
  }

  private mutating func internOrder(_ text: TextSlice) -> Int {
    let order = orders.intern(text)
    if order == orderSequence.count {
      orderSequence.append(-1)
      nextOrder.append(-1)
    }
    return order
  }

  private mutating func put(_ order: Int, on sequence: Int) {
    orderSequence[order] = Int32(sequence)
    let last = sequences[sequence].lastOrder
    if last < 0 {
      sequences[sequence].firstOrder = Int32(order)
    } else {
      nextOrder[Int(last)] = Int32(order)
    }
    sequences[sequence].lastOrder = Int32(order)
  }

  /// Takes a step of the open sequence into its level, payments and cart.
  private mutating func advance(_ record: Record) {
    sequences[open].endedAt = record.time
    switch record.role {
    case RoleCode.cartAdd, RoleCode.cartRemove:
      changeCart(record)
      if cart.itemCount > 0 { cartHeldSomething = true }
    case RoleCode.cartClear: cart.clear()
    case RoleCode.checkout: hasCheckout = true
    case RoleCode.order: hasPayment = true
    case RoleCode.paymentAttempt, RoleCode.paymentFailure,
      RoleCode.paymentSuccess:
      hasPayment = true
      latestPayment = record.role
    default: break
    }
  }

  private mutating func changeCart(_ record: Record) {
    let isAdd = record.role == RoleCode.cartAdd
    if record.lineCount == 0 {
      let quantity = record.fields.contains(.quantity) ? record.quantity : nil
      let price = record.fields.contains(.unitPrice) ? record.unitPrice : nil
      change(Line(item: record.item, quantity: quantity, unitPrice: price), isAdd)
      return
    }
    var cursor = RecordCursor(record.lines)
    for _ in 0..<record.lineCount { change(cursor.line(), isAdd) }
  }

  private mutating func change(_ line: Line, _ isAdd: Bool) {
    let item = items.intern(named(line.item))
    if isAdd {
      cart.add(item, quantity: line.quantity, unitPrice: line.unitPrice)
    } else {
      cart.remove(item, quantity: line.quantity)
    }
  }

  /// An item without id is the item with the empty name.
  @inline(__always) func named(_ item: TextSlice) -> TextSlice {
    item.isPresent ? item : TextSlice(start: base, count: 0, flags: [])
  }

  private var level: Level {
    if hasPayment { return .payment }
    if hasCheckout { return .checkout }
    return cart.itemCount > 0 ? .cart : .browse
  }

  private var patience: Int64 {
    switch level {
    case .browse: options.patience.browse
    case .cart: options.patience.cart
    case .checkout: options.patience.checkout
    case .payment:
      latestPayment == RoleCode.paymentFailure
        ? options.patience.declined : options.patience.payment
    }
  }

  @inline(__always) private func isOverdue(at time: Int64) -> Bool {
    let (silence, overflow) = time.subtractingReportingOverflow(sequences[open].endedAt)
    return !overflow && silence > patience
  }

  /// Freezes what stands still from the first close on.
  private mutating func close(abandoned: Bool, by closer: Int32) {
    freeze()
    sequences[open].closer = closer
    if abandoned {
      let (instant, overflow) = sequences[open].endedAt.addingReportingOverflow(patience)
      sequences[open].abandonedAt = overflow ? Int64.max : instant
      sequences[open].outcome = .abandoned
      sequences[open].reason = reason
      if !sequences[open].cart.isEmpty { latestCart = Int32(open) }
    }
    open = -1
  }

  private mutating func freeze() {
    sequences[open].level = level
    sequences[open].patience = patience
    sequences[open].overdueReason = reason
    sequences[open].lastOpenStep = sequences[open].lastStep
    sequences[open].cart = cart.freeze(into: &carts, names: items)
  }

  private var reason: Reason {
    switch level {
    case .payment:
      switch latestPayment {
      case RoleCode.paymentFailure: .declined
      case RoleCode.paymentAttempt: .pending
      default: .unpaid
      }
    case .browse: cartHeldSomething ? .emptied : .silent
    default: .silent
    }
  }

  /// After the last event.
  private mutating func endOpen() {
    if isOverdue(at: links.horizon) {
      close(abandoned: true, by: -1)
    } else {
      freeze()
      open = -1
    }
  }

  private mutating func addOrphan(_ time: Int64) {
    orphanCount += 1
    orphanTimes.append(time)
  }

  /// The orphans since the last call.
  mutating func takeOrphanCount() -> Int {
    defer { orphanCount = 0 }
    return orphanCount
  }

  /// Rule 1: each aftermath event goes to the sequence that its order is on.
  private mutating func attachAftermath() {
    for index in 0..<Int32(entries.count) {
      let role = entries[Int(index)].role
      if role < RoleCode.fulfilment || role == RoleCode.other { continue }
      let order = record(index).order
      let sequence = order.isPresent ? Int(orderSequence[internOrder(order)]) : -1
      if sequence < 0 {
        addOrphan(entries[Int(index)].time)
        continue
      }
      let last = sequences[sequence].lastAftermath
      if last < 0 {
        sequences[sequence].firstAftermath = index
      } else {
        next[Int(last)] = index
      }
      sequences[sequence].lastAftermath = index
    }
  }
}

/// Somewhere to point to before the first partition is read.
private let emptyText: StaticString = ""
