import EmbeddedBus
import Files
import Foundation
import MessageSourceChecks
import MessageSources
import Synchronization

/// A folder that is gone after the test, with a bus and a clock that tests set.
final class TestBus: SourceStand {
  let folder: URL
  let time = Mutex<Int64>(1_000_000)
  private let publisher = Mutex<EmbeddedBus?>(nil)

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "bus-\(UUID().uuidString)")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var directory: String { folder.path }
  var clock: WallClock { WallClock { [self] in time.withLock { $0 } } }

  func open() throws -> EmbeddedBus {
    var random = SystemRandomNumberGenerator()
    return try EmbeddedBus.open(
      directory: directory, files: POSIXFileSystem(), clock: clock, random: &random,
      makesNew: true)
  }

  func source(_ name: String = "checks", filter: SubjectFilter = .all, follows: Bool = true)
    -> BusSource
  {
    BusSource(
      BusSubscription(
        directory: directory, subscriber: name, filter: filter, follows: follows),
      files: POSIXFileSystem(), clock: clock)
  }

  // MARK: SourceStand

  var takesAnyBytes: Bool { true }

  func publish(_ messages: [[UInt8]]) throws {
    let bus = try open()
    defer { bus.close() }
    try bus.publish(batch(messages, subject: "checks.numbered"))
  }

  func makeSource() throws -> any MessageSource {
    let bus = try open()
    bus.close()
    return source()
  }

  func close() {}
}

/// Messages on one subject.
func batch(_ messages: [[UInt8]], subject: String) -> MessageBatch {
  var batch = MessageBatch()
  for (index, message) in messages.enumerated() {
    batch.append(
      message, position: Int64(index), subject: Array(subject.utf8), origin: Array("test".utf8))
  }
  return batch
}

func batch(_ messages: [String], subject: String) -> MessageBatch {
  batch(messages.map { Array($0.utf8) }, subject: subject)
}

/// All messages behind a position, as text.
func texts(_ bus: EmbeddedBus, after position: Int64 = 0, filter: SubjectFilter = .all) throws
  -> [String]
{
  var all = MessageBatch()
  var reached = position
  while true {
    let before = all.count
    reached = try bus.read(
      after: reached, filter: filter, limit: PullLimit(messageCount: 7, byteCount: 1 << 20),
      into: &all)
    if all.count == before { break }
  }
  return (0..<all.count).map { String(decoding: all.message($0), as: UTF8.self) }
}
