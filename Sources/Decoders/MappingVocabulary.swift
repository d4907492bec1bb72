import Events
import Mappings

/// Messages that a mapping of JSON records turns into events; each event keeps the whole message.
struct MappingVocabulary: ~Copyable {
  private var reader: MappingReader
  private var messages = MappedMessages()

  init(_ mapping: Mapping) { reader = MappingReader(mapping, fileName: "message") }

  mutating func translate(
    _ message: UnsafeBufferPointer<UInt8>, _ place: MessagePlace, into out: inout Translations
  ) {
    messages.removeAll()
    reader.readMessage(UnsafeRawBufferPointer(message), position: place.position, into: &messages)
    let whole = 0..<message.count
    let expanded = message.count.multipliedReportingOverflow(by: messages.lineNumbers.count)
    if expanded.overflow || expanded.partialValue > Limits.expandedByteCount {
      out.entries.append(
        Translations.Entry(
          message: whole,
          refusal: (
            .size,
            "\(messages.lineNumbers.count) events of one message of \(message.count) bytes"
          )))
      return
    }
    out.skippedCount += messages.skippedCount
    for line in messages.text.split(separator: UInt8(ascii: "\n")) {
      let contract = out.text.keep(Array(line))
      out.entries.append(Translations.Entry(message: whole, contract: contract))
    }
    for reject in messages.rejects {
      var entry = Translations.Entry(message: whole, refusal: (reject.reason, reject.detail))
      if reject.record.count != message.count { entry.kept = out.text.keep(reject.record) }
      out.entries.append(entry)
    }
  }
}
