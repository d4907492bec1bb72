import ConfigurationFiles
import Decoders
import LiveConfiguration
import Testing

@Suite struct `Configuration of a subscription` {
  private static let surroundings = ConfigurationSurroundings(
    schemes: ["nats", "file"],
    optionKeys: { scheme in
      switch scheme {
      case "nats": ["stream", "subject", "durable", "token", "token_file", "user", "password"]
      case "file": ["subscriber", "filter"]
      default: nil
      }
    },
    environment: { $0 == "SHOP_TOKEN" ? "s3cret" : nil },
    decoder: { name in
      guard let choice = DecoderChoice(name: name) else {
        throw ConfigurationError(file: name, problem: "no such file")
      }
      return choice
    })

  private func read(_ text: String) -> (SubscriptionConfiguration, [ConfigurationError]) {
    SubscriptionConfiguration.read(Array(text.utf8), file: "shop.yaml", Self.surroundings)
  }

  @Test func `a whole file`() {
    let (configuration, problems) = read(
      """
      ledger: /srv/shop
      sources:
        - name: commerce
          address: nats://nats.example:4222
          stream: COMMERCE
          subject: commerce.>
          token_env: SHOP_TOKEN
          decoder: hanzo-commerce
          topics: {payment.received: order.payment.succeeded}
        - address: file:/srv/bus
          subscriber: ledger
      limits: {max_delay: 250ms, max_rows: 1000, max_bytes: 16MiB, queue_bytes: 64MiB}
      disk_floor: 2GiB
      compaction: {automatic: false}
      metrics: {port: 9464}
      logging: {level: warning, format: json}
      """)
    #expect(problems.isEmpty)
    #expect(configuration.ledger == "/srv/shop")
    #expect(configuration.sources.map(\.name) == ["commerce", "file:/srv/bus"])
    #expect(
      configuration.sources[0].options.map { "\($0.key)=\($0.value)" } == [
        "stream=COMMERCE", "subject=commerce.>", "token=s3cret",
      ])
    #expect(
      configuration.sources[0].decoder.topics == [
        TopicRename(
          name: Array("payment.received".utf8), topic: Array("order.payment.succeeded".utf8))
      ])
    guard case .hanzoCommerce = configuration.sources[0].decoder.choice else {
      Issue.record("another decoder")
      return
    }
    #expect(configuration.limits.maximumDelay == 250_000)
    #expect(configuration.limits.maximumRowCount == 1_000)
    #expect(configuration.limits.maximumByteCount == 16 << 20)
    #expect(configuration.limits.queueByteCount == 64 << 20)
    #expect(configuration.diskFloorByteCount == 2 << 30)
    #expect(configuration.diskFloorPercent == nil)
    #expect(!configuration.compactsSealed)
    #expect(configuration.metrics.port == 9464)
    #expect(configuration.metrics.address == "127.0.0.1")
    #expect(configuration.logging.level == .warning)
    #expect(configuration.logging.format == .json)
  }

  @Test func `a disk's floor may be a share of it`() {
    let (configuration, problems) = read(
      "ledger: x\nsources: [{address: nats://a/S}]\ndisk_floor: 2.5%\n")
    #expect(problems.isEmpty)
    #expect(configuration.diskFloorPercent == 2.5)
    for wrong in ["0%", "100%", "x%", "-1%"] {
      let text = "ledger: x\nsources: [{address: nats://a/S}]\ndisk_floor: \"\(wrong)\"\n"
      #expect(read(text).1.count == 1, "\(wrong)")
    }
  }

  @Test func `everything wrong is told at once, with places and nearest names`() {
    let (_, problems) = read(
      """
      legder: x
      sources:
        - adress: nats://a/S
        - address: nats://a/S
          decoder: hanzo-comerce
          durabel: d
          token_env: NOT_SET
        - address: nat://a
        - address: nats://a/S
        - 7
      limits:
        max_delay: 5
        max_rows: 0
        max_byte: 1MiB
      disk_floor: lots
      metrics: {port: 123456}
      logging: {level: loud}
      """)
    let places = problems.map { "\($0.line):\($0.column)" }
    #expect(
      places == [
        "1:1", "1:1", "3:5", "5:14", "6:5", "7:16", "8:14", "9:14", "9:14", "10:5", "12:14", "13:13",
        "14:3", "15:13", "16:17", "17:18",
      ])
    #expect(problems.compactMap(\.nearest) == [
      "ledger", "hanzo-commerce", "durable", "nats", "max_bytes",
    ])
  }

  @Test(arguments: [
    ("", 1), ("ledger: x", 1), ("ledger: x\nsources: []", 1), ("[1, 2]", 3), ("ledger: {", 1),
    ("ledger:\nsources: 7", 2), ("ledger: x\nsources:\n - address: nothing", 1),
  ])
  func `incomplete files are told`(text: String, atLeast count: Int) {
    #expect(read(text).1.count >= count)
  }

  @Test func `names hide credentials`() {
    let (configuration, problems) = read(
      """
      ledger: x
      sources:
        - address: nats://tok@nats.example:4222/S?token=abc
        - address: nats://user:pass@b/S
      """)
    #expect(problems.isEmpty)
    #expect(
      configuration.sources.map(\.name) == ["nats://nats.example:4222/S", "nats://b/S"])
  }

  @Test func `hostile text gives problems and no trap`() {
    let base = Array(
      "ledger: x\nsources:\n  - address: nats://a/S\n    topics: {a: b}\nlimits: {max_rows: 5}\n".utf8)
    var state: UInt64 = 5
    for _ in 0..<2_000 {
      var text = base
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let place = Int(state >> 33) % text.count
        switch state >> 20 & 3 {
        case 0: text[place] = UInt8(truncatingIfNeeded: state >> 40)
        case 1: text.remove(at: place)
        case 2: text.insert(Array(":{}[]-\n #&*".utf8)[Int(state >> 45) % 11], at: place)
        default: text.removeSubrange(place...)
        }
        if text.isEmpty { text = base }
      }
      _ = SubscriptionConfiguration.read(text, file: "x", Self.surroundings)
    }
  }
}
