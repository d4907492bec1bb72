import Bytes
import Events
import Mappings

/// Where a message came from: what event ids are made of when the message has none.
struct MessagePlace {
  var origin: [UInt8]
  var position: Int64
  /// The broker's time; nil for a line of a file, which has none.
  var recordedAt: Int64?

  /// `<origin>#<position>`: the same for the same message of the same stream, however often it
  /// comes. A long origin stands as its digest.
  var eventID: [UInt8] {
    var id = origin
    if id.count > Limits.originInIDByteCount {
      id = Array("sha256:".utf8) + Array(hexadecimal(SHA256.hash(origin).prefix(16)).utf8)
    }
    id.append(UInt8(ascii: "#"))
    appendDecimal(position, to: &id)
    return id
  }
}

/// What became of messages of another vocabulary.
struct Translations {
  /// One event of a message, or why there is none.
  struct Entry {
    /// What the event keeps, as a place in the message.
    var message: Range<Int>
    /// The contract's form, as a place in `text`.
    var contract: Range<Int> = 0..<0
    var refusal: (reason: RejectReason, detail: String)?
    /// What a refusal keeps, as a place in `text`, when it is not the message's own bytes.
    var kept: Range<Int>?
  }

  var text = ContractText()
  var entries: [Entry] = []
  /// Records that a mapping's rules passed over.
  var skippedCount = 0

  /// Ends the event at hand.
  mutating func finish(keeping message: Range<Int>) {
    let refusal = text.refusal
    if let contract = text.end() {
      entries.append(Entry(message: message, contract: contract))
    } else {
      entries.append(Entry(message: message, refusal: refusal))
    }
  }

  mutating func refuse(_ message: Range<Int>, _ field: String, _ detail: String) {
    entries.append(Entry(message: message, refusal: (.field(field), detail)))
  }
}
