import Bytes
import Events
import Files
import FilesTesting
import NaiveSequences
import Sequences
import Testing
import Threads

/// Sequences that are kept and brought up to date, beside the whole computation.
@Suite struct `Kept sequences` {
  static let formats: [SequenceOutput.Format] = [.ndjson, .csv, .stepsCSV]

  /// Hostile events arrive in any order: late ones, logins that move earlier events, payments of
  /// old orders; every update lays the ledger out anew.
  @Test(arguments: 0..<8)
  func `read as if computed whole after every update`(group: UInt64) throws {
    for seed in Seeds.chosen(usually: 160) where seed % 8 == group {
      let files = SimulatedFileSystem(directory: "/kept", seed: seed)
      let lines = naiveLines(
        ofFile: hostileLines(
          seed: seed, count: 24 + Int(seed % 5) * 12, options: hostileOptions(seed: seed).options))
      let options = try keptOptions(seed)
      var random = SplitMix64(seed: seed)
      var count = 0
      while count < lines.count {
        count = min(lines.count, count + random.below(lines.count / 3 + 2))
        let runs = layout(Array(lines[..<count]), parts: 1 + random.below(4))
        let circumstances = Circumstances(
          threads: 1 + random.below(3), memoryByteLimit: random.chance(30) ? 1 : 512 << 20)
        let kept = try update(files, runs, options, circumstances)
        #expect(kept.report.rebuilt == nil)
        let same = try written(kept) == compute(runs, options, formats: Self.formats)
        #expect(
          same,
          "after \(count) of \(lines.count) lines; SEED=\(seed) swift test --filter SequencesTests")
        if !same { return }
      }
    }
  }

  @Test func `change with the horizon alone`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let options = SequenceOptions()
    var lines = [
      event("1", "product.viewed", "2026-03-01T10:00:00Z", "\"visitor_id\":\"a\""),
      event(
        "2", "cart.item.added", "2026-03-01T10:01:00Z",
        "\"visitor_id\":\"a\",\"item_id\":\"x\""),
      event("3", "product.viewed", "2026-03-01T10:01:00Z", "\"visitor_id\":\"b\""),
    ]
    var seen: [[Int]] = []
    let hours = [
      "01T10:30", "01T11:01", "01T11:02", "02T10:01", "02T10:02", "08T11:01", "09T00:00",
    ]
    for (number, hour) in hours.enumerated() {
      lines.append(event("later-\(number)", "stock.counted", "2026-03-\(hour):00Z", ""))
      let runs = layout(lines, parts: 1)
      let kept = try update(files, runs, options)
      let found = try written(kept)
      #expect(try found == compute(runs, options, formats: Self.formats), "at \(hour)")
      #expect(number == 0 || kept.report.computedRowCount == 0)
      let rows = text(found.rows)
      seen.append(
        ["open", "abandoned", "censored", "lost"].map { word in
          rows.split(separator: "\"\(word)\"", omittingEmptySubsequences: false).count - 1
        })
    }
    let expected = [
      [2, 0, 0, 0], [2, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0], [0, 2, 1, 0], [0, 2, 0, 1],
      [0, 2, 0, 1],
    ]
    #expect(seen == expected)
  }

  @Test func `compute only what new events belong to`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    var lines: [[UInt8]] = []
    for visitor in 0..<50 {
      for step in 0..<4 {
        lines.append(
          event(
            "\(visitor)-\(step)", "product.viewed", "2026-03-01T10:0\(step):00Z",
            "\"visitor_id\":\"v\(visitor)\""))
      }
    }
    _ = try update(files, layout(lines, parts: 2), SequenceOptions())
    lines.append(
      event(
        "new", "product.viewed", "2026-03-02T10:00:00Z",
        "\"visitor_id\":\"v7\",\"customer_id\":\"c\""))
    let kept = try update(files, layout(lines, parts: 3), SequenceOptions())
    #expect(kept.report.newRowCount == 1)
    #expect(kept.report.computedRowCount == 5)
  }

  @Test func `filter like the whole computation`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let runs = layout(naiveLines(ofFile: hostileLines(seed: 11, count: 200)), parts: 2)
    let kept = try update(files, runs, SequenceOptions())
    let all = try compute(runs)
    let actor = try #require(try jsonLines(all.rows).first?["actor"] as? String)
    let start = try #require(try startTimes(all).sorted().last)
    var filters = [SequenceFilter(), SequenceFilter(), SequenceFilter(), SequenceFilter()]
    filters[0].outcomes = [.abandoned]
    filters[1].levels = [.cart, .browse]
    filters[2].actor = Array(actor.utf8)
    filters[3].since = start
    for filter in filters {
      let expected = try compute(runs, filter: filter, formats: Self.formats)
      #expect(try written(kept, filter) == expected)
    }
  }

  private func microseconds(_ text: String) -> Int64? {
    Array(text.utf8).withUnsafeBytes { parseRFC3339($0) }
  }

  private func startTimes(_ computed: Computed) throws -> [Int64] {
    try jsonLines(computed.rows).compactMap { ($0["started_at"] as? String).flatMap(microseconds) }
  }
}

