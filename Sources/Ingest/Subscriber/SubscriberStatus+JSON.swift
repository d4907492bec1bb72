extension SubscriberStatus {
  /// One JSON object, for `status.json` in the ledger's folder and for people who ask.
  ///
  /// - Shape: names in snake case; unknown values are null; times in microseconds.
  package var json: [UInt8] {
    var out = JSONObject()
    out.add("format", 1)
    out.add("process_id", Int64(processID))
    out.add("started_at", startedAt)
    out.add("updated_at", updatedAt)
    out.add("commits", commitCount)
    out.add("last_commit_at", lastCommitAt)
    out.add("last_commit_microseconds", lastCommitMicroseconds)
    out.add("uncommitted", Int64(uncommittedCount))
    out.add("uncommitted_bytes", Int64(uncommittedByteCount))
    out.add("free_bytes", freeByteCount)
    out.add("disk_nearly_full", raw: isDiskNearlyFull ? "true" : "false")
    out.add("last_error", lastError)
    out.add("delay_bounds_ms", raw: SubscriberStatus.list(SubscriberStatus.delayBounds))
    out.add("delay_counts", raw: SubscriberStatus.list(delayCounts))
    out.add("delay_sum_microseconds", delaySumMicroseconds)
    out.add("sources", raw: "[" + sources.map(\.json).joined(separator: ",") + "]")
    return Array((out.text + "\n").utf8)
  }

  static func list(_ numbers: [Int64]) -> String {
    "[" + numbers.map { String($0) }.joined(separator: ",") + "]"
  }
}

extension SubscriberStatus.Source {
  fileprivate var json: String {
    var out = JSONObject()
    out.add("name", name)
    out.add("state", state.rawValue)
    out.add("received", received)
    out.add("received_bytes", receivedByteCount)
    out.add("accepted", accepted)
    out.add("redelivered", redelivered)
    out.add("conflicts", conflicts)
    out.add("dropped", dropped)
    out.add("backlog", backlog)
    out.add("newest_at_broker", newestAtBroker)
    out.add("newest_committed", newestCommitted)
    out.add("queued_bytes", Int64(queuedByteCount))
    out.add("reconnects", reconnects)
    out.add("failed_acknowledgements", failedAcknowledgements)
    out.add("last_error", lastError)
    out.add("last_error_at", lastErrorAt)
    var reasons = JSONObject()
    for (reason, count) in rejected.sorted(by: { $0.key < $1.key }) { reasons.add(reason, count) }
    out.add("rejected", raw: reasons.text)
    let places = positions.map { position in
      var place = JSONObject()
      place.add("origin", String(decoding: position.origin, as: UTF8.self))
      place.add("position", position.position)
      place.add("detail", position.detail)
      return place.text
    }
    out.add("positions", raw: "[" + places.joined(separator: ",") + "]")
    return out.text
  }
}

/// A flat JSON object being written.
private struct JSONObject {
  private var members = ""

  var text: String { "{" + members + "}" }

  mutating func add(_ name: String, _ value: Int64?) {
    add(name, raw: value.map { String($0) } ?? "null")
  }

  mutating func add(_ name: String, _ value: String?) {
    add(name, raw: value.map { JSONObject.literal($0) } ?? "null")
  }

  mutating func add(_ name: String, raw value: String) {
    if !members.isEmpty { members += "," }
    members += JSONObject.literal(name) + ":" + value
  }

  private static func literal(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": literal += "\\\""
      case "\\": literal += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }
}
