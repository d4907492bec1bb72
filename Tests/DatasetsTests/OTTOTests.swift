import Foundation
import Testing

@testable import Datasets

/// The label rule of the OTTO challenge, written again from its description, on the sample.
@Suite struct `OTTO labels` {
  private struct Event: Equatable {
    var item: String
    var kind: String
    var time: Int64
  }

  private func sessions() throws -> [Int64: [Event]] {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "examples/data/otto-sessions.jsonl")
    var sessions: [Int64: [Event]] = [:]
    for line in try Data(contentsOf: url).split(separator: 0x0a) {
      guard let object = JSONValue(parsing: line), let id = object["session"]?.integer else {
        continue
      }
      sessions[id] = (object["events"]?.elements ?? []).map { event in
        Event(
          item: "\(event["aid"]?.integer ?? 0)", kind: event["type"]?.text ?? "",
          time: (event["ts"]?.integer ?? 0) * 1_000)
      }
    }
    return sessions
  }

  private func lines(_ sessions: [Int64: [Event]]) -> [String] {
    var lines: [String] = []
    func add(_ topic: String, _ session: Int64, _ event: Event, _ data: String) {
      lines.append(
        "{\"specversion\":\"1.0\",\"id\":\"e\(lines.count)\",\"source\":\"/otto\","
          + "\"type\":\"\(topic)\",\"time\":\"\(JSONValue.time(event.time).text ?? "")\","
          + "\"data\":{\"visitor_id\":\"s\(session)\",\(data)}}")
    }
    for (session, events) in sessions {
      for event in events {
        switch event.kind {
        case "clicks": add("product.viewed", session, event, "\"item_id\":\"\(event.item)\"")
        case "carts": add("cart.item.added", session, event, "\"item_id\":\"\(event.item)\"")
        default: add("bought", session, event, "\"item_id\":\"\(event.item)\"")
        }
      }
    }
    return lines
  }

  @Test func `next click, all later carts and orders, of what comes after the cut`() throws {
    let sessions = try sessions()
    let recipe = try parsed(
      """
      task: next-item
      count: {actions: [view, cart_add, payment_success], bot_events_per_hour: 0}
      shape: {unit: session, targets: random, max_length: 0}
      split: {test: 2d, validation: 0d, straddlers: trim}
      vocabulary: {cold: keep}
      sequence: {session_gap: 60d, session_max: 90d, roles: {bought: payment_success}}
      """)
    let built = try Built(recipe, runs(lines(sessions)))
    let cut = built.build.plan.splits[1].split.from
    #expect(try !built.examples("train").isEmpty)
    var checked = 0
    for example in try built.examples("test") {
      let id = try #require(Int64(example.user.dropFirst(3)))
      let events = try #require(sessions[id])
      // Sessions that begin before the cut are trimmed and stay in train.
      #expect(events.allSatisfy { $0.time >= cut })
      let after = events.dropFirst(example.inputs.count)
      let click = after.first { $0.kind == "clicks" }?.item
      let carts = Set(after.filter { $0.kind == "carts" }.map(\.item))
      let orders = Set(after.filter { $0.kind == "orders" }.map(\.item))
      #expect(example.targets.first { $0.action == "view" }?.item == click)
      #expect(
        Set(example.targets.filter { $0.action == "cart_add" }.map(\.item)) == carts)
      #expect(
        Set(example.targets.filter { $0.action == "payment_success" }.map(\.item)) == orders)
      checked += 1
    }
    #expect(checked > 0)
    // A session in train that goes on after the cut was trimmed, not moved.
    let trimmed = sessions.values.filter {
      ($0.first?.time ?? cut) < cut && ($0.last?.time ?? 0) >= cut
    }
    #expect(built.build.funnel[.straddlers] <= trimmed.count)
  }
}
