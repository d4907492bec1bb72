import Events
import Foundation
import Sequences
import Testing

/// The rules as pictures: one letter an event, one dash a quiet minute.
///
/// v view · c cart_add · r cart_remove · e cart_clear · k checkout · o order · a attempt
/// · f failure · s success · i identify · m machine; all of one visitor. Between `o` and the
/// next `o` payments name no order, so rule 2 plays no part unless an event is written as `1` to `3`:
/// a success of order 1, 2 or 3; `x`, `y`, `z` create these orders.
struct Picture {
  static let base: Int64 = 1_600_000_000_000_000
  static let topics: [Character: String] = [
    "v": "product.viewed", "c": "cart.item.added", "r": "cart.item.removed",
    "e": "cart.emptied", "k": "checkout.started", "o": "order.created",
    "a": "order.payment.attempted", "f": "order.payment.failed",
    "s": "order.payment.succeeded", "i": "customer.identified", "m": "email.sent",
    "1": "order.payment.succeeded", "2": "order.payment.succeeded",
    "3": "order.payment.succeeded", "x": "order.created", "y": "order.created",
    "z": "order.created",
  ]
  static let orders: [Character: String] = [
    "1": "1", "2": "2", "3": "3", "x": "1", "y": "2", "z": "3",
  ]

  /// The picture as lines; event ids are letters with their place.
  static func lines(_ picture: String) throws -> [UInt8] {
    var minute: Int64 = 0
    var lines = ""
    for (place, letter) in picture.enumerated() {
      if letter == "-" {
        minute += 1
        continue
      }
      let topic = try #require(topics[letter], "no event is written \(letter)")
      let order = orders[letter].map { ",\"order_id\":\"\($0)\"" } ?? ""
      let seconds = Double(base / 1_000_000 + minute * 60)
      let time = Date(timeIntervalSince1970: seconds).formatted(.iso8601)
      lines += "{\"specversion\":\"1.0\",\"id\":\"\(letter)\(String(place + 1000).dropFirst())\","
      lines += "\"source\":\"s\",\"type\":\"\(topic)\",\"time\":\"\(time)\","
      lines += "\"data\":{\"visitor_id\":\"v\",\"item_id\":\"A\"\(order)}}\n"
    }
    return Array(lines.utf8)
  }

  /// Each sequence as the letters of its steps and its outcome.
  static func sequences(_ picture: String, _ options: SequenceOptions) throws -> [String] {
    let found = try compute([run(of: try lines(picture))], options)
    return try jsonLines(found.rows).map { row in
      let steps = row["steps"] as? [[String: Any]] ?? []
      let letters = steps.compactMap { ($0["event_id"] as? String)?.first }
      let outcome = row["outcome"] as? String ?? ""
      let level = row["level"] as? String ?? ""
      let reason = (row["reason"] as? String).map { " \($0)" } ?? ""
      let recovery = (row["recovery"] as? String).map { " \($0)" } ?? ""
      return "\(String(letters)) \(outcome) \(level)\(reason)\(recovery)"
    }
  }

  /// Each session as the letters of its human events: first, count and last.
  static func sessions(_ picture: String, _ options: SequenceOptions) throws -> [String] {
    let collected = Collected()
    _ = try computeSessions(
      of: [run(of: try lines(picture))], options: options,
      outputs: [SessionOutput(.ndjson, to: { collected.sink($0) })],
      resources: testResources(Circumstances()))
    return try jsonLines(collected.all).map { row in
      let first = (row["first_event_id"] as? String)?.first.map(String.init) ?? ""
      let last = (row["last_event_id"] as? String)?.first.map(String.init) ?? ""
      return "\(first)\(row["events"] ?? 0)\(last)"
    }
  }
}

@Suite struct `Session rules as pictures` {
  private static let minutes = 60 * Int64(1_000_000)

