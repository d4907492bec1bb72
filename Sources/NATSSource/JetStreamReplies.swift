import Foundation

/// Answers of the server's stream API, as far as they are read. Sequences are unsigned and may go
/// beyond 2^53.
enum JetStreamReplies {
  struct APIError: Decodable {
    var code: Int
    var err_code: Int?
    var description: String?
  }

  struct Sequences: Decodable {
    var consumer_seq: UInt64
    var stream_seq: UInt64
  }

  struct StreamInfo: Decodable {
    struct State: Decodable {
      var messages: UInt64
      var first_seq: UInt64
      var last_seq: UInt64
      var last_ts: String?

      /// Empty when the stream is.
      var sequences: Range<UInt64> { first_seq..<max(first_seq, last_seq &+ 1) }
    }
    struct Config: Decodable {
      var retention: String?
    }
    var created: String
    var config: Config?
    var state: State
  }

  struct ConsumerInfo: Decodable {
    struct Config: Decodable {
      var description: String?
      var ack_policy: String?
      var deliver_subject: String?
      var filter_subject: String?
      var max_ack_pending: Int?
      var ack_wait: Int64?
      var mem_storage: Bool?
    }
    var created: String
    var config: Config
    var delivered: Sequences
    var ack_floor: Sequences
    var num_pending: UInt64?
  }

  struct StreamNames: Decodable {
    var streams: [String]?
  }

  struct StoredMessage: Decodable {
    struct Message: Decodable {
      var seq: UInt64
      var data: String?
      var time: String
    }
    var message: Message
  }

  struct PubAck: Decodable {
    var stream: String
    var seq: UInt64
    var duplicate: Bool?
  }

  struct ErrorOnly: Decodable {
    var error: APIError?
  }

  static func decode<Reply: Decodable>(_ bytes: [UInt8], as type: Reply.Type) throws -> Reply {
    try JSONDecoder().decode(type, from: Data(bytes))
  }

  /// The bytes of a base64 text.
  static func bytes(base64 text: String?) -> [UInt8]? {
    guard let text else { return [] }
    return Data(base64Encoded: text).map(Array.init)
  }
}
