import Synchronization

/// The status as several threads write it.
final class StatusBoard: Sendable {
  private let status: Mutex<SubscriberStatus>

  init(_ status: SubscriberStatus) { self.status = Mutex(status) }

  func change(_ body: (inout SubscriberStatus) -> Void) { status.withLock { body(&$0) } }

  func change(source index: Int, _ body: (inout SubscriberStatus.Source) -> Void) {
    status.withLock { body(&$0.sources[index]) }
  }

  var value: SubscriberStatus { status.withLock { $0 } }
}
