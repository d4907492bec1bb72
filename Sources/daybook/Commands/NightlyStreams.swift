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

/// One thing a night did.
struct NightlyEntry {
  var what: String
  var outcome: String
  var detail: String
  var code = ExitStatus.ok

  init(what: String, outcome: String, detail: String) {
    self.what = what
    self.outcome = outcome
    self.detail = detail
  }

  init(_ what: String, failed error: any Error) {
    let failure =
      error as? CommandFailure ?? CommandFailure(dataset: error)
      ?? CommandFailure(explaining: error)
    self.init(what: what, outcome: "failed", detail: failure.message)
    code = failure.code
  }

  /// Does something; what it throws is told and does not end the night.
  ///
  /// - Shape: with `lockedIsFine` a ledger that a subscriber keeps current is nothing to do.
  static func attempt(
    _ what: String, lockedIsFine: Bool = false, _ body: () throws -> NightlyEntry
  ) -> NightlyEntry {
    do {
      return try body()
    } catch {
      let entry = NightlyEntry(what, failed: error)
      if lockedIsFine && entry.code == .locked {
        return NightlyEntry(
          what: what, outcome: "ok", detail: "a subscriber keeps the ledger current")
      }
      return entry
    }
  }
}

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
      what: "streams", outcome: "ok",
      detail: "\(grouped(sources.count)) streams, \(grouped(accepted)) new events")
  }

  /// Merges neighbouring small segments.
  func compact(_ ledger: String) throws -> NightlyEntry {
    // Opening for writing would make a ledger that is not there.
    _ = try LedgerReader.open(directory: ledger, files: Pipeline.files)
    let writer = try Pipeline.openWriter(ledger, pool: pool)
    let report = try writer.compact { _ in }
    try writer.close()
    return NightlyEntry(
      what: "ledger", outcome: "ok",
      detail: "\(grouped(report.segmentCountBefore)) segments → "
        + "\(grouped(report.segmentCountAfter))")
  }
}
