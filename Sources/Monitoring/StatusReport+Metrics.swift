import Ingest

extension StatusReport {
  /// Everything as Prometheus text.
  ///
  /// - Source: docs/operations.md, Metrics.
  package func metrics(version: String) -> String {
    var out = PrometheusText()
    out.begin("daybook_build_info", .gauge, "The program's version; always 1.")
    out.add(1, ["version": version])
    addLedger(&out)
    guard let subscriber else { return out.text }
    out.begin("daybook_up", .gauge, "Whether the subscriber is running.")
    out.add(isRunning ? 1 : 0)
    out.begin(
      "daybook_start_time_seconds", .gauge, "When the subscriber started, in seconds since 1970.")
    out.add(microseconds: subscriber.startedAt)
    addCommits(&out, subscriber)
    addCounters(&out, subscriber.sources)
    addSources(&out, subscriber.sources)
    return out.text
  }

  private func addLedger(_ out: inout PrometheusText) {
    out.begin("daybook_ledger_readable", .gauge, "Whether the ledger's catalog can be read.")
    out.add(ledger.isReadable ? 1 : 0)
    guard ledger.isReadable else { return }
    out.begin("daybook_ledger_events", .gauge, "Events in the ledger, fresh ones included.")
    out.add(Int64(ledger.eventCount))
    out.begin("daybook_ledger_fresh_events", .gauge, "Events that are in no segment yet.")
    out.add(Int64(ledger.freshCount))
    out.begin("daybook_ledger_segments", .gauge, "Segments of the ledger.")
    out.add(Int64(ledger.segmentCount))
    out.begin("daybook_ledger_segment_bytes", .gauge, "Bytes of the ledger's segments.")
    out.add(Int64(ledger.segmentByteCount))
    if let watermark = ledger.watermark {
      out.begin(
        "daybook_ledger_watermark_seconds", .gauge,
        "The latest time at which a recorded event occurred, in seconds since 1970.")
      out.add(microseconds: watermark)
    }
    if !ledger.openRejects.isEmpty {
      out.begin("daybook_ledger_open_rejects", .gauge, "Refused messages that nobody repaired yet.")
      for reason in ledger.openRejects { out.add(Int64(reason.count), ["reason": reason.code]) }
    }
  }

  private func addCommits(_ out: inout PrometheusText, _ subscriber: SubscriberStatus) {
    out.begin("daybook_commits_total", .counter, "Commits since the start.")
    out.add(subscriber.commitCount)
    if let time = subscriber.lastCommitAt {
      out.begin(
        "daybook_last_commit_timestamp_seconds", .gauge,
        "When the last commit was made, in seconds since 1970.")
      out.add(microseconds: time)
    }
    if let span = subscriber.lastCommitMicroseconds {
      out.begin("daybook_last_commit_duration_seconds", .gauge, "How long the last commit took.")
      out.add(microseconds: span)
    }
    out.begin("daybook_uncommitted_messages", .gauge, "Rows and rejects that wait for a commit.")
    out.add(Int64(subscriber.uncommittedCount))
    out.begin("daybook_uncommitted_bytes", .gauge, "Message bytes that wait for a commit.")
    out.add(Int64(subscriber.uncommittedByteCount))
    out.begin(
      "daybook_commit_delay_seconds", .histogram,
      "How long messages waited between their pull and their commit.")
    var sum: Int64 = 0
    for (place, bound) in SubscriberStatus.delayBounds.enumerated() {
      sum += subscriber.delayCounts[place]
      out.add(suffix: "_bucket", sum, ["le": PrometheusText.seconds(bound * 1_000)])
    }
    sum += subscriber.delayCounts[SubscriberStatus.delayBounds.count]
    out.add(suffix: "_bucket", sum, ["le": "+Inf"])
    out.add(microseconds: subscriber.delaySumMicroseconds, suffix: "_sum")
    out.add(suffix: "_count", sum)
    if let free = subscriber.freeByteCount {
      out.begin("daybook_disk_free_bytes", .gauge, "Free bytes of the ledger's disk.")
      out.add(free)
    }
    out.begin(
      "daybook_disk_nearly_full", .gauge, "1 while nothing is pulled because the disk is full.")
    out.add(subscriber.isDiskNearlyFull ? 1 : 0)
  }

  private func addCounters(
    _ out: inout PrometheusText, _ sources: [SubscriberStatus.Source]
  ) {
    let counters: [(String, String, KeyPath<SubscriberStatus.Source, Int64>)] = [
      ("daybook_messages_received_total", "Messages pulled.", \.received),
      ("daybook_received_bytes_total", "Bytes of the messages pulled.", \.receivedByteCount),
      ("daybook_events_recorded_total", "Events that are new in the ledger.", \.accepted),
      (
        "daybook_messages_redelivered_total", "Events that the ledger had already.", \.redelivered
      ),
      (
        "daybook_messages_dropped_total", "Messages at or below a committed position.", \.dropped
      ),
      ("daybook_source_reconnects_total", "Times a source had to connect again.", \.reconnects),
      (
        "daybook_acknowledgements_failed_total", "Acknowledgements that no broker confirmed.",
        \.failedAcknowledgements
      ),
    ]
    for (name, help, path) in counters {
      out.begin(name, .counter, help)
      for source in sources { out.add(source[keyPath: path], ["source": source.name]) }
    }
    out.begin("daybook_messages_rejected_total", .counter, "Messages refused, by reason.")
    for source in sources {
      for (reason, count) in source.rejected.sorted(by: { $0.key < $1.key }) {
        out.add(count, ["source": source.name, "reason": reason])
      }
      if source.rejected["conflict"] == nil {
        out.add(source.conflicts, ["source": source.name, "reason": "conflict"])
      }
    }
  }

  private func addSources(_ out: inout PrometheusText, _ sources: [SubscriberStatus.Source]) {
    out.begin("daybook_source_up", .gauge, "Whether a source delivers, or has ended as it should.")
    for source in sources {
      let isUp = source.state == .live || source.state == .ended
      out.add(isRunning && isUp ? 1 : 0, ["source": source.name])
    }
    out.begin("daybook_source_state", .gauge, "1 for the state that a source is in.")
    for source in sources {
      out.add(1, ["source": source.name, "state": source.state.rawValue])
    }
    out.begin("daybook_source_queue_bytes", .gauge, "Bytes pulled and not yet decoded.")
    for source in sources { out.add(Int64(source.queuedByteCount), ["source": source.name]) }
    out.begin(
      "daybook_source_backlog_messages", .gauge, "Messages that the broker holds beyond the pull.")
    for source in sources {
      if let backlog = source.backlog { out.add(backlog, ["source": source.name]) }
    }
    out.begin("daybook_source_lag_seconds", .gauge, "How far the ledger is behind the broker.")
    for source in sources {
      if let lag = source.lag(at: now) { out.add(microseconds: lag, ["source": source.name]) }
    }
    out.begin("daybook_source_position", .gauge, "The last position committed, by origin.")
    for source in sources {
      for place in source.positions {
        out.add(
          place.position,
          [
            "source": source.name, "origin": String(decoding: place.origin, as: UTF8.self),
          ])
      }
    }
  }
}
