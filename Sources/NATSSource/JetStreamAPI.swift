import Bytes
import MessageSources

/// The server's stream API in raw JSON requests: only what a puller needs, in words that servers
/// since 2.9 understand.
struct JetStreamAPI {
  let connection: NATSConnection
  let address: NATSAddress

  /// An answer that says no.
  struct Refusal: Error {
    var code: Int
    var errorCode: Int
    var description: String

    var isStreamMissing: Bool { errorCode == 10_059 }
    var isConsumerMissing: Bool { errorCode == 10_014 }
    var isMessageMissing: Bool { errorCode == 10_037 }
  }

  /// Says in our description which durables are ours, so that nobody else's is ever deleted.
  static let consumerMark = "daybook: pulls everything into a ledger"

  private func call<Reply: Decodable>(
    _ operation: String, _ body: String, as type: Reply.Type
  ) throws -> Reply {
    let answer = try connection.request(
      "\(address.apiPrefix).\(operation)", body, milliseconds: Limits.requestMilliseconds)
    do {
      if let error = try JetStreamReplies.decode(answer, as: JetStreamReplies.ErrorOnly.self).error
      {
        throw Refusal(
          code: error.code, errorCode: error.err_code ?? 0,
          description: error.description ?? "code \(error.code)")
      }
      return try JetStreamReplies.decode(answer, as: type)
    } catch let error as DecodingError {
      throw SourceError.damaged(
        place: address.name, detail: "the answer to \(operation) is not understood: \(error)")
    }
  }

  /// The stream that takes a subject.
  func streamName(forSubject subject: String) throws -> String? {
    let names = try call(
      "STREAM.NAMES", "{\"subject\":\(quoted(subject))}", as: JetStreamReplies.StreamNames.self)
    return names.streams?.first
  }

  /// All streams' names, for an error's words.
  func streamNames() throws -> [String] {
    try call("STREAM.NAMES", "{}", as: JetStreamReplies.StreamNames.self).streams ?? []
  }

  func stream(_ stream: String) throws -> JetStreamReplies.StreamInfo {
    try call("STREAM.INFO.\(stream)", "", as: JetStreamReplies.StreamInfo.self)
  }

  /// The durable, or nil when there is none.
  func consumer(_ stream: String) throws -> JetStreamReplies.ConsumerInfo? {
    do {
      return try call(
        "CONSUMER.INFO.\(stream).\(address.durable)", "", as: JetStreamReplies.ConsumerInfo.self)
    } catch let refusal as Refusal where refusal.isConsumerMissing {
      return nil
    }
  }

  /// Where a new consumer begins.
  enum Start: Equatable {
    case all
    case sequence(UInt64)
    /// As the server writes times.
    case time(String)
  }

  func createConsumer(_ stream: String, from start: Start) throws -> JetStreamReplies.ConsumerInfo {
    let begin =
      switch start {
      case .all: "\"deliver_policy\":\"all\""
      case .sequence(let sequence):
        "\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":\(sequence)"
      case .time(let time):
        "\"deliver_policy\":\"by_start_time\",\"opt_start_time\":\(quoted(time))"
      }
    let filter = address.subject.map { ",\"filter_subject\":\(quoted($0))" } ?? ""
    let body = """
      {"stream_name":\(quoted(stream)),"config":{"durable_name":\(quoted(address.durable)),\
      "description":\(quoted(Self.consumerMark)),\(begin),"ack_policy":"all",\
      "ack_wait":\(Int64(address.ackWaitSeconds) * 1_000_000_000),"max_deliver":-1,\
      "max_ack_pending":\(address.maxAckPending),"mem_storage":true,\
      "replay_policy":"instant"\(filter)}}
      """
    return try call(
      "CONSUMER.DURABLE.CREATE.\(stream).\(address.durable)", body,
      as: JetStreamReplies.ConsumerInfo.self)
  }

  func deleteConsumer(_ stream: String) throws {
    struct Success: Decodable { var success: Bool? }
    do {
      _ = try call("CONSUMER.DELETE.\(stream).\(address.durable)", "", as: Success.self)
    } catch let refusal as Refusal where refusal.isConsumerMissing {
      return
    }
  }

  /// A stored message, or nil when the stream does not have it any more.
  func message(_ stream: String, _ sequence: UInt64) throws -> JetStreamReplies.StoredMessage? {
    do {
      return try call(
        "STREAM.MSG.GET.\(stream)", "{\"seq\":\(sequence)}", as: JetStreamReplies.StoredMessage.self
      )
    } catch let refusal as Refusal where refusal.isMessageMissing || refusal.code == 404 {
      return nil
    }
  }

  private func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    Array(text.utf8).withUnsafeBytes { appendJSONString($0, to: &bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
