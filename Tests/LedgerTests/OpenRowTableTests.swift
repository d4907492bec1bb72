import Testing

@testable import Ledger

struct OpenRowTables {
  @Test func `a dictionary says the same of any rows`() {
    var random = SeededGenerator(7)
    // Few values of each half, so that slots, tags and whole identities meet.
    func value() -> UInt64 {
      let upper = UInt64.random(in: 0..<40, using: &random)
      let lower = UInt64.random(in: 0..<40, using: &random)
      return upper << 32 | lower << (Bool.random(using: &random) ? 0 : 20)
    }
    var table = OpenRowTable(minimumCapacity: 4)
    var model: [UInt64: UInt64] = [:]
    var order: [UInt64] = []
    for _ in 0..<20_000 {
      let (identity, message) = (value(), UInt64.random(in: 0..<2, using: &random))
      let expected: OpenRowTable.Outcome =
        model[identity].map { $0 == message ? .redelivered : .conflict } ?? .new
      #expect(table.find(identity: identity, message: message) == expected)
      guard Bool.random(using: &random) else { continue }
      #expect(table.insert(identity: identity, message: message) == expected)
      if expected == .new {
        model[identity] = message
        order.append(identity)
      }
    }
    #expect(model.count > 1_000)
    #expect(table.identities == order)
    #expect(table.count == order.count)
  }

  @Test(arguments: [0, 1, UInt64.max, 1 << 32, 0xffff_ffff])
  func `no identity is special`(identity: UInt64) {
    var table = OpenRowTable(minimumCapacity: 0)
    #expect(table.find(identity: identity, message: 0) == .new)
    #expect(table.insert(identity: identity, message: 0) == .new)
    #expect(table.insert(identity: identity, message: 0) == .redelivered)
    #expect(table.find(identity: identity, message: 1) == .conflict)
    #expect(table.find(identity: identity ^ 1 << 40, message: 0) == .new)
    #expect(table.find(identity: identity ^ 1 << 4, message: 0) == .new)
  }
}
