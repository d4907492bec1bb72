/// Which delivery to acknowledge once the ledger has committed up to a position: the newest one
/// with nothing uncommitted before it, even when it was a redelivery. The server ignores answers to
/// deliveries that it has forgotten.
struct AcknowledgementQueue {
  private struct Entry {
    /// The highest position among this delivery and all before it.
    var highest: Int64
    var reply: String
  }

  private var entries: [Entry] = []
  private var first = 0

  /// Notes the last delivery of a batch.
  mutating func append(position: Int64, reply: String) {
    let before = entries.count > first ? entries[entries.count - 1].highest : Int64.min
    entries.append(Entry(highest: max(position, before), reply: reply))
    if entries.count - first > Limits.acknowledgementEntries { first += 1 }
    compact()
  }

  /// Takes what a commit up to `position` allows to acknowledge; nil when there is nothing.
  mutating func take(upTo position: Int64) -> String? {
    var found: String?
    while first < entries.count, entries[first].highest <= position {
      found = entries[first].reply
      first += 1
    }
    compact()
    return found
  }

  private mutating func compact() {
    guard first > 1_024, first * 2 > entries.count else { return }
    entries.removeFirst(first)
    first = 0
  }
}
