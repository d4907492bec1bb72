import ConfigurationFiles
import Events
import Sequences
import Testing

@Suite struct `The options file` {
  private func options(_ yaml: String) throws -> SequenceOptions {
    try SequenceOptions(parsing: Array(yaml.utf8), file: "shop.yaml")
  }

  private func complaint(_ yaml: String) -> String {
    do {
      _ = try options(yaml)
      return "no complaint"
    } catch {
      return "\(error)"
    }
  }

  @Test func `that is empty leaves the defaults`() throws {
    #expect(try options("") == SequenceOptions())
    #expect(try options("{}") == SequenceOptions())
  }

  @Test func `sets what it names and leaves the rest`() throws {
    let found = try options(
      """
      session_gap: 90s
      patience: {cart: 2h}
      recovery_window: 1d
      stitch: none
      hub_limit: 3
      as_of: 2021-03-03T09:00:00Z
      roles:
        basket.*: cart_add
      """)
    var expected = SequenceOptions()
    expected.sessionGap = 90_000_000
    expected.patience.cart = 7_200_000_000
    expected.recoveryWindow = 86_400_000_000
    expected.stitch = .none
    expected.hubLimit = 3
    expected.asOf = 1_614_762_000_000_000
    expected.roles = [RoleTable.Line(topic: "basket.*", role: .cartAdd)]
    #expect(found == expected)
  }

  @Test(arguments: [
    ("sesion_gap: 3m", ["shop.yaml:1:", "did you mean 'session_gap'"]),
    ("patience:\n  checkuot: 3m", ["shop.yaml:2:", "did you mean 'checkout'"]),
    ("session_gap: 3 minutes", ["shop.yaml:1:", "90s, 30m, 24h or 7d"]),
    ("session_gap: -3m", ["shop.yaml:1:"]),
    ("session_gap: 99999999999999d", ["too long"]),
    ("stitch: backfil", ["did you mean 'backfill'"]),
    ("hub_limit: many", ["shop.yaml:1:", "whole number"]),
    ("hub_limit: -1", ["out of range"]),
    ("as_of: yesterday", ["shop.yaml:1:", "2026-03-01T09:00:00Z"]),
    ("roles:\n  a.b: cart_ad", ["shop.yaml:2:", "did you mean 'cart_add'"]),
    ("roles:\n  'a.*.b': view", ["shop.yaml:2:", "'*'"]),
    ("- 1", ["shop.yaml:1:"]),
  ])
  func `that is wrong is reported with its place and the nearest name`(
    yaml: String, parts: [String]
  ) {
    let said = complaint(yaml)
    for part in parts { #expect(said.contains(part), "\(said)") }
  }
}
