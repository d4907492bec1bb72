import Bytes
import Foundation
import ShopSimulator
import Threads

/// What the command line asks for.
struct Settings {
  var file: String?
  var eventCount = 20_000
  var rounds = 3
  var threadCount = WorkerPool.processorCount
  var only: String?
  /// Of a larger file only so much is used: rates do not depend on it, memory does.
  let byteLimit = 128 << 20

  init(_ arguments: [String]) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--events": eventCount = rest.popFirst().flatMap(Int.init) ?? eventCount
      case "--rounds": rounds = max(rest.popFirst().flatMap(Int.init) ?? rounds, 1)
      case "--threads": threadCount = max(rest.popFirst().flatMap(Int.init) ?? threadCount, 1)
      case "--only": only = rest.popFirst()
      default: file = argument
      }
    }
  }
}

/// Whole lines, cut into chunks as the intake cuts them.
struct Lines {
  var chunks: [[UInt8]] = []
  static let chunkByteCount = 256 << 10

  init(file: String, byteLimit: Int) throws {
    let data = try Data(contentsOf: URL(filePath: file), options: .alwaysMapped)
    cut([UInt8](data.prefix(byteLimit)))
  }

  init(simulated eventCount: Int) {
    var shop = ShopSimulator(seed: 1, eventCount: eventCount)
    var text: [UInt8] = []
    while shop.appendNext(to: &text) {}
    cut(text)
  }

  private mutating func cut(_ text: [UInt8]) {
    var start = 0
    while start < text.count {
      let limit = min(start + Lines.chunkByteCount, text.count)
      guard let end = text[start..<limit].lastIndex(of: UInt8(ascii: "\n")) else { break }
      chunks.append(Array(text[start...end]))
      start = end + 1
    }
  }

  var byteCount: Int { chunks.reduce(0) { $0 + $1.count } }
}

/// Prints kernels as they are measured.
struct Report {
  var only: String?
  var rounds: Int

  func title() { line("kernel", "million rows/s", "MB/s", "checksum") }

  /// - Shape: `body` returns a checksum of what it made, the same every time.
  func measure(_ name: String, rows: Int, bytes: Int, _ body: () throws -> UInt64) throws {
    if let only, !name.hasPrefix(only) { return }
    var best = Double.infinity
    var checksum: UInt64?
    for _ in 0..<rounds {
      let start = ContinuousClock.now
      let made = try body()
      let time = ContinuousClock.now - start
      best = min(best, Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds))
      guard checksum == nil || checksum == made else { throw Unstable(kernel: name) }
      checksum = made
    }
    line(
      name, String(format: "%.2f", Double(rows) / best / 1e6),
      String(format: "%.0f", Double(bytes) / best / 1e6), String(checksum ?? 0, radix: 16))
  }

  private func line(_ name: String, _ rows: String, _ bytes: String, _ checksum: String) {
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(width - text.count, 0)) + text
    }
    print(
      name.padding(toLength: 24, withPad: " ", startingAt: 0), padded(rows, 14), padded(bytes, 8),
      padded(checksum, 17))
  }
}

/// A kernel that made different things from the same input.
struct Unstable: Error, CustomStringConvertible {
  let kernel: String
  var description: String { "\(kernel): two rounds had different checksums" }
}
