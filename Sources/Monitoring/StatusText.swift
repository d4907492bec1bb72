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
  package var lines: [String] {
    var lines = [headline, ledgerLine]
    guard let subscriber = report.subscriber else { return lines }
    lines.append(commitLine(subscriber))
    lines += ["", header]
    for (index, source) in subscriber.sources.enumerated() {
      lines.append(row(source, index < rates.count ? rates[index] : SourceRates()))
    }
    lines += troubles(subscriber)
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

  private var ledgerLine: String {
    let ledger = report.ledger
    var line =
      "events \(grouped(Int64(ledger.eventCount))) (\(grouped(Int64(ledger.freshCount))) fresh)   "
      + "segments \(grouped(Int64(ledger.segmentCount))), \(bytes(Int64(ledger.segmentByteCount)))"
    if let watermark = ledger.watermark {
      line += "   newest event \(time(watermark))"
    }
    let open = ledger.openRejects.reduce(0) { $0 + $1.count }
    line += "   open rejects \(grouped(Int64(open)))"
    return line
  }

  private func commitLine(_ subscriber: SubscriberStatus) -> String {
    var line = "commits \(grouped(subscriber.commitCount))"
    if let last = subscriber.lastCommitAt {
      line += ", last \(span(report.now - last)) ago"
      if let took = subscriber.lastCommitMicroseconds { line += " in \(span(took))" }
    }
    if let median = subscriber.delayBound(ofShare: 0.5),
      let high = subscriber.delayBound(ofShare: 0.99)
    {
      line += "   delay p50 \(bound(median)), p99 \(bound(high))"
    }
    line +=
      "   waiting \(grouped(Int64(subscriber.uncommittedCount))) "
      + "(\(bytes(Int64(subscriber.uncommittedByteCount))))"
    if let free = subscriber.freeByteCount {
      line += "   disk free \(bytes(free))"
      if subscriber.isDiskNearlyFull { line += " NEARLY FULL" }
    }
    return line
  }

  // MARK: Sources

  private static let widths = [24, 11, 12, 9, 9, 10, 14, 11, 9, 9]

  private var header: String {
    columns([
      "SOURCE", "STATE", "BACKLOG", "LAG", "MSG/S", "BYTES/S", "EVENTS", "REDELIVERED", "DROPPED",
      "REJECTED",
    ])
  }

  private func row(_ source: SubscriberStatus.Source, _ rates: SourceRates) -> String {
    columns([
      source.name, source.state.rawValue, source.backlog.map { grouped($0) } ?? "?",
      source.lag(at: report.now).map { span($0) } ?? "?",
      grouped(Int64(rates.messages.rounded())), bytes(Int64(rates.bytes.rounded())),
      grouped(source.accepted), grouped(source.redelivered), grouped(source.dropped),
      grouped(source.rejectedCount + (source.rejected["conflict"] == nil ? source.conflicts : 0)),
    ])
  }

  /// Two columns of text to the left, numbers to the right.
  private func columns(_ cells: [String]) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let width = StatusText.widths[index]
      var text = plain(cell)
      if index == 0, text.count > width { text = text.prefix(width - 1) + "…" }
      let padding = String(repeating: " ", count: max(0, width - text.count))
      line += index < 2 ? text + padding + " " : padding + text + " "
    }
    while line.last == " " { line.removeLast() }
    return line
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
  "\(delay.isExceeded ? ">" : "≤") \(span(delay.milliseconds * 1_000))"
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
