import Bytes
import Ingest

/// A status for people, in lines that fit a terminal.
package struct StatusText {
  private let report: StatusReport
  private let rates: [SourceRates]

  /// - Parameter rates: one a source, in their order.
  package init(_ report: StatusReport, rates: [SourceRates]) {
    self.report = report
    self.rates = rates
  }

  /// All of it, without line feeds.
  package var lines: [String] { lines(width: nil) }

  /// The same for a screen of some width: facts go on in the next line, and the table leaves out
  /// what matters least. What is still too long is for whoever draws it to cut.
  package func lines(width: Int?) -> [String] {
    var lines = folded([headline], width) + folded(ledgerFacts, width)
    guard let subscriber = report.subscriber else { return lines }
    lines += folded(commitFacts(subscriber), width) + [""]
    let rows = subscriber.sources.enumerated().map { index, source in
      row(source, index < rates.count ? rates[index] : SourceRates())
    }
    lines += StatusTable([StatusText.header] + rows).lines(width: width)
    lines += troubles(subscriber)
    return lines
  }

  private func folded(_ facts: [String], _ width: Int?) -> [String] {
    var lines: [String] = []
    for fact in facts {
      if let last = lines.last, last.count + 3 + fact.count <= width ?? Int.max {
        lines[lines.count - 1] += "   " + fact
      } else {
        lines.append(fact)
      }
    }
    return lines
  }

  private var headline: String {
    guard let subscriber = report.subscriber else {
      return "\(report.ledger.path)   no subscriber has run here"
    }
    if report.isRunning {
      return "\(report.ledger.path)   subscriber \(subscriber.processID), up for "
        + span(report.now - subscriber.startedAt)
    }
    return "\(report.ledger.path)   subscriber is not running; its last word is "
      + span(report.now - subscriber.updatedAt) + " old"
  }

  private var ledgerFacts: [String] {
    let ledger = report.ledger
    var facts = [
      "events \(grouped(Int64(ledger.eventCount))) (\(grouped(Int64(ledger.freshCount))) fresh)",
      "segments \(grouped(Int64(ledger.segmentCount))), \(bytes(Int64(ledger.segmentByteCount)))",
    ]
    if let watermark = ledger.watermark { facts.append("newest event \(time(watermark))") }
    let open = ledger.openRejects.reduce(0) { $0 + $1.count }
    facts.append("open rejects \(grouped(Int64(open)))")
    return facts
  }

  private func commitFacts(_ subscriber: SubscriberStatus) -> [String] {
    var facts = ["commits \(grouped(subscriber.commitCount))"]
    if let last = subscriber.lastCommitAt {
      facts[0] += ", last \(span(report.now - last)) ago"
      if let took = subscriber.lastCommitMicroseconds { facts[0] += " in \(span(took))" }
    }
    if let median = subscriber.delayBound(ofShare: 0.5),
      let high = subscriber.delayBound(ofShare: 0.99)
    {
      facts.append("delay p50 \(bound(median)), p99 \(bound(high))")
    }
    facts.append(
      "waiting \(grouped(Int64(subscriber.uncommittedCount))) "
        + "(\(bytes(Int64(subscriber.uncommittedByteCount))))")
    if let free = subscriber.freeByteCount {
      let warning = subscriber.isDiskNearlyFull ? " NEARLY FULL" : ""
      facts.append("disk free \(bytes(free))\(warning)")
    }
    return facts
  }

  // MARK: Sources

  private static let header = [
    "SOURCE", "STATE", "BACKLOG", "LAG", "MSG/S", "BYTES/S", "EVENTS", "REDELIVERED", "DROPPED",
    "REJECTED",
  ]

  private func row(_ source: SubscriberStatus.Source, _ rates: SourceRates) -> [String] {
    [
      plain(source.name), source.state.rawValue, source.backlog.map { grouped($0) } ?? "?",
      source.lag(at: report.now).map { span($0) } ?? "?",
      grouped(Int64(rates.messages.rounded())), bytes(Int64(rates.bytes.rounded())),
      grouped(source.accepted), grouped(source.redelivered), grouped(source.dropped),
      grouped(source.rejectedCount + (source.rejected["conflict"] == nil ? source.conflicts : 0)),
    ]
  }

  private func troubles(_ subscriber: SubscriberStatus) -> [String] {
    var lines: [String] = []
    var reasons: [String: Int64] = [:]
    for source in subscriber.sources { reasons.merge(source.rejected, uniquingKeysWith: +) }
    if !reasons.isEmpty {
      let list = reasons.sorted { $0.key < $1.key }.map { "\($0.key) \(grouped($0.value))" }
      lines += ["", "rejected since the start: " + plain(list.joined(separator: " · "))]
    }
    let errors = subscriber.sources.compactMap { source in
      source.lastError.map { error in
        let age = source.lastErrorAt.map { " (\(span(report.now - $0)) ago)" } ?? ""
        return "\(source.name)\(age): \(error)"
      }
    }
    let all = errors + (subscriber.lastError.map { ["ledger: \($0)"] } ?? [])
    if !all.isEmpty { lines += ["", "last errors"] + all.map { "  " + plain($0) } }
    return lines
  }
}

/// Text without control characters, which could act on a terminal.
private func plain(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
    result.unicodeScalars.append(isControl ? "\u{fffd}" : scalar)
  }
  return result
}

/// A whole number in groups of three.
private func grouped(_ value: Int64) -> String {
  let digits = Array(String(value.magnitude))
  var text = value < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += " " }
    text.append(digit)
  }
  return text
}

/// A byte count in powers of ten.
private func bytes(_ count: Int64) -> String {
  var value = Double(max(0, count))
  for unit in ["B", "kB", "MB", "GB"] {
    if value < 1_000 {
      return unit == "B" ? "\(Int(value)) B" : "\(Double(Int(value * 10)) / 10) \(unit)"
    }
    value /= 1_000
  }
  return "\(Double(Int(value * 10)) / 10) TB"
}

/// A bound of delays: at most so much, or above the last bound.
private func bound(_ delay: (milliseconds: Int64, isExceeded: Bool)) -> String {
  let (seconds, rest) = delay.milliseconds.quotientAndRemainder(dividingBy: 1_000)
  let text =
    seconds > 0 && rest > 0 ? "\(seconds).\(rest / 100) s" : span(delay.milliseconds * 1_000)
  return "\(delay.isExceeded ? ">" : "≤") \(text)"
}

/// A span of microseconds: `12 ms`, `4 s`, `3 min`, `5 h`, `2 d`.
private func span(_ microseconds: Int64) -> String {
  let value = max(0, microseconds)
  if value < 1_000_000 { return "\(value / 1_000) ms" }
  let seconds = value / 1_000_000
  if seconds < 120 { return "\(seconds) s" }
  if seconds < 7_200 { return "\(seconds / 60) min" }
  if seconds < 172_800 { return "\(seconds / 3_600) h" }
  return "\(seconds / 86_400) d"
}

/// A moment to the second, in UTC.
private func time(_ microseconds: Int64) -> String {
  var text: [UInt8] = []
  appendTime(microseconds, to: &text)
  return String(decoding: text.prefix(10), as: UTF8.self) + " "
    + String(decoding: text.dropFirst(11).prefix(8), as: UTF8.self) + "Z"
}
