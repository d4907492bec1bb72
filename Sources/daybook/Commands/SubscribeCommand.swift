import ArgumentParser
import Decoders
import Files
import Ingest
import Ledger
import LiveConfiguration
import Logging
import MessageSources
import Server
import ServiceLifecycle
import Threads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `daybook subscribe`: keeps a ledger current from streams.
struct SubscribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "subscribe",
    abstract: "Keeps a ledger current from streams, each event exactly once.",
    discussion: """
      EXAMPLES
        daybook subscribe --ledger shop file:bus
        daybook subscribe --ledger shop 'file:bus?filter=order.>' tail:shop.ndjson
        daybook subscribe --config daybook.yaml
        daybook subscribe --ledger shop --once file:bus

      Streams: \(StreamSchemes.forms.joined(separator: ", ")). \
      tail: follows a growing file of messages, or takes finished files of a folder.

      SIGTERM ends in order: pulling stops, what came is committed and confirmed. SIGHUP \
      reads --config again. What breaks a rule is kept among the rejects and never stops \
      a stream.
      """)

  @Option(name: [.customLong("ledger"), .customShort("l")], help: "The ledger's folder.")
  var ledger: String?

  @Argument(help: "Addresses of streams.")
  var sources: [String] = []

  @Option(help: "A configuration file; see 'daybook check-config'. Words here count more.")
  var config: String?

  @Option(help: "The longest that a message waits for its commit; 5s by default.")
  var maxDelay: DelayArgument?

  @Option(help: "Messages after which a commit is made at once; 200000 by default.")
  var maxRows: Int?

  @Option(help: "Message bytes after which a commit is made at once; 16MiB by default.")
  var maxBytes: SizeArgument?

  @Option(help: "Free bytes (2GiB) or share (5%) of the disk below which pulling stops; 1GiB.")
  var diskFloor: DiskFloorArgument?

  @Flag(help: "Take what is there, commit and end.")
  var once = false

  @Option(help: "Serve /metrics, /healthz and /readyz on this port of 127.0.0.1.")
  var metricsPort: Int?

  @Option(help: "How log lines look: text (logfmt) or json.")
  var logFormat: LogFormat?

  @OptionGroup var decoding: DecodingOptions
  @OptionGroup var talk: TalkOptions
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    if ledger == nil && config == nil { throw ValidationError("Name the ledger: --ledger DIR.") }
    if sources.isEmpty && config == nil {
      throw ValidationError(
        "Name a stream: \(StreamSchemes.forms.joined(separator: ", ")).")
    }
    if let metricsPort, !(1...65_535).contains(metricsPort) {
      throw ValidationError("--metrics-port must be between 1 and 65535.")
    }
    if let maxRows, maxRows < 1 { throw ValidationError("--max-rows must be at least 1.") }
  }

  func run() throws {
    let control = try SubscriberControl()
    var settings = try settings()
    while true {
      let end = try subscribe(settings, control)
      if let refused = end?.refusals.first, !control.isEnding {
        throw CommandFailure(
          .failure, refused.error.description,
          advice: "What came before is committed. Correct this and start again.")
      }
      guard control.takeReload() else { return }
      settings = try self.settings()
    }
  }

  /// The file's options with the command line's on top.
  private func settings() throws -> SubscriberSettings {
    var settings = SubscriberSettings()
    if let config { try settings.read(config) }
    if let ledger { settings.ledger = ledger }
    if !sources.isEmpty {
      let decoder = try decoding.options() ?? DecoderOptions()
      settings.sources = try sources.map {
        SubscriberSettings.Source(address: try StreamAddress($0), decoder: decoder)
      }
    }
    if let maxDelay { settings.options.maximumDelay = maxDelay.microseconds }
    if let maxRows { settings.options.maximumRowCount = maxRows }
    if let maxBytes { settings.options.maximumByteCount = maxBytes.byteCount }
    if let diskFloor { diskFloor.set(&settings.options) }
    if let metricsPort { settings.metrics.port = metricsPort }
    if let logFormat { settings.logFormat = logFormat }
    if talk.isQuiet { settings.logLevel = .warning }
    settings.options.endsWhenIdle = once
    var random = SystemRandomNumberGenerator()
    settings.options.seed = random.next()
    return settings
  }

  private func subscribe(
    _ settings: SubscriberSettings, _ control: SubscriberControl
  ) throws -> SubscriberEnd? {
    let ledger = settings.ledger
    let logger = LogLines.logger(settings.logFormat, level: settings.logLevel)
    let say = LogLines.teller(logger)
    let pool = threads.pool()
    try Pipeline.files.makeDirectory(ledger)
    func openWriter() throws -> LedgerWriter {
      try Pipeline.openWriter(
        ledger, pool: pool, isLive: true, compactsSealed: settings.compactsSealed)
    }
    let writer = try openWriter()
    // The ledger's own name makes its subscription of a bus: another ledger has another one.
    let context = SourceContext(
      subscriber: "ledger-\(writer.identity.id.prefix(8))", follows: !once)
    let sources = try settings.sources.map {
      SubscribedSource(
        try StreamSchemes.source($0.address, context), decoder: $0.decoder, name: $0.name)
    }
    var first: LedgerWriter? = writer
    let subscriber = try Subscriber(
      sources: sources, directory: ledger, files: Pipeline.files, pool: pool, clock: .system,
      options: settings.options, processID: getpid(), say: say
    ) {
      defer { first = nil }
      return try first ?? openWriter()
    }
    let statusFile = StatusFile(ledger)
    subscriber.onStatus = { statusFile.write($0) }
    return try run(subscriber, settings, control, logger)
  }

  /// Runs a subscriber, and the server of its numbers, until it ends.
  private func run(
    _ subscriber: Subscriber, _ settings: SubscriberSettings, _ control: SubscriberControl,
    _ logger: Logger
  ) throws -> SubscriberEnd? {
    let service = SubscriberService(subscriber)
    let server = try MetricsService.server(
      settings.metrics, for: subscriber, directory: settings.ledger,
      logger: LogLines.quiet(logger), onServing: { service.begin() })
    // A group ends its services from the last to the first: numbers are served to the end, and
    // nothing is pulled before they are.
    var all: [any Service] = [service]
    if let server { all.insert(server, at: 0) } else { service.begin() }
    let services = all.map {
      ServiceGroupConfiguration.ServiceConfiguration(
        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
        failureTerminationBehavior: .gracefullyShutdownGroup)
    }
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services, logger: LogLines.quiet(logger)))
    control.begin(group, say: LogLines.teller(logger)) { _ = try self.settings() }
    defer { control.finish() }
    try waitFor { try await group.run() }
    return service.end
  }
}

