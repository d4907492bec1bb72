import ConfigurationFiles
import Ingest
import Monitoring
import Testing

@Suite struct `Status reports` {
  /// A subscriber with a bit of everything.
  static var status: SubscriberStatus {
    var commerce = SubscriberStatus.Source(name: "commerce")
    commerce.state = .live
    commerce.received = 1_000
    commerce.receivedByteCount = 400_000
    commerce.accepted = 900
    commerce.redelivered = 40
    commerce.conflicts = 3
    commerce.rejected = ["time": 7, "json": 2]
    commerce.dropped = 48
    commerce.backlog = 12
    commerce.newestAtBroker = 1_780_000_010_500_000
    commerce.newestCommitted = 1_780_000_008_000_000
    var quoted = SubscriberStatus.Source(name: "a \"b\"\\\n\u{1b}c")
    quoted.state = .unreachable
    quoted.lastError = "no \"route\"\nto host"
    quoted.lastErrorAt = 1_780_000_000_000_000
    var status = SubscriberStatus()
    status.startedAt = 1_779_999_900_000_000
    status.updatedAt = 1_780_000_011_000_000
    status.processID = 123
    status.sources = [commerce, quoted]
    status.commitCount = 20
    status.lastCommitAt = 1_780_000_010_000_000
    status.lastCommitMicroseconds = 34_500
    status.uncommittedCount = 5
    status.uncommittedByteCount = 2_000
    status.delayCounts[0] = 10
    status.delayCounts[5] = 30
    status.delayCounts[SubscriberStatus.delayBounds.count] = 1
    status.delaySumMicroseconds = 12_345_678
    status.freeByteCount = 5_000_000_000
    return status
  }

  static var report: StatusReport {
    var facts = LedgerFacts()
    facts.path = "shop"
    facts.eventCount = 12_345
    facts.freshCount = 45
    facts.segmentCount = 3
    facts.segmentByteCount = 1_200_000
    facts.watermark = 1_780_000_009_000_000
    facts.openRejects = [LedgerFacts.Reason(code: "time", count: 7)]
    return StatusReport(
      now: 1_780_000_012_000_000, ledger: facts, subscriber: status, isRunning: true)
  }

  @Test func `what a subscriber writes is read back whole`() throws {
    let read = try SubscriberStatus(json: Self.status.json, file: "status.json")
    var expected = Self.status
    for index in expected.sources.indices { expected.sources[index].positions = [] }
    #expect(read == expected)
  }

