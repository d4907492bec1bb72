import Bytes
import Ledger

/// An inspection, for programs and for people.
enum InspectText {
  static func write(_ inspection: LedgerInspection, withColumns: Bool) {
    let output = Output.standardOutput
    output.write(headline(inspection))
    if inspection.rowCount == 0 { output.write("no events yet\n") }
    section("topics", ["topic", "events", "fields of data (types)"]) { listing in
      for topic in inspection.topics {
        let fields = inspection.fields.filter { $0.topic == topic.topic }
          .map { "\($0.field) (\($0.types.joined(separator: "|")))" }
        listing.add([
          .text(String(decoding: topic.topic, as: UTF8.self)), .integer(topic.eventCount),
          .text(fields.joined(separator: ", ")),
        ])
      }
    }
    section("segments", ["segment", "events", "bytes", "from", "to"]) { listing in
      for segment in inspection.segments {
        listing.add([
          .text(segment.name), .integer(segment.rowCount), .bytes(segment.byteCount),
          .text(timeText(segment.occurredAt.lowerBound)),
          .text(timeText(segment.occurredAt.upperBound)),
        ])
      }
    }
    section("origins", ["origin", "events", "first position", "last position"]) { listing in
      for origin in inspection.origins {
        listing.add([
          .text(String(decoding: origin.origin, as: UTF8.self)), .integer(origin.eventCount),
          .integer(Int(origin.positions.lowerBound)), .integer(Int(origin.positions.upperBound)),
        ])
      }
    }
    section("rejects", ["reason", "open", "closed"]) { listing in
      for reject in inspection.rejects {
        listing.add([
          .text(reject.reason), .integer(reject.openCount), .integer(reject.closedCount),
        ])
      }
    }
    guard withColumns else { return }
    section("columns", ["column", "bytes", "share", "bytes an event"]) { listing in
      for column in inspection.columns.sorted(by: { $0.byteCount > $1.byteCount }) {
        listing.add([
          .text(column.name), .bytes(column.byteCount),
          .text(decimal(share(column, inspection) * 100) + " %"),
          .text(decimal(Double(column.byteCount) / Double(max(1, inspection.rowCount)))),
        ])
      }
    }
  }

  /// Of all bytes in segments.
  private static func share(_ column: ColumnSize, _ inspection: LedgerInspection) -> Double {
    Double(column.byteCount) / Double(max(1, inspection.segmentByteCount))
  }

  private static func headline(_ inspection: LedgerInspection) -> String {
    var text =
      "\(grouped(inspection.rowCount)) events in \(grouped(inspection.segments.count)) segments"
    if let times = inspection.occurredAt {
      text += ", \(timeText(times.lowerBound)) to \(timeText(times.upperBound))"
    }
    text += "\n\(byteText(inspection.segmentByteCount)) in segments"
    if inspection.segmentByteCount > 0 {
      let ratio = Double(inspection.messageByteCount) / Double(inspection.segmentByteCount)
      text += " (messages alone were \(byteText(inspection.messageByteCount)), \(decimal(ratio))×)"
    }
    if inspection.freshRowCount > 0 {
      text += ", \(grouped(inspection.freshRowCount)) events fresh in logs of "
        + byteText(inspection.freshByteCount)
    }
    return text + ", \(byteText(inspection.indexByteCount)) in the index of duplicates, "
      + "\(byteText(inspection.rejectByteCount)) of rejects\n"
  }

  private static func section(
    _ title: String, _ columns: [String], _ fill: (inout Listing) -> Void
  ) {
    var listing = Listing(columns: columns)
    fill(&listing)
    guard !listing.rows.isEmpty else { return }
    Output.standardOutput.write("\n\(title)\n")
    listing.write(as: .table)
  }

  static func json(_ inspection: LedgerInspection) -> String {
    let times = inspection.occurredAt
    return JSONText.object([
      ("ledger", jsonText(inspection.identity.id)),
      ("format_version", "\(inspection.identity.formatVersion)"),
      ("events", "\(inspection.rowCount)"), ("fresh_events", "\(inspection.freshRowCount)"),
      ("occurred_from", JSONText.time(times?.lowerBound)),
      ("occurred_to", JSONText.time(times?.upperBound)),
      (
        "bytes",
        JSONText.object([
          ("segments", "\(inspection.segmentByteCount)"),
          ("messages_before_encoding", "\(inspection.messageByteCount)"),
          ("index", "\(inspection.indexByteCount)"), ("rejects", "\(inspection.rejectByteCount)"),
          ("fresh_logs", "\(inspection.freshByteCount)"),
        ])
      ),
      ("segments", JSONText.array(inspection.segments.map(segment))),
      ("topics", JSONText.array(inspection.topics.map { topic($0, inspection) })),
      ("origins", JSONText.array(inspection.origins.map(origin))),
      ("rejects", JSONText.array(inspection.rejects.map(reject))),
      ("columns", JSONText.array(inspection.columns.map(column))),
      ("sampled_events", "\(inspection.scannedEventCount)"),
    ])
  }

  private static func segment(_ segment: SegmentRecord) -> String {
    JSONText.object([
      ("name", jsonText(segment.name)), ("first_offset", "\(segment.firstOffset)"),
      ("events", "\(segment.rowCount)"), ("bytes", "\(segment.byteCount)"),
      ("sha256", jsonText(hexadecimal(segment.sha256))),
      ("occurred_from", JSONText.time(segment.occurredAt.lowerBound)),
      ("occurred_to", JSONText.time(segment.occurredAt.upperBound)),
    ])
  }

  private static func topic(_ topic: TopicCount, _ inspection: LedgerInspection) -> String {
    let fields = inspection.fields.filter { $0.topic == topic.topic }.map { field in
      JSONText.object([
        ("field", jsonText(field.field)), ("types", JSONText.array(field.types.map(jsonText))),
        ("sampled_events", "\(field.eventCount)"),
      ])
    }
    return JSONText.object([
      ("topic", JSONText.text(topic.topic)), ("events", "\(topic.eventCount)"),
      ("fields", JSONText.array(fields)),
    ])
  }

  private static func origin(_ origin: OriginRange) -> String {
    JSONText.object([
      ("origin", JSONText.text(origin.origin)), ("events", "\(origin.eventCount)"),
      ("first_position", "\(origin.positions.lowerBound)"),
      ("last_position", "\(origin.positions.upperBound)"),
    ])
  }

  private static func reject(_ reject: RejectCount) -> String {
    JSONText.object([
      ("reason", jsonText(reject.reason)), ("open", "\(reject.openCount)"),
      ("closed", "\(reject.closedCount)"),
    ])
  }

  private static func column(_ column: ColumnSize) -> String {
    JSONText.object([("column", jsonText(column.name)), ("bytes", "\(column.byteCount)")])
  }
}
