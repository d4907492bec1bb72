/// Chooses times that pile up on the boundaries of the rules.
struct HostileTimes {
  /// 2021-03-01 09:00 UTC.
  static let base: Microseconds = 1_614_589_200 * NaiveTime.second

  /// No event lies later than this, so that every clock of today is past it.
  private static let latest = base + 1_200 * NaiveTime.day

  /// When paths so far were given up, as far as known.
  var abandonments: [Microseconds] = []

  private var times: [Microseconds] = [base]
  private let spans: [Microseconds]
  private let options: NaiveOptions

  init(_ options: NaiveOptions) {
    self.options = options
    let patiences = [
      options.patienceBrowse, options.patienceCart, options.patienceCheckout,
      options.patienceDeclined, options.patiencePayment,
    ]
    // Patience and window together are where `lost` begins and recovery ends.
    spans = patiences + patiences.map { $0 + options.recoveryWindow }
      + [options.sessionGap, options.sessionGap, options.sessionMax, options.recoveryWindow]
      + [5 * NaiveTime.minute]
  }

  /// The time of the next event.
  mutating func next(
    _ knobs: HostileKnobs, pauses: Bool, _ random: inout SplitMix64
  ) -> Microseconds {
    var time: Microseconds
    let anchor = random.chance(75) ? (times.last ?? HostileTimes.base) : random.pick(times)
    if pauses {
      // A pause that closes what is open, often just so.
      time = boundary(from: times.last ?? anchor, &random)
    } else if random.chance(knobs.ties) {
      time = anchor
    } else if random.chance(knobs.boundaries) {
      time = boundary(from: anchor, &random)
    } else {
      let step = random.pick([NaiveTime.second, NaiveTime.minute, 7 * NaiveTime.minute])
      time = anchor + Microseconds(random.below(8)) * step
    }
    // A time set back is rare, and the start is never far away.
    if random.chance(3) { time = anchor - random.pick(spans) }
    if time > HostileTimes.latest || time < HostileTimes.base - 60 * NaiveTime.day {
      time = HostileTimes.base
    }
    times.append(time)
    return time
  }

  /// Exactly at a boundary, or a microsecond to either side.
  private func boundary(
    from anchor: Microseconds, _ random: inout SplitMix64
  ) -> Microseconds {
    let nudge = Microseconds(random.below(3)) - 1
    if let asOf = options.asOf, random.chance(25) { return asOf + nudge }
    if !abandonments.isEmpty, random.chance(60) {
      let window = random.chance(70) ? options.recoveryWindow : 0
      return random.pick(Array(abandonments.suffix(3))) + window + nudge
    }
    return anchor + random.pick(spans) + nudge
  }

  /// When the ledger learned of an event: on time, late, or before it happened.
  func recording(of time: Microseconds, _ random: inout SplitMix64) -> Microseconds {
    let nudge = Microseconds(random.below(3)) - 1
    switch random.below(6) {
    case 0: return time
    case 1: return time + NaiveTime.second
    case 2: return time - 5 * NaiveTime.minute + nudge
    case 3: return random.pick(times) + nudge
    case 4: return (options.asOf ?? time) + nudge
    default: return time - random.pick([NaiveTime.hour, NaiveTime.day, NaiveTime.second])
    }
  }

  /// A time as text: sometimes in another form of the same instant.
  static func text(
    _ time: Microseconds, _ knobs: HostileKnobs, _ random: inout SplitMix64
  ) -> String {
    let usual = String(decoding: NaiveTime.text(time), as: UTF8.self)
    guard random.chance(knobs.textForms) else { return usual }
    let local = String(decoding: NaiveTime.text(time + 90 * NaiveTime.minute), as: UTF8.self)
    let date = usual.prefix(10)
    let clock = usual.dropFirst(11).dropLast()
    var forms = [
      "\(date)t\(clock)z", "\(date) \(clock)Z", "\(date)T\(clock)999Z",
      "\(date)T\(clock)-00:00", "\(local.dropLast())+01:30",
    ]
    if usual.hasSuffix(".000000Z") { forms.append("\(usual.prefix(19))Z") }
    if usual.hasSuffix("00000Z") { forms.append("\(usual.prefix(21))Z") }
    if usual.dropFirst(17).hasPrefix("00.") {
      let before = String(decoding: NaiveTime.text(time - NaiveTime.minute), as: UTF8.self)
      forms.append("\(before.prefix(17))60\(usual.dropFirst(19))")
    }
    return random.pick(forms)
  }
}