/// What stops an update, and what does not fit.
@Suite struct `A kept state` {
  private static let lines = naiveLines(ofFile: hostileLines(seed: 5, count: 90))

  /// The second of two updates fails at each of its calls in turn.
  @Test(arguments: [SimulatedFileSystem.Fault.crash, .noSpace, .failure, .shortRead])
  func `survives a fault at any call`(fault: SimulatedFileSystem.Fault) throws {
    let options = SequenceOptions()
    let half = layout(Array(Self.lines[..<45]), parts: 1)
    let whole = layout(Self.lines, parts: 2)
    let expected = try compute(whole, options, formats: `Kept sequences`.formats)
    var call = 0
    while true {
      let files = SimulatedFileSystem(directory: "/kept", seed: UInt64(call))
      _ = try update(files, half, options)
      files.schedule([call: fault])
      let isThrough: Bool
      do {
        _ = try update(files, whole, options)
        isThrough = files.callCount <= call
      } catch {
        isThrough = false
      }
      if fault == .crash { files.restart() } else { files.schedule([:]) }
      let kept = try update(files, whole, options)
      #expect(kept.report.rebuilt == nil, "call \(call)")
      #expect(try written(kept) == expected, "call \(call)")
      if isThrough { break }
      call += 1
    }
    #expect(call > 15)
  }

  @Test func `is made anew where it does not fit, and says why`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let runs = layout(Self.lines, parts: 1)
    var options = SequenceOptions()
    #expect(try update(files, runs, options).report.rebuilt == nil)
    options.hubLimit = 2
    try expectAnew(files, runs, options, "other options")
    try expectAnew(files, runs, options, ledger: "other", "another ledger")
    let fewer = layout(Array(Self.lines[..<20]), parts: 1)
    try expectAnew(files, fewer, options, ledger: "other", "not those")
    let others = layout(Self.lines.reversed(), parts: 1)
    try expectAnew(files, others, options, ledger: "other", "not those")
    try expectAnew(files, runs, options, ledger: "other", "not those")
    let name = try #require(try files.list("/kept/at").first { $0.hasPrefix("rows-") })
    try files.remove("/kept/at/" + name)
    try expectAnew(files, runs, options, ledger: "other", "missing")
    files.flip("/kept/at/state", byte: 100)
    try expectAnew(files, runs, options, ledger: "other", "damaged")
    files.flip("/kept/at/state", byte: 3)
    try expectAnew(files, runs, options, ledger: "other", "another version")
    #expect(try files.list("/kept/at").count == 4)
  }

  @Test func `with fewer renderings than asked for is made anew with all`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let runs = layout(Self.lines, parts: 1)
    let options = SequenceOptions()
    _ = try update(files, runs, options, formats: [.csv])
    let kept = try update(files, runs, options, formats: [.ndjson])
    #expect(kept.report.rebuilt?.contains("format") == true)
    let both = try written(kept, formats: [.csv, .ndjson])
    #expect(try both == compute(runs, options, formats: [.csv, .ndjson]))
  }

  @Test func `whose events or rows are damaged never gives wrong rows`() throws {
    let options = SequenceOptions()
    let half = layout(Array(Self.lines[..<45]), parts: 1)
    let whole = layout(Self.lines, parts: 1)
    let expected = try compute(whole, options, formats: `Kept sequences`.formats)
    for kind in ["events-", "rows-"] {
      for byte in stride(from: 0, to: 6_000, by: 97) {
        let files = SimulatedFileSystem(directory: "/kept")
        _ = try update(files, half, options)
        let name = try #require(try files.list("/kept/at").first { $0.hasPrefix(kind) })
        files.flip("/kept/at/" + name, byte: byte, bit: byte % 8)
        let kept = try update(files, whole, options)
        do {
          #expect(try written(kept) == expected, "byte \(byte) of \(name)")
        } catch is KeptStateUnusable {}
      }
    }
  }

  @Test func `is held by one at a time`() throws {
    let files = SimulatedFileSystem(directory: "/kept")
    let runs = layout(Self.lines, parts: 1)
    let kept = try update(files, runs, SequenceOptions())
    #expect(throws: FileError.self) { try update(files, runs, SequenceOptions()) }
    #expect(try written(kept).counts.accepted == kept.report.newRowCount)
  }

  private func expectAnew(
    _ files: SimulatedFileSystem, _ runs: [any EventRun], _ options: SequenceOptions,
    ledger: String = "ledger", _ why: String
  ) throws {
    let kept = try update(files, runs, options, ledger: ledger)
    #expect(kept.report.rebuilt?.contains(why) == true, "\(kept.report.rebuilt ?? "kept") \(why)")
    #expect(try written(kept) == compute(runs, options, formats: `Kept sequences`.formats))
  }
}

