/// Random events that pile up the boundaries of every rule, one message a line.
///
/// Without `knobs` each seed has a mixture of its own; times look for the boundaries of `options`.
package func hostileLines(
  seed: UInt64, count: Int, knobs: HostileKnobs? = nil, options: NaiveOptions = NaiveOptions()
) -> ByteText {
  var generator = HostileEvents(
    seed: seed, knobs: knobs ?? HostileKnobs(seed: seed), options: options)
  return generator.file(count)
}

/// The generator behind `hostileLines`.
struct HostileEvents {
  let knobs: HostileKnobs
  let options: NaiveOptions
  let ids: HostileIDs
  /// How often a path of this mixture names each kind of id.
  let visitorShare: Int
  let orderShare: Int
  let cartShare: Int
  /// Some mixtures keep to a few fragments of one person.
  let focus: [[NaiveRole]]?
  var random: SplitMix64
  var times: HostileTimes
  var path = HostilePath()
  var usedIDs: Set<ByteText> = []
  var made: [HostileMessage] = []

  init(seed: UInt64, knobs: HostileKnobs, options: NaiveOptions) {
    self.knobs = knobs
    self.options = options
    random = SplitMix64(seed: seed)
    ids = HostileIDs(knobs, hubLimit: options.hubLimit, &random)
    visitorShare = random.pick([50, 80, 95, 100])
    orderShare = random.pick([5, 25, 60])
    cartShare = random.pick([0, 20, 60])
    focus = random.chance(40) ? random.pick(HostilePath.focuses) : nil
    times = HostileTimes(options)
    path.visitor = random.pick(ids.visitors)
    path.customer = random.pick(ids.customers)
    path.item = random.pick(ids.items)
    path.cart = random.pick(ids.carts)
  }

  mutating func file(_ count: Int) -> ByteText {
    var lines: [ByteText] = []
    while lines.count < count {
      if random.chance(knobs.redeliveries), !lines.isEmpty {
        lines.append(random.pick(lines))
      } else if random.chance(knobs.rejects) {
        lines.append(brokenLine())
      } else {
        lines += [line()] + conflictOfLast()
      }
    }
    let all = random.shuffled(Array(lines.prefix(count)))
    var file: ByteText = random.chance(knobs.fileForms) ? [0xEF, 0xBB, 0xBF] : []
    for line in all {
      if random.chance(knobs.fileForms) { file += random.pick([[0x0A], [0x20, 0x09, 0x0A]]) }
      file += line + (random.chance(knobs.fileForms) ? [0x0D, 0x0A] : [0x0A])
    }
    return file
  }

  /// The next event as a line, of the recorded form or not.
  mutating func line() -> ByteText {
    let message = nextMessage()
    guard random.chance(knobs.recorded) else { return bytes(written(message)) }
    return bytes(recorded(written(message), at: message.time))
  }

  mutating func recorded(_ message: String, at time: Microseconds) -> String {
    let moment = HostileTimes.text(times.recording(of: time, &random), knobs, &random)
    let place = random.chance(30) ? "\"origin\":\"f\",\"position\":\(random.below(9))," : ""
    return "{\"recorded_at\":\"\(moment)\",\(place)\"message\":\(message)}"
  }

  /// Sometimes the message just made again, with another body or in a wrapper.
  private mutating func conflictOfLast() -> [ByteText] {
    guard random.chance(knobs.conflicts), let last = path.last else { return [] }
    var other = last
    other.data.append(("note", "\"\(random.below(3))\""))
    return [bytes(random.chance(50) ? written(other) : recorded(written(last), at: last.time))]
  }

  private mutating func nextMessage() -> HostileMessage {
    let isNewPath = path.rolesToCome.isEmpty
    if isNewPath {
      path = startPath()
      noteAbandonments()
    }
    let role = path.rolesToCome.removeFirst()
    var message = HostileMessage()
    message.topic = topic(role)
    message.time = times.next(
      knobs, pauses: isNewPath && random.chance(focus == nil ? 40 : 75), &random)
    (message.id, message.source) = identity()
    if random.chance(knobs.ties / 2), let last = path.last { imitate(last, &message) }
    message.data = people() + things(role) + details(role)
    path.last = message
    made.append(message)
    return message
  }

