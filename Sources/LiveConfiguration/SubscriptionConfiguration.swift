package import ConfigurationFiles
package import Decoders

/// The configuration file of a live deployment: which messages go into which ledger, and how.
///
/// - Source: schemas/subscription.schema.json; deploy/daybook.yaml shows every key.
package struct SubscriptionConfiguration: Sendable {
  /// One stream of messages.
  package struct Source: Sendable {
    /// For people, logs and metrics; the address without credentials where the file has none.
    package var name: String
    /// `nats://…`, `tls://…`, `kafka://…`, `file:DIR` of an embedded bus, `tail:PATH`.
    package var address: String
    /// What the address's kind of source takes besides, secrets resolved.
    package var options: [Option]
    package var decoder: DecoderOptions
    /// Where the source stands in the file, for complaints about its address.
    package var place: ConfigurationNode
  }

  /// A key of a source that its kind of source reads.
  package struct Option: Sendable {
    package var key: String
    package var value: String
    package var place: ConfigurationNode
  }

  /// How much waits, and for how long.
  package struct SubscriptionLimits: Sendable, Equatable {
    /// Longest wait of a message for its commit.
    ///
    /// - Units: microseconds.
    package var maximumDelay: Int64 = 5_000_000
    package var maximumRowCount = 200_000
    package var maximumByteCount = 16 << 20
    /// Bytes between the sources and the ledger, all sources together.
    package var queueByteCount = 32 << 20
  }

  /// Where numbers about the subscriber are served.
  package struct Metrics: Sendable, Equatable {
    /// Nil: nowhere.
    package var port: Int?
    package var address = "127.0.0.1"

    package init() {}
  }

  /// How the log is written.
  package struct Logging: Sendable, Equatable {
    /// How much is said.
    package enum Level: String, Sendable, CaseIterable { case debug, info, warning, error }
    /// What a line looks like.
    package enum Format: String, Sendable, CaseIterable { case text, json }

    package var level = Level.info
    package var format = Format.text
  }

  package var ledger: String
  package var sources: [Source] = []
  package var limits = SubscriptionLimits()
  /// Free bytes of the ledger's disk below which nothing more is pulled.
  package var diskFloorByteCount: Int64 = 1 << 30
  /// The same as a share of the whole disk, in the place of bytes.
  package var diskFloorPercent: Double?
  /// Whether small segments are merged after one was sealed.
  package var compactsSealed = true
  package var metrics = Metrics()
  package var logging = Logging()

  /// A configuration that no file wrote.
  package init(ledger: String) { self.ledger = ledger }
}

/// What the reading of a configuration asks of the world around it.
package struct ConfigurationSurroundings: Sendable {
  /// The keys that the sources of a scheme take besides those of every source; nil for a scheme
  /// that there is none of.
  package var optionKeys: @Sendable (_ scheme: String) -> [String]?
  /// Schemes that there are, for complaints.
  package var schemes: [String]
  /// The value of an environment variable.
  package var environment: @Sendable (_ name: String) -> String?
  /// The decoder of a name, mappings loaded; throws what is wrong with it.
  package var decoder: @Sendable (_ name: String) throws -> DecoderChoice

  package init(
    schemes: [String], optionKeys: @escaping @Sendable (_ scheme: String) -> [String]?,
    environment: @escaping @Sendable (_ name: String) -> String?,
    decoder: @escaping @Sendable (_ name: String) throws -> DecoderChoice
  ) {
    self.schemes = schemes
    self.optionKeys = optionKeys
    self.environment = environment
    self.decoder = decoder
  }
}