/// A floor of free space: `2GiB`, or `5%` of the disk.
struct DiskFloorArgument: ExpressibleByArgument {
  private var size: SizeArgument?
  private var percent: Double?

  init?(argument: String) {
    if argument.hasSuffix("%") {
      guard let percent = Double(argument.dropLast()), (0.1...99).contains(percent) else {
        return nil
      }
      self.percent = percent
    } else {
      guard let size = SizeArgument(argument: argument) else { return nil }
      self.size = size
    }
  }

  func set(_ options: inout SubscriberOptions) {
    options.diskFloorPercent = percent
    if let size { options.diskFloorByteCount = Int64(size.byteCount) }
  }
}

/// What a subscriber runs with.
struct SubscriberSettings {
  struct Source {
    var address: StreamAddress
    var decoder = DecoderOptions()
    var name: String?
  }

  var ledger = ""
  var sources: [Source] = []
  var options = SubscriberOptions()
  var compactsSealed = true
  var metrics = SubscriptionConfiguration.Metrics()
  var logFormat = LogFormat.text
  var logLevel = Logger.Level.info

  /// Takes everything from a configuration file.
  mutating func read(_ path: String) throws {
    let (configuration, problems) = try SubscriptionConfiguration.load(path)
    if let first = problems.first {
      let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
      throw CommandFailure(
        .usage, "\(first)\(more)", advice: "'daybook check-config \(path)' says everything.")
    }
    ledger = configuration.ledger
    sources = try configuration.sources.map { source in
      Source(
        address: try StreamAddress(
          source.address, more: source.options.map { ($0.key, $0.value) }),
        decoder: source.decoder, name: source.name)
    }
    options.maximumDelay = configuration.limits.maximumDelay
    options.maximumRowCount = configuration.limits.maximumRowCount
    options.maximumByteCount = configuration.limits.maximumByteCount
    options.queueByteCount = configuration.limits.queueByteCount
    options.diskFloorByteCount = configuration.diskFloorByteCount
    options.diskFloorPercent = configuration.diskFloorPercent
    compactsSealed = configuration.compactsSealed
    metrics = configuration.metrics
    logFormat = configuration.logging.format == .json ? .json : .text
    logLevel = Logger.Level(rawValue: configuration.logging.level.rawValue) ?? .info
  }
}

/// `status.json` in the ledger's folder, replaced whole.
private final class StatusFile {
  private let path: String
  private var hasComplained = false

  init(_ ledger: String) { path = ledger + "/status.json" }

  func write(_ status: SubscriberStatus) {
    let part = path + ".part"
    do {
      if Pipeline.files.exists(part) { try Pipeline.files.remove(part) }
      let file = try Pipeline.files.create(part)
      try status.json.withUnsafeBytes { (bytes) throws in try file.write(bytes) }
      try file.close()
      try Pipeline.files.rename(part, to: path)
    } catch {
      if !hasComplained { Talk.say("daybook: the status is not written: \(error)") }
      hasComplained = true
    }
  }
}
