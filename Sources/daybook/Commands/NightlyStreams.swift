import Files
import Ingest
import Ledger
import Logging
import MessageSources
import Threads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Brings a ledger up to its streams, and its segments to few.
struct NightlyStreams {
  let pool: WorkerPool

  /// Takes what the streams of a subscriber's configuration hold, until all are idle.
  func catchUp(_ file: String, ledger: String) throws -> NightlyEntry {
    var settings = SubscriberSettings()
    try settings.read(file)
    guard settings.ledger == ledger else {
      throw CommandFailure(
        .usage, "\(file) is for the ledger \(settings.ledger), the night for \(ledger)",
        advice: "Name the same folder in both files.")
    }
    settings.options.endsWhenIdle = true
    var random = SystemRandomNumberGenerator()
    settings.options.seed = random.next()
    try Pipeline.files.makeDirectory(ledger)
    func openWriter() throws -> LedgerWriter {
      try Pipeline.openWriter(
        ledger, pool: pool, isLive: true, compactsSealed: settings.compactsSealed)
    }
    let writer = try openWriter()
    // The name that the subscriber itself has: both go on from one place.
    let context = SourceContext(
      subscriber: "ledger-\(writer.identity.id.prefix(8))", follows: false)
    let sources = try settings.sources.map {
      SubscribedSource(
        try StreamSchemes.source($0.address, context), decoder: $0.decoder, name: $0.name)
    }
    var first: LedgerWriter? = writer
    let say = LogLines.teller(LogLines.logger(settings.logFormat, level: .warning))
    let subscriber = try Subscriber(
      sources: sources, directory: ledger, files: Pipeline.files, pool: pool, clock: .system,
      options: settings.options, processID: getpid(), say: say
    ) {
      defer { first = nil }
      return try first ?? openWriter()
    }
    let end = try subscriber.run()
    if let refused = end.refusals.first {
      throw CommandFailure(
        .failure, refused.error.description, advice: "What came before it is committed.")
    }
    let accepted = end.status.sources.reduce(0) { $0 + Int($1.accepted) }
    return NightlyEntry(
      "streams", outcome: "ok",
      detail: "\(grouped(sources.count)) streams, \(grouped(accepted)) new events",
      facts: [("streams", "\(sources.count)"), ("events", "\(accepted)")])
  }

  /// Merges neighbouring small segments.
  func compact(_ ledger: String) throws -> NightlyEntry {
    // Opening for writing would make a ledger that is not there.
    _ = try LedgerReader.open(directory: ledger, files: Pipeline.files)
    let writer = try Pipeline.openWriter(ledger, pool: pool)
    let report = try writer.compact { _ in }
    try writer.close()
    return NightlyEntry(
      "ledger", outcome: "ok",
      detail: "\(grouped(report.segmentCountBefore)) segments → "
        + "\(grouped(report.segmentCountAfter))")
  }
}
