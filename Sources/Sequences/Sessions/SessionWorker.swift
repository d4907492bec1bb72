/// Cuts each actor's human events into sessions and renders them, one worker a thread.
///
/// - Source: docs/semantics.md §4.
final class SessionWorker: RowWorker {
  private var index = PartitionIndex()
  private var rows = SessionRows()
  private var hasher = SequenceHasher()
  private let formats: [SessionOutput.Format]
  private let filter: SequenceFilter
  private let options: SequenceOptions
  private let links: ResolvedLinks
  private var names: ActorNameReader
  private(set) var counts = SequenceCounts()

  init(
    formats: [SessionOutput.Format], filter: SequenceFilter, options: SequenceOptions,
    links: ResolvedLinks
  ) {
    self.formats = formats
    self.filter = filter
    self.options = options
    self.links = links
    names = ActorNameReader(links)
  }

  func run(
    _ partition: Int, of store: PartitionStore, into part: RowPart,
    whenLarge: (RowPart) throws -> Void
  ) throws {
    try index.forEachActor(of: partition, in: store, links.shared) { actor, entries, base in
      let name = try names.name(actor)
      var clock = SessionClock(options)
      var open: WalkedSession?
      for entry in entries {
        let record = Record(base + entry.offset, links.shared)
        if clock.begins(record.time) || open == nil {
          if let open { write(open, name, into: part) }
          open = begin(name, record, Int64(clock.number))
        }
        open?.endedAt = record.time
        open?.eventCount += 1
        open?.lastEvent = record.eventID
        if open?.channel.isPresent == false { open?.channel = record.channel }
        if open?.campaign.isPresent == false { open?.campaign = record.campaign }
        if part.byteCount > Limits.largePartByteCount { try whenLarge(part) }
      }
      if let open { write(open, name, into: part) }
    }
  }

  private func begin(_ actor: ActorName, _ record: Record, _ number: Int64) -> WalkedSession {
    WalkedSession(
      id: hasher.id(actor, source: record.source, event: record.eventID),
      number: number, startedAt: record.time, endedAt: record.time, eventCount: 0,
      firstEvent: record.eventID, lastEvent: record.eventID, channel: .absent,
      campaign: .absent)
  }

  private func write(_ session: WalkedSession, _ actor: ActorName, into part: RowPart) {
    let text = actor.slice
    let letter = actor.letter
    guard filter.passes(startedAt: session.startedAt),
      filter.passes(actor: text, letter: letter)
    else { return }
    counts.rows += 1
    for (place, format) in formats.enumerated() {
      let buffer = part.buffers[place]
      switch format {
      case .ndjson: rows.writeNDJSON(session, letter: letter, actor: text, to: &buffer.bytes)
      case .csv: rows.writeCSV(session, letter: letter, actor: text, to: &buffer.bytes)
      case .parquet: buffer.columns?.append(session, letter: letter, actor: text)
      }
    }
  }
}

/// Tells where one actor's sessions begin.
///
/// - Source: docs/semantics.md §4.
struct SessionClock {
  private let gap: Int64
  private let longest: Int64
  /// The number of the current session, from 0; -1 before the first event.
  private(set) var number: Int32 = -1
  private var startedAt: Int64 = 0
  private var latest: Int64 = 0

  init(_ options: SequenceOptions) {
    gap = options.sessionGap
    longest = options.sessionMax
  }

  /// Takes the next human event; true when it begins a session.
  @inline(__always) mutating func begins(_ time: Int64) -> Bool {
    defer { latest = time }
    guard number < 0 || time - latest > gap || time - startedAt > longest else { return false }
    number += 1
    startedAt = time
    return true
  }
}

extension SequenceFilter {
  func passes(startedAt: Int64) -> Bool {
    if let since, startedAt < since { return false }
    if let until, startedAt >= until { return false }
    return true
  }

  func passes(actor name: TextSlice, letter: UInt8) -> Bool {
    guard let wanted = actor else { return true }
    return wanted.count == name.count + 2 && wanted[0] == letter
      && wanted[1] == UInt8(ascii: ":") && wanted[2...].elementsEqual(name.raw)
  }
}