/// Pasts that a silence closes: what an update leaves alone, and what makes it come back to it.
@Suite struct `A closed past` {
  /// One visitor's events, each with a day, an hour, a topic and more data.
  private typealias Told = (day: Int, hour: Int, topic: String, data: String)

  private func line(_ number: Int, _ told: Told) -> [UInt8] {
    let day = told.day < 10 ? "0\(told.day)" : "\(told.day)"
    let hour = told.hour < 10 ? "0\(told.hour)" : "\(told.hour)"
    return event("e\(number)", told.topic, "2026-03-\(day)T\(hour):00:00Z", told.data)
  }

  /// Updates after each of some groups of events; gives what each computed with.
  private func computed(_ groups: [[Told]]) throws -> [Int] {
    let files = SimulatedFileSystem(directory: "/kept")
    var lines: [[UInt8]] = []
    return try groups.map { group in
      for told in group { lines.append(line(lines.count, told)) }
      let runs = layout(lines, parts: 2)
      let kept = try update(files, runs, SequenceOptions())
      #expect(try written(kept) == compute(runs, formats: `Kept sequences`.formats))
      return kept.report.computedRowCount
    }
  }

  private let visitor = "\"visitor_id\":\"v\""
  private let both = "\"visitor_id\":\"v\",\"customer_id\":\"c\""
  private let item = ",\"item_id\":\"x\""

  @Test func `is left alone by a visit after a day of silence`() throws {
    let first: [Told] = [(1, 10, "product.viewed", visitor), (1, 11, "product.viewed", visitor)]
    #expect(try computed([first, [(2, 12, "product.viewed", visitor)]]) == [2, 1])
    #expect(try computed([first, [(2, 11, "product.viewed", visitor)]]) == [2, 3])
  }

  @Test func `ends with the recovery window of a cart`() throws {
    let first: [Told] = [(1, 10, "cart.item.added", visitor + item)]
    #expect(try computed([first, [(8, 11, "product.viewed", visitor)]]) == [1, 2])
    #expect(try computed([first, [(8, 12, "order.payment.succeeded", visitor)]]) == [1, 1])
  }

  @Test func `ends with a purchase and its session`() throws {
    let first: [Told] = [(1, 10, "order.payment.succeeded", visitor)]
    #expect(try computed([first, [(1, 11, "product.viewed", visitor)]]) == [1, 1])
  }

