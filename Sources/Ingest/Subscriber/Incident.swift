/// Something that happened in a running subscriber, for its log: one line each.
package struct Incident: Sendable, Equatable {
  package enum Level: String, Sendable { case info, warning, error }

  package var level: Level
  /// What happened, in a few words without figures: the same words every time.
  package var message: String
  /// Names and values that say where, why and how much.
  package var fields: [Field]

  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  package init(_ level: Level, _ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    self.level = level
    self.message = message
    self.fields = fields.map { Field(name: $0.key, value: $0.value) }
  }
}

/// Lets a thing be said at once, and then once a minute while it lasts.
struct OnceAMinute {
  private var saidAt: Int64?

  /// Whether it may be said now, at a steady time.
  mutating func mayBeSaid(at now: Int64) -> Bool {
    if let saidAt, now - saidAt < Limits.repeatMicroseconds { return false }
    saidAt = now
    return true
  }

  /// The trouble is over: the next one is said at once. Returns whether it had been said.
  mutating func end() -> Bool {
    defer { saidAt = nil }
    return saidAt != nil
  }
}

/// Waits that grow with every failure and never fall together with those of others.
struct BackOff {
  private var failureCount = 0
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func reset() { failureCount = 0 }

  /// How long to wait after one more failure: a random share of a doubling span.
  mutating func next() -> Duration {
    let span = min(
      Limits.longestBackOffMilliseconds,
      Limits.shortestBackOffMilliseconds << min(failureCount, 16))
    failureCount += 1
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return .milliseconds(span / 2 + Int((state >> 33) % UInt64(span / 2 + 1)))
  }
}
