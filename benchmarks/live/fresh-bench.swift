// What a live writer costs beside a plain one: events a second with large batches, and the time of
// small commits. Run: swift run -c release live-bench FOLDER [EVENTS]
import Events
import Files
import Foundation
import Ledger
import Threads

/// A made-up message of about 400 bytes, as a source gives it.
func message(_ number: Int) -> String {
  let topics = ["product.viewed", "cart.item.added", "product.searched", "order.created"]
  let filler = String(number &* 2_654_435_761 % 1_000_000_007, radix: 36)
  return "{\"specversion\":\"1.0\",\"id\":\"e-\(number)-\(filler)\",\"source\":\"/shop/\(number % 5)\","
    + "\"type\":\"\(topics[number % 4])\",\"time\":\"2026-03-01T00:00:\(10 + number % 50)Z\","
    + "\"data\":{\"visitor_id\":\"v-\(number % 9973)\",\"item_id\":\"sku-\(number % 4999)\","
    + "\"quantity\":\(number % 7),\"unit_price\":\(number % 100_000),\"referrer\":\"https://shop.example"
    + "/campaigns/spring/\(filler)/landing\",\"agent\":\"Mozilla/5.0 (X11; Linux x86_64) shop/"
    + "\(number % 31)\",\"note\":\"\(filler)\(filler)\(filler)\"}}\n"
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  let duration = start.duration(to: .now).components
  return Double(duration.seconds) + Double(duration.attoseconds) / 1e18
}

func peakMiB() -> Int {
  var usage = rusage()
  getrusage(RUSAGE_SELF, &usage)
  return usage.ru_maxrss / 1024
}

let folder = CommandLine.arguments.dropFirst().first ?? "live-bench"
let eventCount = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 1_000_000
let pool = WorkerPool(threadCount: WorkerPool.processorCount)
var random = SystemRandomNumberGenerator()

func open(_ name: String, isLive: Bool) throws -> LedgerWriter {
  try LedgerWriter.open(
    directory: folder + "/" + name, files: POSIXFileSystem(), pool: pool, clock: .system,
    random: &random, options: isLive ? .live : LedgerWriterOptions())
}

/// Appends everything, `rowCount` messages a commit; returns the seconds of writing alone and the
/// milliseconds of each commit.
func run(
  _ writer: LedgerWriter, _ numbers: Range<Int>, rowCount: Int, commit: () throws -> Void
) throws -> (seconds: Double, commits: [Double]) {
  let decoder = EventDecoder(seed: writer.identity.hashSeed)
  var total = 0.0
  var commits: [Double] = []
  for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: rowCount) {
    var chunks: [EventBatch] = []
    for part in stride(from: first, to: min(first + rowCount, numbers.upperBound), by: 5_000) {
      let last = min(part + 5_000, first + rowCount, numbers.upperBound)
      var text: [UInt8] = []
      for number in part..<last { text.append(contentsOf: message(number).utf8) }
      chunks.append(decoder.decode(chunk: text, firstLine: Int64(part + 1), importClock: 0))
    }
    total += try seconds { _ = try writer.append(chunks, origin: Array("bench".utf8)) }
    let time = try seconds(commit)
    total += time
    commits.append(time * 1000)
  }
  return (total, commits.sorted())
}

func tell(_ name: String, _ result: (seconds: Double, commits: [Double]), _ count: Int) {
  func at(_ share: Double) -> String {
    String(format: "%.2f", result.commits[Int(Double(result.commits.count - 1) * share)])
  }
  print(
    "\(name): \(Int(Double(count) / result.seconds)) events/s, \(result.commits.count) commits, "
      + "ms a commit p50 \(at(0.5)) p99 \(at(0.99)) max \(at(1)), peak \(peakMiB()) MiB")
}

let live = try open("live", isLive: true)
tell(
  "live, 20000 a commit",
  try run(live, 0..<eventCount, rowCount: 20_000) { try live.commitFresh() }, eventCount)
tell(
  "live, 50 a commit",
  try run(live, eventCount..<eventCount + 50_000, rowCount: 50) { try live.commitFresh() }, 50_000)
try live.close()
var reopened: LedgerWriter?
let opening = try seconds { reopened = try open("live", isLive: true) }
print(
  "opened again with \(reopened?.freshRowCount ?? 0) fresh rows in "
    + String(format: "%.2f s", opening))
try reopened?.close()
let plain = try open("plain", isLive: false)
tell(
  "plain, 20000 a round", try run(plain, 0..<eventCount, rowCount: 20_000) {}, eventCount)
let last = try seconds { try plain.commit() }
print("plain, the commit at the end: " + String(format: "%.2f s", last))
try plain.close()
