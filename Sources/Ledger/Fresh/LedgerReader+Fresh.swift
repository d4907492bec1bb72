extension LedgerReader {
  /// Topics and origins of the whole ledger, fresh rows included.
  func counts() throws -> (topics: [TopicCount], origins: [OriginRange]) {
    let (_, fresh, sealed) = try freshRows {
      try catalog.read { database in
        let counts = (try catalog.topics(database), try catalog.origins(database))
        return (try catalog.state(database), counts)
      }
    }
    guard fresh.rowCount > 0 else { return sealed }
    let counts = try fresh.counts()
    var topics = ByteCounter()
    for count in sealed.0 + counts.topics { topics.add(count.topic, count.eventCount) }
    var origins: [[UInt8]: OriginRange] = [:]
    for range in sealed.1 + counts.origins {
      guard let known = origins[range.origin] else {
        origins[range.origin] = range
        continue
      }
      origins[range.origin] = OriginRange(
        origin: range.origin,
        positions: min(known.positions.lowerBound, range.positions.lowerBound)
          ... max(known.positions.upperBound, range.positions.upperBound),
        eventCount: known.eventCount + range.eventCount)
    }
    return (
      topics.sorted(),
      origins.values.sorted { $0.origin.lexicographicallyPrecedes($1.origin) }
    )
  }
}