  @Test func `lets a visitor stay the customer it was`() throws {
    let first: [Told] = [(1, 10, "product.viewed", both), (1, 11, "product.viewed", visitor)]
    let groups = [
      first, [(3, 10, "product.viewed", visitor)], [(5, 10, "product.viewed", both)],
      [(7, 10, "product.viewed", "\"visitor_id\":\"w\",\"customer_id\":\"c\"")],
      [(9, 10, "product.viewed", "\"visitor_id\":\"w\"")],
      [(11, 10, "product.viewed", visitor)],
    ]
    #expect(try computed(groups) == [2, 1, 1, 1, 1, 1])
  }

  @Test func `comes back with a first login and with a second customer`() throws {
    let other = "\"visitor_id\":\"v\",\"customer_id\":\"d\""
    let groups: [[Told]] = [
      [(1, 10, "product.viewed", visitor)], [(3, 10, "product.viewed", visitor)],
      [(5, 10, "product.viewed", both)], [(7, 10, "product.viewed", visitor)],
      [(9, 10, "product.viewed", other)], [(11, 10, "product.viewed", visitor)],
    ]
    #expect(try computed(groups) == [1, 1, 3, 1, 5, 6])
  }

  @Test func `comes back with a late event and with an old order`() throws {
    let order = visitor + ",\"order_id\":\"o\""
    let groups: [[Told]] = [
      [(1, 10, "order.created", order)], [(12, 10, "product.viewed", visitor)],
      [(14, 10, "order.payment.succeeded", "\"order_id\":\"o\"")],
      [(24, 10, "product.viewed", visitor)], [(2, 10, "product.viewed", visitor)],
    ]
    #expect(try computed(groups) == [1, 1, 3, 1, 5])
  }

  @Test func `is all before the last silence, if no order lies on both sides`() throws {
    let order = visitor + ",\"order_id\":\"o\""
    let cart: Told = (20, 10, "cart.item.added", visitor + item)
    let first: [Told] = [(1, 10, "product.viewed", visitor), (5, 10, "product.viewed", visitor)]
    #expect(try computed([first + [cart], [(21, 10, "product.viewed", visitor)]]) == [3, 2])
    let ordered: [Told] = [(1, 10, "order.created", order), (12, 10, "product.viewed", visitor)]
    let refund: Told = (13, 10, "order.refunded", "\"order_id\":\"o\"")
    #expect(
      try computed([ordered + [refund, cart], [(21, 10, "product.viewed", visitor)]]) == [4, 2])
    let late: Told = (20, 11, "order.refunded", "\"order_id\":\"o\"")
    #expect(
      try computed([ordered + [cart, late], [(21, 10, "product.viewed", visitor)]]) == [4, 5])
  }

  /// Forty days of a few people whose visits are days apart; what arrives on a day may be late, log
  /// in somebody anew, or pay, refund and fulfil old orders.
  @Test(arguments: 0..<4)
  func `gives the rows of the whole computation, day by day`(group: UInt64) throws {
    var left = 0
    for seed in Seeds.chosen(usually: 40) where seed % 4 == group {
      var shop = DailyShop(seed: seed)
      let files = SimulatedFileSystem(directory: "/kept", seed: seed)
      var options = SequenceOptions()
      if seed % 3 == 1 { options.recoveryWindow = 3 * 86_400_000_000 }
      if seed % 5 == 1 { options.stitch = .none }
      if seed % 7 == 1 { options.hubLimit = 1 }
      if seed % 4 == 2 { options.sessionGap = 40 * 3_600_000_000 }
      var lines: [[UInt8]] = []
      for day in 1...28 {
        lines += shop.arrivals(on: day)
        let runs = layout(lines, parts: 1 + Int(seed % 3))
        let kept = try update(files, runs, options)
        left += lines.count - kept.report.computedRowCount
        let same = try written(kept) == compute(runs, options, formats: `Kept sequences`.formats)
        #expect(same, "day \(day); SEED=\(seed) swift test --filter SequencesTests")
        if !same { return }
      }
    }
    #expect(left > 0)
  }
}

/// What arrives at a shop day by day, with everything that reaches back.
private struct DailyShop {
  private var random: SplitMix64
  private var count = 0
  private var orders: [String] = []
  private var carts: [String] = []

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  private mutating func line(_ topic: String, _ day: Int, _ data: [String]) -> [UInt8] {
    count += 1
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time =
      "2026-03-\(two(day))T\(two(random.below(24))):\(two(random.below(60))):00Z"
    return event("e\(count)", topic, time, data.joined(separator: ","))
  }

