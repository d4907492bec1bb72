import Bytes
import Events
import Mappings

/// Everything one run of decoding needs to translate messages.
struct Translator: ~Copyable {
  private let choice: DecoderChoice
  private var recognition = Recognition()
  private var commerce: CommerceVocabulary
  private var facts: FactVocabulary
  private var calls: CallVocabulary
  private var mapping: MappingVocabulary?

  init(_ decoding: MessageDecoding) {
    choice = decoding.options.choice
    commerce = CommerceVocabulary(topics: decoding.commerceTopics)
    facts = FactVocabulary(topics: decoding.webTopics)
    calls = CallVocabulary(topics: decoding.webTopics)
    if case .mapping(let own) = choice { mapping = MappingVocabulary(own) }
  }

  /// Translates a message; false when it stays what it is, and the contract's verdict with it.
  mutating func translate(
    _ message: UnsafeBufferPointer<UInt8>, _ place: MessagePlace, into out: inout Translations
  ) -> Bool {
    // What is too long is refused before it is read, by the contract's own rule.
    guard message.count <= Events.Limits.messageByteCount, isUTF8(message) else { return false }
    switch choice {
    case .cloudEvents: return false
    case .hanzoCommerce: return commerce.translate(message, place, into: &out)
    case .hanzoEvent: return facts.translate(message, place, into: &out)
    case .segment: return calls.translate(message, place, into: &out)
    case .mapping:
      mapping?.translate(message, place, into: &out)
      return true
    case .auto: break
    }
    switch recognition.vocabulary(of: message) {
    case .commerce: return commerce.translate(message, place, into: &out)
    case .event: return facts.translate(message, place, into: &out)
    case .call: return calls.translate(message, place, into: &out)
    case nil: return false
    }
  }
}
