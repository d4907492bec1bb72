import Bytes

/// Makes ids of sequences and sessions from the actor and the first event.
///
/// - Source: docs/semantics.md §5, `sequence_id`.
struct SequenceHasher: ~Copyable {
  private var hash = RepeatedSHA256()
  private var text = OutputBytes(capacity: 512)

  mutating func id(_ actor: ActorName, source: TextSlice, event: TextSlice) -> UInt64 {
    let name = actor.text
    text.count = 0
    text.reserve(name.count + source.count + event.count + 8)
    text.put(actor.letter)
    text.put(UInt8(ascii: ":"))
    text.put(name)
    text.put(UInt8(ascii: "\n"))
    text.put(source.raw)
    text.put(UInt8(ascii: "\n"))
    text.put(event.raw)
    return hash.prefix(of: text.bytes)
  }
}
