import MessageSourceChecks
import MessageSources
import Testing

@Suite struct MessageBatches {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func `parts tile the rows, and the last position of an origin counts`() {
    var batch = MessageBatch()
    batch.append(bytes("a"), position: 3, subject: bytes("s"), origin: bytes("one"), detail: "x")
    batch.append(bytes(""), position: 5, subject: bytes("t"), origin: bytes("one"), detail: "y")
    batch.append(bytes("b\n"), position: 1, subject: bytes("s"), origin: bytes("two"))
    batch.append(bytes("c"), position: 9, subject: bytes("s"), origin: bytes("one"), detail: "z")
    #expect(batch.text == bytes("a\n\nb\n\nc\n"))
    #expect(batch.parts.map(\.rows) == [0..<2, 2..<3, 3..<4])
    #expect((0..<4).map { Array(batch.message($0)) } == ["a", "", "b\n", "c"].map(bytes))
    #expect((0..<4).map { batch.subject($0) } == ["s", "t", "s", "s"].map(bytes))
    #expect(
      batch.endPositions == [
        SourcePosition(origin: bytes("one"), position: 9, detail: "z"),
        SourcePosition(origin: bytes("two"), position: 1),
      ])
  }

  @Test func `a batch that was emptied is as new`() {
    var batch = MessageBatch()
    batch.append(bytes("a"), position: 3, subject: bytes("s"), origin: bytes("one"))
    batch.removeAll()
    #expect(batch.isEmpty && batch.parts.isEmpty && batch.subjects.isEmpty)
    batch.append(bytes("b"), position: 1, subject: bytes("t"), origin: bytes("one"))
    #expect(batch.subject(0) == bytes("t") && batch.parts.map(\.rows) == [0..<1])
  }

  @Test func `a part without messages leaves no trace`() {
    var batch = MessageBatch()
    batch.beginPart(origin: bytes("none"))
    batch.append(bytes("b"), position: 1, origin: bytes("one"))
    #expect(batch.parts.map(\.origin) == [bytes("one")])
  }
}

private final class MemoryStand: SourceStand {
  private let broker = MemoryBroker(name: "checks")
  var takesAnyBytes: Bool { true }
  func publish(_ messages: [[UInt8]]) throws {
    for message in messages { broker.publish(message) }
  }
  func makeSource() throws -> any MessageSource { MemorySource(broker) }
  func close() {}
}

@Suite struct MemorySources {
  @Test func `the source in memory does what every source must`() throws {
    #expect(try MessageSourceChecks { MemoryStand() }.problems() == [])
  }
}