  /// The same person once more, with a fragment of the focus.
  private mutating func keep(_ focus: [[NaiveRole]], _ path: inout HostilePath) {
    path.rolesToCome = random.pick(focus)
    path.crowd = nil
    path.isAnonymous = false
    path.namesVisitor = true
    path.namesCustomer = false
    path.visitor = self.path.visitor
    path.secondOrder = random.chance(60) ? random.pick(ids.orders) : nil
  }

  /// Has the rules walk what was made so far: when a path was given up is a boundary that only
  /// they can tell. The clock of recording is left out.
  private mutating func noteAbandonments() {
    guard focus != nil || random.chance(knobs.boundaries) else { return }
    let plain = HostileKnobs.plain
    var lines: [ByteText] = []
    for message in made.suffix(40) {
      var writer = HostileEvents(seed: 0, knobs: plain, options: options)
      lines.append(bytes(writer.written(message)))
    }
    var ledger = NaiveLedger()
    ledger.ingest(lines: lines)
    let world = NaiveWorld(ledger.events, options)
    times.abandonments = world.walks.flatMap { actor, steps in
      NaiveWalk(actor: actor, steps, horizon: .max, options).sequences.compactMap(\.abandonedAt)
    }
  }

  /// The same id, topic and time as another event, under a source not used for it yet.
  private mutating func imitate(_ last: HostileMessage, _ message: inout HostileMessage) {
    let source = random.pick(["/shop", "/pos", "s", "é", "e\u{301}"])
    guard usedIDs.insert(key(last.id, source)).inserted else { return }
    message.id = last.id
    message.source = source
    message.topic = last.topic
    message.time = last.time
  }

  private func key(_ id: String, _ source: String) -> ByteText {
    bytes(source) + [0x0A] + bytes(id)
  }

  /// A fragment of a path, or one event alone.
  private mutating func startPath() -> HostilePath {
    var path = HostilePath()
    path.visitor = random.pick(ids.visitors)
    path.customer = random.pick(ids.customers)
    path.order = random.pick(ids.orders)
    path.cart = random.pick(ids.carts)
    path.item = random.pick(ids.items)
    path.last = self.path.last
    path.namesVisitor = random.chance(visitorShare)
    path.namesCustomer = !path.namesVisitor || random.chance(knobs.logins)
    if random.chance(50) {
      // The same person comes back, to recover what was left.
      path.visitor = self.path.visitor
      path.customer = self.path.customer
      path.item = self.path.item
      path.cart = self.path.cart
    }
    path.isAnonymous = random.chance(knobs.nobody)
    // A second order before the first is paid.
    path.secondOrder = random.chance(knobs.crossings * 2) ? random.pick(ids.orders) : nil
    path.rolesToCome =
      random.chance(knobs.scripts)
      ? random.pick(HostilePath.scripts) : [random.pick(NaiveRole.allCases)]
    if random.chance(knobs.aftermath * 2) {
      path.rolesToCome += random.pick(HostilePath.aftermaths)
    }
    if random.chance(knobs.hubs) { makeCrowd(&path) }
    if let focus { keep(focus, &path) }
    return path
  }

  /// An id and source not used before; ids repeat under other sources and in no order of time.
  private mutating func identity() -> (id: String, source: String) {
    while true {
      let digits = usedIDs.count < 40 ? 60 : usedIDs.count * 3
      let tail = random.chance(knobs.unicode) ? random.pick(["\u{E9}", "e\u{301}", "Z"]) : ""
      let id = "e\(random.below(digits))\(tail)"
      let source = random.pick(["/shop", "/shop", "/pos", "s"])
      if usedIDs.insert(key(id, source)).inserted { return (id, source) }
    }
  }
}