  mutating func arrivals(on day: Int) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for person in 0..<6 where random.chance(25) {
      // Some arrive late, by days.
      let when = random.chance(8) ? max(1, day - random.below(20)) : day
      var who = ["\"visitor_id\":\"v\(random.chance(6) ? random.below(6) : person)\""]
      if person % 2 == 0 && random.chance(60) {
        who.append("\"customer_id\":\"c\(random.chance(4) ? random.below(3) : person)\"")
      }
      if person % 2 == 1 && random.chance(5) { who.append("\"customer_id\":\"c\(person)\"") }
      for _ in 0...random.below(3) { lines += step(who, when) }
    }
    if !orders.isEmpty && random.chance(25) {
      let order = orders[random.below(orders.count)]
      let topics = [
        "order.payment.succeeded", "order.payment.failed", "order.refunded", "order.fulfilled",
      ]
      lines.append(
        line(topics[random.below(4)], day, ["\"order_id\":\"\(order)\"", "\"amount\":7"]))
    }
    if random.chance(10) { lines.append(line("email.sent", day, ["\"customer_id\":\"c2\""])) }
    if random.chance(5) { lines.append(line("stock.counted", day, ["\"visitor_id\":\"v3\""])) }
    return lines
  }

  private mutating func step(_ who: [String], _ day: Int) -> [[UInt8]] {
    let item = "\"item_id\":\"i\(random.below(3))\""
    switch random.below(6) {
    case 0, 1: return [line("product.viewed", day, who + [item])]
    case 2:
      if carts.isEmpty || random.chance(85) { carts.append("t\(carts.count)") }
      let cart = random.chance(85) ? carts.count - 1 : random.below(carts.count)
      return [line("cart.item.added", day, who + [item, "\"cart_id\":\"\(carts[cart])\""])]
    case 3: return [line("cart.item.added", day, who + [item, "\"unit_price\":5"])]
    case 4: return [line("order.payment.failed", day, who)]
    default:
      orders.append("o\(orders.count)")
      let order = "\"order_id\":\"o\(orders.count - 1)\""
      var lines = [line("order.created", day, who + [order])]
      if random.chance(60) { lines.append(line("order.payment.succeeded", day, [order])) }
      return lines
    }
  }
}

private func keptOptions(_ seed: UInt64) throws -> SequenceOptions {
  var options = try SequenceOptions(parsing: hostileOptions(seed: seed).json, file: "options")
  options.asOf = nil
  return options
}

private func update(
  _ files: SimulatedFileSystem, _ runs: [any EventRun], _ options: SequenceOptions,
  _ circumstances: Circumstances = Circumstances(), ledger: String = "ledger",
  formats: [SequenceOutput.Format] = `Kept sequences`.formats
) throws -> KeptSequences {
  let resources = SequenceResources(
    pool: WorkerPool(threadCount: circumstances.threads), files: files,
    spillDirectory: "/kept/spill", memoryByteLimit: circumstances.memoryByteLimit)
  return try KeptSequences(
    in: "/kept/at", ledger: ledger, program: "test", runs: runs, options: options,
    formats: formats, resources: resources)
}

private func written(
  _ kept: KeptSequences, _ filter: SequenceFilter = SequenceFilter(),
  formats: [SequenceOutput.Format] = `Kept sequences`.formats
) throws -> Computed {
  let collected = formats.map { _ in Collected() }
  let outputs = zip(formats, collected).map { format, texts in
    SequenceOutput(format, to: { texts.sink($0) })
  }
  let counts = try kept.write(to: outputs, filter: filter)
  return Computed(texts: collected.map(\.all), counts: counts)
}

private func event(_ id: String, _ topic: String, _ time: String, _ data: String) -> [UInt8] {
  Array(
    """
    {"specversion":"1.0","id":"\(id)","source":"/shop","type":"\(topic)","time":"\(time)",\
    "data":{\(data)}}
    """.utf8)
}
