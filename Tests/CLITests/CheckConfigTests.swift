import Foundation
import Testing

/// What `check-config` promises.
@Suite struct `Checking a configuration` {
  @Test func `a right file is told in a line, a wrong one with every place`() throws {
    let scratch = try Scratch()
    let right = try scratch.write(
      "right.yaml", "ledger: shop\nsources:\n  - address: file:bus\n    subscriber: ledger\n")
    let good = try Tool.run("check-config", right)
    #expect(good.code == 0)
    #expect(good.text.contains("1 source into shop"))
    let wrong = try scratch.write(
      "wrong.yaml",
      """
      ledger: shop
      sources:
        - address: nats://a/S
          decodr: segment
          creds: nowhere.creds
        - address: nats://a/S
          decoder: mapping:nowhere.yaml
      disk_flor: 1GiB

      """)
    let bad = try Tool.run("check-config", wrong)
    #expect(bad.code == 2)
    #expect(bad.output.isEmpty)
    for words in [
      "wrong.yaml:4:5: unknown key 'decodr'", "did you mean 'decoder'?",
      "wrong.yaml:5:12: creds: there is no file nowhere.creds", "wrong.yaml:6:14:",
      "wrong.yaml:7:14: the decoder 'mapping:nowhere.yaml'", "did you mean 'disk_floor'?",
    ] {
      #expect(bad.talk.contains(words), "\(words) in \(bad.talk)")
    }
    #expect(try Tool.run("check-config", scratch.path("none.yaml")).code == 1)
  }

  @Test func `the example that ships is right`() throws {
    let example = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../deploy/daybook.yaml").path
    let result = try Tool.run("check-config", example)
    #expect(result.code == 0, "\(result.talk)")
  }
}
