package import Mappings

/// Which vocabulary messages are read in.
package enum DecoderChoice: Sendable {
  /// The contract's own form, else whichever of ours a message clearly is.
  case auto
  /// The contract's own form alone.
  case cloudEvents
  case hanzoCommerce, hanzoEvent, segment
  /// A mapping of JSON records.
  case mapping(Mapping)

  /// The names that configuration and command line take; a mapping is `mapping:FILE`.
  package static let names = ["auto", "cloudevents", "hanzo-commerce", "hanzo-event", "segment"]
  /// What stands before a mapping's file or name.
  package static let mappingPrefix = "mapping:"

  /// The choice of a name, or nil for another; mappings are loaded by the caller.
  package init?(name: String) {
    switch name {
    case "auto": self = .auto
    case "cloudevents": self = .cloudEvents
    case "hanzo-commerce": self = .hanzoCommerce
    case "hanzo-event": self = .hanzoEvent
    case "segment": self = .segment
    default: return nil
    }
  }

  /// What tells this way of reading from others, for a ledger that knows which files it has read.
  package var fingerprint: String {
    switch self {
    case .auto: "decoder auto"
    case .cloudEvents: ""
    case .hanzoCommerce: "decoder hanzo-commerce"
    case .hanzoEvent: "decoder hanzo-event"
    case .segment: "decoder segment"
    case .mapping(let mapping): "decoder mapping \(mapping.fingerprint)"
    }
  }
}

/// How messages are decoded: the vocabulary, and a table of topics of one's own.
package struct DecoderOptions: Sendable {
  package var choice = DecoderChoice.auto
  /// Asked before the shipped tables.
  package var topics: [TopicRename] = []

  package init(_ choice: DecoderChoice = .auto, topics: [TopicRename] = []) {
    self.choice = choice
    self.topics = topics
  }

  /// What tells these options from others, as of `DecoderChoice`.
  package var fingerprint: String {
    var text = choice.fingerprint
    for rename in topics {
      text += "\n\(String(decoding: rename.name, as: UTF8.self))"
      text += "\t\(String(decoding: rename.topic, as: UTF8.self))"
    }
    return text
  }
}
