import Bytes

/// Makes ids of sequences and sessions from the actor and the first event.
///
/// - Source: docs/semantics.md §5, `sequence_id`.
struct SequenceHasher: ~Copyable {
  private var hash = RepeatedSHA256()
  private var text = OutputBytes(capacity: 512)

  mutating func id(_ actor: UInt32, _ links: ResolvedLinks, source: TextSlice, event: TextSlice)
    -> UInt64
  {
    let (letter, name) = links.actor(actor)
    text.count = 0
    text.reserve(name.count + source.count + event.count + 8)
    text.put(letter)
    text.put(UInt8(ascii: ":"))
    put(name)
    text.put(UInt8(ascii: "\n"))
    put(source.raw)
    text.put(UInt8(ascii: "\n"))
    put(event.raw)
    return hash.prefix(of: text.bytes)
  }

  private mutating func put(_ bytes: UnsafeRawBufferPointer) {
    if let start = bytes.baseAddress {
      text.put(start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
  }
}