  @Test(arguments: ["", "{}", "[]", "{\"format\":2}", "{\"format\":1,\"sources\":7}", "{\"format\":"])
  func `what is no status is an error`(text: String) {
    #expect(throws: ConfigurationError.self) {
      try SubscriberStatus(json: Array(text.utf8), file: "status.json")
    }
  }

  @Test func `lag is between what is committed and the newest that the broker has`() {
    var source = Self.status.sources[0]
    #expect(source.lag(at: Self.report.now) == 2_500_000)
    source.newestAtBroker = nil
    #expect(source.lag(at: Self.report.now) == 4_000_000)
    source.backlog = 0
    #expect(source.lag(at: Self.report.now) == 0)
    source.backlog = nil
    #expect(source.lag(at: Self.report.now) == nil)
  }

  @Test func `every source must deliver for a healthy report`() {
    var report = Self.report
    #expect(!report.isHealthy)
    report.subscriber?.sources.removeLast()
    #expect(report.isHealthy)
    report.subscriber?.isDiskNearlyFull = true
    #expect(!report.isHealthy)
    report.subscriber?.isDiskNearlyFull = false
    report.isRunning = false
    #expect(!report.isHealthy)
  }

  @Test func `lines for people hold figures and no control characters`() {
    let rates = Self.status.sources.map {
      SourceRates($0, since: nil, microseconds: 10_000_000)
    }
    let text = StatusText(Self.report, rates: rates).lines
    let all = text.joined(separator: "\n")
    for words in [
      "subscriber 123, up for 112 s", "events 12 345 (45 fresh)", "open rejects 7",
      "commits 20, last 2 s ago in 34 ms", "p50 ≤ 250 ms", "p99 > 60 s", "json 2 · time 7",
    ] {
      #expect(all.contains(words), "\(words) in \(all)")
    }
    #expect(text.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } })
    var slow = Self.report
    slow.subscriber?.delayCounts[8] = 10_000
    #expect(StatusText(slow, rates: []).lines.joined().contains("p50 ≤ 2.5 s"))
  }

  @Test(arguments: [60, 80, 100, 130, 200])
  func `lines fit a screen of some width`(_ width: Int) {
    var report = Self.report
    report.subscriber?.sources[1].name = "nats://a.host.with.a.long.name:4222/COMMERCE"
    report.subscriber?.sources[1].lastError = nil
    let rates = Self.status.sources.map { SourceRates($0, since: nil, microseconds: 10_000_000) }
    let text = StatusText(report, rates: rates)
    let lines = text.lines(width: width)
    if width >= 80 { #expect(lines.allSatisfy { $0.count <= width }, "\(lines)") }
    // No fact is lost, and what matters of the sources is there.
    func words(_ lines: [String]) -> [Substring] {
      lines.prefix { !$0.isEmpty }.flatMap { $0.split(separator: " ") }
    }
    #expect(words(lines) == words(text.lines))
    let table = lines.drop { !$0.hasPrefix("SOURCE") }
    for name in ["STATE", "BACKLOG", "LAG", "MSG/S", "EVENTS", "REJECTED"] {
      #expect(table.first?.contains(name) == true, "\(name)")
    }
    #expect(table.dropFirst().first?.hasPrefix("commerce") == true)
    if width >= 130 { #expect(text.lines == lines) }
  }

  @Test func `as JSON it is one object`() throws {
    let node = try ConfigurationNode.parse(Self.report.json, file: "report")
    #expect(try node["ledger"]?["events"]?.integer() == 12_345)
    #expect(try node["ledger"]?["open_rejects"]?["time"]?.integer() == 7)
    #expect(try node["lag"]?["commerce"]?.integer() == 2_500_000)
    #expect(try node["subscriber"]?["commits"]?.integer() == 20)
  }

  @Test func `metrics have each family once, with help and type before its samples`() {
    let lines = Self.report.metrics(version: "1.0").split(separator: "\n").map(String.init)
    var seen: Set<String> = []
    var family = ""
    for line in lines {
      if line.hasPrefix("# HELP ") {
        family = String(line.split(separator: " ")[2])
        #expect(seen.insert(family).inserted, "\(family) twice")
      } else if !line.hasPrefix("#") {
        #expect(line.hasPrefix(family), "\(line)")
      }
    }
    for sample in [
      #"daybook_events_recorded_total{source="commerce"} 900"#,
      #"daybook_messages_rejected_total{source="commerce",reason="time"} 7"#,
      #"daybook_messages_rejected_total{source="commerce",reason="conflict"} 3"#,
      #"daybook_source_lag_seconds{source="commerce"} 2.5"#,
      #"daybook_source_up{source="commerce"} 1"#,
      #"daybook_commit_delay_seconds_bucket{le="0.1"} 10"#,
      #"daybook_commit_delay_seconds_bucket{le="0.25"} 40"#,
      #"daybook_commit_delay_seconds_bucket{le="+Inf"} 41"#,
      "daybook_commit_delay_seconds_sum 12.345678", "daybook_commit_delay_seconds_count 41",
      "daybook_last_commit_duration_seconds 0.0345",
    ] {
      #expect(lines.contains(sample), "\(sample)")
    }
  }

  @Test func `a ledger that cannot be read is told, not shown as empty`() {
    var report = Self.report
    report.ledger = LedgerFacts(unreadable: "shop")
    let lines = report.metrics(version: "1.0").split(separator: "\n").map(String.init)
    #expect(lines.contains("daybook_ledger_readable 0"))
    #expect(!lines.contains { $0.hasPrefix("daybook_ledger_events") })
    #expect(lines.contains("daybook_commits_total 20"))
  }

  @Test func `rates are what came between two looks`() {
    var later = Self.status.sources[0]
    later.received += 500
    later.accepted += 250
    let rates = SourceRates(later, since: Self.status.sources[0], microseconds: 2_000_000)
    #expect(rates.messages == 250)
    #expect(rates.events == 125)
  }
}
