package import Events
import Mappings

/// Decodes messages of several vocabularies into columns of events and rejects.
///
/// A message of another vocabulary is translated to the contract's form, which the event decoder
/// reads as it reads any message; the row keeps the message as it came. What a message gives
/// depends on its bytes, its origin and position and its `recorded_at`, on nothing else, so that a
/// dump of a ledger read back gives the same columns.
///
/// - Shape: a value without state: several threads decode different batches with one.
/// - Source: docs/vocabularies.md.
package struct MessageDecoding: Sendable {
  let decoder: EventDecoder
  let options: DecoderOptions
  let commerceTopics: TopicTable
  let webTopics: TopicTable

  /// - Parameter seed: keys the hashes of identities and messages, as of `EventDecoder`.
  package init(_ options: DecoderOptions, seed: UInt64) {
    self.options = options
    decoder = EventDecoder(seed: seed)
    commerceTopics = TopicTable(TopicTable.commerce, own: options.topics)
    webTopics = TopicTable(TopicTable.web, own: options.topics)
  }

  /// Decodes messages of a broker that lie in a batch's `text`; each is one message.
  ///
  /// - Shape: as of `EventDecoder`: the columns have one entry a message, a line feed follows each
  ///   message in the text, all else in the batch is replaced. A message may give several rows.
  /// - Parameter origin: the stream that the positions count in.
  /// - Returns: how many records a mapping's rules passed over.
  @discardableResult
  package func decode(
    _ batch: inout EventBatch, messageStarts starts: [UInt32], lengths: [UInt32],
    positions: [Int64], recordedAt: [Int64], origin: [UInt8]
  ) -> Int {
    var candidates: Set<Int>?
    switch options.choice {
    case .auto, .cloudEvents:
      decoder.decode(
        &batch, messageStarts: starts, lengths: lengths, positions: positions,
        recordedAt: recordedAt)
      if case .cloudEvents = options.choice { return 0 }
      let refused = batch.rejects.filter(\.mayBeTranslated).map { Int($0.start) }
      if refused.isEmpty { return 0 }
      candidates = Set(refused)
      cut(&batch, after: starts, lengths)
    default: break
    }
    var sources: [Source] = []
    sources.reserveCapacity(starts.count)
    for index in starts.indices {
      let range = Int(starts[index])..<Int(starts[index]) + Int(lengths[index])
      var source = Source(message: range, refused: range, position: positions[index])
      source.recordedAt = recordedAt[index]
      if candidates?.contains(range.lowerBound) ?? true {
        source.place = MessagePlace(
          origin: origin, position: positions[index], recordedAt: recordedAt[index])
      }
      sources.append(source)
    }
    return decode(
      &batch, sources, lineCount: starts.count, importClock: 0, recordedAtPolicy: .clock)
  }

  /// Drops what an earlier decoding put behind the messages.
  private func cut(_ batch: inout EventBatch, after starts: [UInt32], _ lengths: [UInt32]) {
    guard let start = starts.last, let length = lengths.last else { return }
    let end = Int(start) + Int(length) + 1
    if end < batch.text.count { batch.text.removeLast(batch.text.count - end) }
  }

  // MARK: Translating

  /// A message and what is to become of it.
  struct Source {
    var message: Range<Int>
    var refused: Range<Int>
    var position: Int64
    var recordedAt: Int64?
    /// Of a line of the recorded form.
    var wrapper: RecordedWrapper?
    /// Set for a message that is to be translated, if it can be.
    var place: MessagePlace?
    /// To be read as a line of a file.
    var isLine = false

    init(message: Range<Int>, refused: Range<Int>, position: Int64) {
      self.message = message
      self.refused = refused
      self.position = position
    }

    /// The message as it is, read as the contract's own form.
    var item: DecodingItem {
      var item = DecodingItem(message: message, position: position, recordedAt: recordedAt)
      item.refused = refused
      item.isLine = isLine
      return item
    }
  }

  /// Translates what is to be translated, appends it to the batch's text and decodes everything.
  ///
  /// - Shape: a byte below U+0020 ends the text.
  func decode(
    _ batch: inout EventBatch, _ sources: [Source], lineCount: Int, importClock: Int64,
    recordedAtPolicy: RecordedAtPolicy
  ) -> Int {
    var translator = Translator(self)
    var out = Translations()
    var items: [DecodingItem] = []
    items.reserveCapacity(sources.count)
    var origins: [UInt8] = []
    let base = batch.text.count
    for source in sources {
      guard let place = source.place else {
        items.append(source.item)
        continue
      }
      let first = out.entries.count
      let isTranslated = batch.text.withUnsafeBufferPointer { text in
        translator.translate(
          UnsafeBufferPointer(rebasing: text[source.message]), place, into: &out)
      }
      guard isTranslated else {
        items.append(source.item)
        continue
      }
      for entry in out.entries[first...] {
        var item = self.item(entry, of: source, textStart: base)
        if let origin = source.wrapper?.origin {
          let start = origins.count
          origins += origin
          item.origin = start..<origins.count
        }
        items.append(item)
      }
    }
    batch.text.append(contentsOf: out.text.bytes)
    let originStart = batch.text.count
    batch.text.append(contentsOf: origins)
    batch.text.append(UInt8(ascii: "\n"))
    for index in items.indices {
      guard let origin = items[index].origin else { continue }
      items[index].origin = origin.lowerBound + originStart..<origin.upperBound + originStart
    }
    decoder.decode(
      &batch, items: items, lineCount: lineCount, importClock: importClock,
      recordedAtPolicy: recordedAtPolicy)
    return out.skippedCount
  }

  private func item(
    _ entry: Translations.Entry, of source: Source, textStart: Int
  ) -> DecodingItem {
    let start = source.message.lowerBound
    var item = source.item
    item.isLine = false
    item.message = entry.message.lowerBound + start..<entry.message.upperBound + start
    item.contract =
      entry.contract.lowerBound + textStart..<entry.contract.upperBound + textStart
    if item.message != source.message { item.refused = item.message }
    if let kept = entry.kept {
      item.refused = kept.lowerBound + textStart..<kept.upperBound + textStart
    }
    item.refusal = entry.refusal
    if let wrapper = source.wrapper {
      item.recordedAt = wrapper.recordedAt
      item.ownPosition = wrapper.position
    }
    return item
  }
}

extension Reject {
  /// Whether the contract refused a message because it lacks an envelope of the contract's form.
  var mayBeTranslated: Bool {
    guard case .field(let name) = reason else { return false }
    return name == "id" || name == "type" || name == "source" || name == "time"
  }
}
