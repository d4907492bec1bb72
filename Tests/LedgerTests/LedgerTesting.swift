import Bytes
import Events
import Files
import FilesTesting
import Foundation
import Ledger
import Synchronization
import Threads

/// A folder that goes away with its last user.
final class TemporaryFolder: Sendable {
  let path = NSTemporaryDirectory() + "ledger-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      // Another test may have taken it away; the system empties its temporary folder anyway.
      return
    }
  }
}

/// SplitMix64: the same seed gives the same test.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}

/// A made-up event: its identity is `number`, its other bytes depend on `variant` as well.
struct SampleEvent: Hashable {
  var number: Int
  var variant = 0

  var id: String { "e-\(number)" }

  var json: String {
    let topic = ["product.viewed", "cart.item.added", "order.created"][number % 3]
    let minute = String(format: "%02d", number / 60 % 60)
    let second = String(format: "%02d", number % 60)
    var data = "\"visitor_id\":\"v-\(number % 17)\",\"item_id\":\"sku-\(number % 5)\""
    if number % 3 == 1 { data += ",\"quantity\":\(variant + 1),\"unit_price\":\(number * 10)" }
    if number % 3 == 2 {
      data += ",\"order_id\":\"o-\(number)\",\"amount\":\(number),\"items\":["
      data += number % 2 == 0 ? "{\"item_id\":\"é\",\"quantity\":2},{\"unit_price\":5}]" : "]"
    }
    return "{\"specversion\":\"1.0\",\"id\":\"\(id)\",\"source\":\"/shop\",\"type\":\"\(topic)\","
      + "\"time\":\"2026-03-01T00:\(minute):\(second)Z\",\"data\":{\(data)},\"v\":\(variant)}"
  }
}

/// A clock that stands still until it is told otherwise.
final class TestClock: Sendable {
  private let time = Mutex(TestLedger.now)

  var now: Int64 { time.withLock { $0 } }
  func advance(seconds: Int64) { time.withLock { $0 += seconds * 1_000_000 } }
}

/// A ledger in a temporary folder, and what tests do with it.
struct TestLedger {
  let folder: TemporaryFolder
  let files: any FileSystem
  var threadCount = 1
  var options = LedgerWriterOptions()
  static let origin = Array("test".utf8)
  static let now: Int64 = 1_800_000_000_000_000

  init(files: any FileSystem = POSIXFileSystem()) throws {
    folder = try TemporaryFolder()
    self.files = files
    options.segmentRowCount = 64
    options.indexFileRowCount = 128
  }

  init(folder: TemporaryFolder, files: any FileSystem) {
    self.folder = folder
    self.files = files
    options.segmentRowCount = 64
    options.indexFileRowCount = 64
  }

  var path: String { folder.path + "/ledger" }

  func open(clock: TestClock = TestClock()) throws -> LedgerWriter {
    var random = SeededGenerator(42)
    return try LedgerWriter.open(
      directory: path, files: files, pool: WorkerPool(threadCount: threadCount),
      clock: WallClock { clock.now }, random: &random, options: options)
  }

  /// Decodes lines as one batch.
  static func batch(
    _ lines: [String], firstLine: Int64 = 1, seed: UInt64
  ) -> EventBatch {
    var chunk = Array(lines.joined(separator: "\n").utf8)
    if !lines.isEmpty { chunk.append(10) }
    return EventDecoder(seed: seed).decode(
      chunk: chunk, firstLine: firstLine, importClock: TestLedger.now)
  }

  /// Appends events, `batchSize` a batch, all batches in one round.
  static func append(
    _ events: [SampleEvent], to writer: LedgerWriter, batchSize: Int = 50, firstLine: Int = 1
  ) throws -> AppendCounts {
    var batches: [EventBatch] = []
    for start in stride(from: 0, to: events.count, by: batchSize) {
      let part = events[start..<min(start + batchSize, events.count)]
      batches.append(
        batch(
          part.map(\.json), firstLine: Int64(firstLine + start), seed: writer.identity.hashSeed))
    }
    return try writer.append(batches, origin: origin)
  }
}
