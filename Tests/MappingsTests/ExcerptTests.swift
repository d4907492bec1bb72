import Foundation
import Mappings
import Testing

/// The shipped mappings on the excerpts under `examples/data`, which are always here.
@Suite struct `Shipped excerpts` {
  struct Case: Sendable {
    var mapping: String
    var file: String
    var topics: [String: Int]
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  // Counts by Python's csv and json modules, as in ShippedMappingTests.
  private static let cases = [
    Case(
      mapping: "otto", file: "otto-sessions.jsonl",
      topics: [
        "product.viewed": 312, "cart.item.added": 32, "order.created": 5,
        "order.payment.succeeded": 5,
      ]),
    Case(
      mapping: "retentioneering-ecom", file: "retentioneering-ecom.csv",
      topics: [
        "product.searched": 995, "product.viewed": 540, "ad.clicked": 42,
        "customer.identified": 82, "cart.item.added": 94, "cart.viewed": 79,
        "checkout.shipping": 67, "checkout.payment": 54, "checkout.failed": 2,
        "order.created": 29, "order.payment.succeeded": 29, "order.payment.attempted": 16,
        "order.payment.failed": 16,
      ]),
    Case(
      mapping: "complete-journey", file: "complete-journey.csv",
      topics: ["cart.item.added": 1_000, "order.payment.succeeded": 1_000]),
    Case(
      mapping: "uci-online-retail", file: "uci-online-retail.csv",
      topics: ["cart.item.added": 789, "order.payment.succeeded": 791, "order.refunded": 9]),
  ]

  @Test(arguments: cases)
  func `an excerpt gives the expected events`(expected: Case) throws {
    let file = Self.root.appending(path: "examples/data/\(expected.file)")
    let mapped = try map(
      Mapping.builtIn(expected.mapping), Array(try Data(contentsOf: file)))
    #expect(mapped.topics == expected.topics)
    #expect(mapped.rejects.isEmpty)
    expectAccepted(mapped)
    // The golden file holds the first messages, byte for byte.
    let golden = Self.root.appending(path: "Tests/Fixtures/mappings/\(expected.mapping).ndjson")
    let first = Array(try Data(contentsOf: golden))
    #expect(!first.isEmpty)
    #expect(mapped.result.text.starts(with: first))
  }
}
