package import ConfigurationFiles
package import Ingest

extension SubscriberStatus {
  /// Reads what a subscriber writes into `status.json`.
  ///
  /// - Shape: positions are left out: the ledger's catalog has them.
  /// - Errors: `ConfigurationError` for anything else; keys that are not known are passed over.
  package init(json: [UInt8], file: String) throws(ConfigurationError) {
    let root = try ConfigurationNode.parse(json, file: file)
    guard let format = try root.number("format"), format == 1 else {
      throw root.error("not the status of a subscriber, or of another version")
    }
    self.init()
    startedAt = try root.number("started_at") ?? 0
    updatedAt = try root.number("updated_at") ?? 0
    processID = Int32(clamping: try root.number("process_id") ?? 0)
    commitCount = try root.number("commits") ?? 0
    lastCommitAt = try root.number("last_commit_at")
    lastCommitMicroseconds = try root.number("last_commit_microseconds")
    uncommittedCount = Int(try root.number("uncommitted") ?? 0)
    uncommittedByteCount = Int(try root.number("uncommitted_bytes") ?? 0)
    freeByteCount = try root.number("free_bytes")
    isDiskNearlyFull = try root["disk_nearly_full"]?.boolean() ?? false
    lastError = try root.string("last_error")
    delaySumMicroseconds = try root.number("delay_sum_microseconds") ?? 0
    if let counts = try root["delay_counts"]?.items(), counts.count == delayCounts.count {
      for (index, count) in counts.enumerated() { delayCounts[index] = Int64(try count.integer()) }
    }
    for node in try root["sources"]?.items() ?? [] { sources.append(try Source(node)) }
  }
}

extension SubscriberStatus.Source {
  fileprivate init(_ node: ConfigurationNode) throws(ConfigurationError) {
    self.init(name: try node.string("name") ?? "")
    state = SubscriberStatus.State(rawValue: try node.string("state") ?? "") ?? .starting
    received = try node.number("received") ?? 0
    receivedByteCount = try node.number("received_bytes") ?? 0
    accepted = try node.number("accepted") ?? 0
    redelivered = try node.number("redelivered") ?? 0
    conflicts = try node.number("conflicts") ?? 0
    dropped = try node.number("dropped") ?? 0
    backlog = try node.number("backlog")
    newestAtBroker = try node.number("newest_at_broker")
    newestCommitted = try node.number("newest_committed")
    queuedByteCount = Int(try node.number("queued_bytes") ?? 0)
    reconnects = try node.number("reconnects") ?? 0
    failedAcknowledgements = try node.number("failed_acknowledgements") ?? 0
    lastError = try node.string("last_error")
    lastErrorAt = try node.number("last_error_at")
    for entry in try node["rejected"]?.entries() ?? [] {
      rejected[entry.key] = Int64(try entry.value.integer())
    }
  }
}

extension ConfigurationNode {
  fileprivate func number(_ key: String) throws(ConfigurationError) -> Int64? {
    guard let node = self[key], !node.isNull else { return nil }
    return Int64(try node.integer())
  }

  fileprivate func string(_ key: String) throws(ConfigurationError) -> String? {
    guard let node = self[key], !node.isNull else { return nil }
    return try node.text()
  }
}
