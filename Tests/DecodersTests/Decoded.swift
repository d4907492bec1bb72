import Bytes
import Decoders
import Events

/// A decoded batch as text, for tests to compare.
struct Decoded: Equatable {
  struct Row: Equatable {
    var columns: [String: String]
    var lines: [String]
    var message: String
    var position: Int64
    var recordedAt: Int64
    var origin: String?

    subscript(name: String) -> String? { columns[name] }
  }

  var rows: [Row] = []
  /// `reason@position: message`.
  var rejects: [String] = []
  var details: [String] = []
  var lineCount = 0

  init(_ batch: EventBatch) {
    func text(_ column: TextColumn, _ row: Int) -> String? {
      batch.bytes(column, row).map { String(decoding: $0, as: UTF8.self) }
    }
    lineCount = batch.lineCount
    for row in 0..<batch.count {
      var columns: [String: String] = [:]
      columns["id"] = text(batch.eventID, row)
      columns["topic"] = text(batch.topic, row)
      columns["source"] = text(batch.source, row)
      columns["time"] = time(batch.occurredAt[row])
      for column in IDColumn.allCases { columns[column.name] = text(batch[column], row) }
      if batch.quantity.isPresent[row] == 1 { columns["quantity"] = "\(batch.quantity.values[row])" }
      if batch.unitPrice.isPresent[row] == 1 {
        columns["unit_price"] = "\(batch.unitPrice.values[row])"
      }
      if batch.amount.isPresent[row] == 1 { columns["amount"] = "\(batch.amount.values[row])" }
      var lines: [String] = []
      for line in Int(batch.lineStarts[row])..<Int(batch.lineStarts[row + 1]) {
        let quantity = batch.lineQuantity.isPresent[line] == 1 ? batch.lineQuantity.values[line] : nil
        let price = batch.lineUnitPrice.isPresent[line] == 1 ? batch.lineUnitPrice.values[line] : nil
        lines.append(
          "\(text(batch.lineItemID, line) ?? "-") \(quantity.map(String.init) ?? "-") "
            + "\(price.map(String.init) ?? "-")")
      }
      rows.append(
        Row(
          columns: columns, lines: lines, message: text(batch.messages, row) ?? "",
          position: batch.position[row], recordedAt: batch.recordedAt[row],
          origin: text(batch.origin, row)))
    }
    for reject in batch.rejects {
      let bytes = batch.text[Int(reject.start)..<Int(reject.start) + Int(reject.length)]
      rejects.append(
        "\(reject.reason.code)@\(reject.position): \(String(decoding: bytes, as: UTF8.self))")
      details.append(reject.detail)
    }
  }

  private func time(_ microseconds: Int64) -> String {
    var text: [UInt8] = []
    appendTime(microseconds, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Decodes messages of a broker, at positions from 7 on.
  static func messages(
    _ messages: [[UInt8]], _ options: DecoderOptions = DecoderOptions(),
    origin: String = "nats:SHOP@1", recordedAt: Int64 = 1_780_000_000_000_000
  ) -> Decoded {
    var batch = EventBatch()
    decode(messages, options, origin: origin, recordedAt: recordedAt, into: &batch)
    return Decoded(batch)
  }

  static func decode(
    _ messages: [[UInt8]], _ options: DecoderOptions, origin: String, recordedAt: Int64,
    into batch: inout EventBatch
  ) {
    var starts: [UInt32] = []
    for message in messages {
      starts.append(UInt32(batch.text.count))
      batch.text += message + [0x0a]
    }
    MessageDecoding(options, seed: 3).decode(
      &batch, messageStarts: starts, lengths: messages.map { UInt32($0.count) },
      positions: messages.indices.map { Int64($0) + 7 },
      recordedAt: messages.map { _ in recordedAt }, origin: Array(origin.utf8))
  }

  static func messages(
    _ texts: [String], _ choice: DecoderChoice = .auto, topics: [TopicRename] = []
  ) -> Decoded {
    messages(texts.map { Array($0.utf8) }, DecoderOptions(choice, topics: topics))
  }

  /// Decodes lines of a file.
  static func lines(
    _ text: String, _ options: DecoderOptions = DecoderOptions(), readsPlainLines: Bool = false
  ) -> Decoded {
    lines(Array(text.utf8), options, readsPlainLines: readsPlainLines)
  }

  static func lines(
    _ text: [UInt8], _ options: DecoderOptions = DecoderOptions(), readsPlainLines: Bool = false
  ) -> Decoded {
    var batch = EventBatch()
    batch.text = text
    MessageDecoding(options, seed: 3).decode(
      &batch, byteCount: batch.text.count, firstLine: 1, origin: Array("dump".utf8),
      importClock: 1_790_000_000_000_000, recordedAtPolicy: .fromEvent,
      readsPlainLines: readsPlainLines)
    return Decoded(batch)
  }
}
