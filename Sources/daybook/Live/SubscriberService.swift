import Ingest
import ServiceLifecycle
import Synchronization
import Threads

/// The subscriber as a service: begins when `begin` is called, ends in order when its group does.
///
/// - Concurrency: the subscriber has a thread of its own; only waiting for it is asynchronous.
final class SubscriberService: Service {
  private let subscriber: Subscriber
  private let beginnings: AsyncStream<Void>
  private let beginning: AsyncStream<Void>.Continuation
  private let outcome = Mutex<SubscriberEnd?>(nil)

  init(_ subscriber: Subscriber) {
    self.subscriber = subscriber
    (beginnings, beginning) = AsyncStream.makeStream(of: Void.self)
  }

  /// How it has ended; nil when it was asked to end before it began.
  var end: SubscriberEnd? { outcome.withLock { $0 } }

  /// What it waits for is there.
  func begin() {
    beginning.yield()
    beginning.finish()
  }

  func run() async throws {
    var mayBegin = false
    for await _ in beginnings.cancelOnGracefulShutdown() { mayBegin = true }
    guard mayBegin else { return }
    let end = try await withGracefulShutdownHandler {
      try await onOwnThread { [subscriber] in try subscriber.run() }
    } onGracefulShutdown: { [subscriber] in
      subscriber.stop()
    }
    outcome.withLock { $0 = end }
  }
}