  @Test(arguments: [
    ("vvc--k", ["v4k"]),
    ("vvc---k", ["v4k"]),
    ("vvc----k", ["v3c", "k1k"]),
    ("v--m--k", ["v1v", "k1k"]),
    ("v--s--k", ["v1v", "k1k"]),
    ("v--i--k", ["v3k"]),
    ("v---v---v---v", ["v4v"]),
    ("v---v---v---v-v", ["v4v", "v1v"]),
    ("m", []),
  ])
  func `a gap above three minutes ends one, and nine minutes are the most`(
    picture: String, sessions: [String]
  ) throws {
    var options = SequenceOptions()
    options.sessionGap = 3 * Self.minutes
    options.sessionMax = 9 * Self.minutes
    #expect(try Picture.sessions(picture, options) == sessions)
  }
}

@Suite struct `Walk rules as pictures` {
  /// Patience: browse 4 · cart 3 · checkout 2 · payment 5 · declined 1 minutes; recovery 20.
  private static var options: SequenceOptions {
    let minute: Int64 = 60_000_000
    var options = SequenceOptions()
    options.patience.browse = 4 * minute
    options.patience.cart = 3 * minute
    options.patience.checkout = 2 * minute
    options.patience.payment = 5 * minute
    options.patience.declined = minute
    options.recoveryWindow = 20 * minute
    return options
  }

  @Test(arguments: [
    // Rule 1: identify takes no part, aftermath without an order neither.
    ("v-i-m-v", ["vv open browse"]),
    ("i", []),
    ("i-v", ["v open browse"]),
    // Rule 3: equal stays, more closes; the patience is that of the level so far.
    ("v----v", ["vv open browse"]),
    ("v-----v", ["v abandoned browse silent", "v open browse"]),
    ("c---v", ["cv open cart"]),
    ("c----v", ["c abandoned cart silent censored", "v open browse"]),
    ("k--v", ["kv open checkout"]),
    ("k---v", ["k abandoned checkout silent censored", "v open browse"]),
    ("o-----v", ["ov open payment"]),
    ("o------v", ["o abandoned payment unpaid censored", "v open browse"]),
    ("o-a------v", ["oa abandoned payment pending censored", "v open browse"]),
    ("o-f-v", ["ofv open payment"]),
    ("o-f--v", ["of abandoned payment declined censored", "v open browse"]),
    // The level falls back to browse with an emptied cart.
    ("c-r----v", ["crv open browse"]),
    ("c-e-----v", ["ce abandoned browse emptied", "v open browse"]),
    ("c-r-c----v", ["crc abandoned cart silent censored", "v open browse"]),
    // Rule 4: a failure opens none, anything else does; a success closes.
    ("f", []),
    ("f-v", ["v open browse"]),
    ("s", ["s purchased payment"]),
    ("v-s-v", ["vs purchased payment", "v open browse"]),
    ("v-s-s", ["vs purchased payment", "s purchased payment"]),
    // Rule 2: a known order keeps its sequence, open or closed.
    ("x-1", ["x1 purchased payment"]),
    ("x-1-1", ["x11 purchased payment"]),
    ("x------v-1", ["x1 purchased payment unpaid recovered", "v open browse"]),
    ("x------1", ["x1 purchased payment unpaid recovered"]),
    ("x-1-v-1-v", ["x11 purchased payment", "vv open browse"]),
    ("x-y-1-2", ["xy12 purchased payment"]),
    // A purchase without lines buys the cart of before, which is thereby recovered; else it is lost.
    ("c----v-s", ["c abandoned cart silent recovered", "vs purchased payment"]),
    ("c-----------------------v", ["c abandoned cart silent lost", "v open browse"]),
    // The horizon decides about the last one.
    ("v----m", ["v open browse"]),
    ("v-----m", ["v abandoned browse silent"]),
  ])
  func `give these sequences`(picture: String, sequences: [String]) throws {
    #expect(try Picture.sequences(picture, Self.options) == sequences)
  }
}
