package import MessageSources
import Synchronization

/// Messages of Kafka topics: all partitions, fixed ones, or what a consumer group gives. Positions
/// are the ledger's; offsets committed to the brokers only show others how far it is.
///
/// - Concurrency: one thread at a time, as `MessageSource` says; `interrupted` is atomic.
package final class KafkaSource: MessageSource, @unchecked Sendable {
  private let address: KafkaAddress
  private let follows: Bool
  private let interrupted = Atomic<Bool>(false)
  private var topics: OpenTopics?
  private var remade: Set<String> = []

  /// - Parameter follows: false ends with what the topics hold.
  package init(_ address: KafkaAddress, follows: Bool = true) throws {
    guard !address.topics.isEmpty else {
      throw SourceError.refused(
        place: address.name, detail: "the address names no topic",
        hint: "write kafka://host:9092/TOPIC")
    }
    self.address = address
    self.follows = follows
  }

  deinit { close() }

  package var name: String { address.name }

  package func open(resumeAfter committed: CommittedPositions) throws {
    close()
    interrupted.store(false, ordering: .releasing)
    topics = try OpenTopics(address, committed: committed, remade: remade)
    remade = []
  }

  package func pull(
    into batch: inout MessageBatch, limit: PullLimit, wait: Duration
  ) throws -> PullOutcome {
    guard let topics else {
      throw SourceError.unreachable(place: name, detail: "the source is not open")
    }
    if let failure = topics.takeFailure() { throw meaning(of: failure) }
    if let notice = topics.takeNotice() { return .notice(notice) }
    let before = batch.count
    do {
      try topics.fill(&batch, limit: limit, wait: wait, interrupted: interrupted)
    } catch {
      if batch.count == before { throw meaning(of: error) }
      topics.failure = error
    }
    if batch.count > before { return .messages }
    if let failure = topics.takeFailure() { throw meaning(of: failure) }
    if let notice = topics.takeNotice() { return .notice(notice) }
    return !follows && topics.isExhausted ? .ended : .idle
  }

  private func meaning(of error: any Error) -> any Error {
    if error is OpenTopics.Reconnected {
      return SourceError.unreachable(
        place: name, detail: "a connection was lost: comparing what the brokers hold")
    }
    guard let found = error as? OpenTopics.Remade else { return error }
    remade.insert(found.partition)
    return SourceError.unreachable(
      place: name, detail: "\(found.partition) was made again: beginning anew")
  }

  package func acknowledge(_ positions: [SourcePosition]) -> Bool {
    topics?.acknowledge(positions) ?? false
  }

  package func backlog() -> SourceBacklog? { topics?.backlog() }

  package func interrupt() { interrupted.store(true, ordering: .releasing) }

  package func close() {
    topics?.discard()
    topics = nil
  }
}
