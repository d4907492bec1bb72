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
  var random: SplitMix64
  var times: HostileTimes
  var path = HostilePath()
  var usedIDs: Set<String> = []

  init(seed: UInt64, knobs: HostileKnobs, options: NaiveOptions) {
    self.knobs = knobs
    self.options = options
    random = SplitMix64(seed: seed)
    ids = HostileIDs(knobs, hubLimit: options.hubLimit, &random)
    visitorShare = random.pick([50, 80, 95, 100])
    orderShare = random.pick([5, 25, 60])
    cartShare = random.pick([0, 20, 60])
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
    if isNewPath { path = startPath() }
    let role = path.rolesToCome.removeFirst()
    var message = HostileMessage()
    message.topic = topic(role)
    message.time = times.next(knobs, isNewPath: isNewPath, &random)
    (message.id, message.source) = identity()
    message.data = people() + things(role) + details(role)
    path.last = message
    // A second order before the first is paid.
    if role == .order, random.chance(knobs.crossings) { path.order = random.pick(ids.orders) }
    return message
  }

  /// A fragment of a path, or one event alone.
  private mutating func startPath() -> HostilePath {
    var path = HostilePath()
    path.visitor = random.pick(ids.visitors)
    path.customer = random.pick(ids.customers)
    path.order = random.pick(ids.orders)
    path.cart = random.pick(ids.carts)
    path.item = random.pick(ids.items)
    path.namesVisitor = random.chance(visitorShare)
    path.namesCustomer = !path.namesVisitor || random.chance(knobs.logins)
    if random.chance(50) {
      // The same person comes back, to recover what was left.
      path.visitor = self.path.visitor
      path.customer = self.path.customer
      path.item = self.path.item
      path.cart = self.path.cart
    }
    path.rolesToCome =
      random.chance(knobs.scripts)
      ? random.pick(HostilePath.scripts) : [random.pick(NaiveRole.allCases)]
    return path
  }

  /// An id and source not used before; ids repeat under other sources and in no order of time.
  private mutating func identity() -> (id: String, source: String) {
    while true {
      let digits = usedIDs.count < 40 ? 60 : usedIDs.count * 3
      let tail = random.chance(knobs.unicode) ? random.pick(["\u{E9}", "e\u{301}", "Z"]) : ""
      let id = "e\(random.below(digits))\(tail)"
      let source = random.pick(["/shop", "/shop", "/pos", "s"])
      if usedIDs.insert("\(source) \(ByteText(id.utf8))").inserted { return (id, source) }
    }
  }

  /// The person on an event.
  private mutating func people() -> [(String, String)] {
    if random.chance(knobs.nobody) { return [] }
    var members: [(String, String)] = []
    if path.namesVisitor || random.chance(knobs.crossings / 3) {
      let other = random.chance(knobs.hubs) || random.chance(knobs.crossings)
      members.append(("visitor_id", id(other ? random.pick(ids.visitors) : path.visitor)))
    }
    if path.namesCustomer ? random.chance(90) : random.chance(knobs.crossings / 3) {
      let other = random.chance(knobs.hubs) || random.chance(knobs.crossings)
      members.append(("customer_id", id(other ? random.pick(ids.customers) : path.customer)))
    }
    return members
  }

  /// The order and cart on an event.
  private mutating func things(_ role: NaiveRole) -> [(String, String)] {
    var members: [(String, String)] = []
    let isAboutOrder = role.hasLevelPayment || role.isAftermath
    if random.chance(isAboutOrder ? 80 : orderShare / 4) {
      let other = random.chance(knobs.crossings)
      members.append(("order_id", id(other ? random.pick(ids.orders) : path.order)))
    }
    if random.chance(cartShare) {
      let other = random.chance(knobs.crossings)
      members.append(("cart_id", id(other ? random.pick(ids.carts) : path.cart)))
    }
    return members
  }

  /// The id, or now and then junk in its place.
  mutating func id(_ text: String) -> String {
    random.chance(knobs.junkIDs) ? HostileIDs.junk(&random) : text
  }
}
