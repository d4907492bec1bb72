import Bytes
import Ingest

extension StatusReport {
  /// One JSON object: the ledger in numbers, and the subscriber's own word or null.
  package var json: [UInt8] {
    var text = Array("{\"now\":\(now),\"ledger\":{\"path\":".utf8)
    append(ledger.path, to: &text)
    text += Array(
      (",\"events\":\(ledger.eventCount),\"fresh_events\":\(ledger.freshCount)"
        + ",\"segments\":\(ledger.segmentCount),\"segment_bytes\":\(ledger.segmentByteCount)"
        + ",\"message_bytes\":\(ledger.messageByteCount)"
        + ",\"watermark\":\(ledger.watermark.map { "\($0)" } ?? "null")"
        + ",\"commit\":\(ledger.commitNumber),\"open_rejects\":{").utf8)
    for (index, reason) in ledger.openRejects.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(reason.code, to: &text)
      text += Array(":\(reason.count)".utf8)
    }
    text += Array("}},\"is_running\":\(isRunning),\"is_healthy\":\(isHealthy),\"lag\":{".utf8)
    for (index, source) in (subscriber?.sources ?? []).enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(source.name, to: &text)
      text += Array(":\(source.lag(at: now).map { "\($0)" } ?? "null")".utf8)
    }
    text += Array("},\"subscriber\":".utf8)
    if let subscriber {
      text += (word ?? subscriber.json).prefix { $0 != 0x0a }
    } else {
      text += Array("null".utf8)
    }
    text += Array("}\n".utf8)
    return text
  }

  private func append(_ string: String, to text: inout [UInt8]) {
    Array(string.utf8).withUnsafeBytes { appendJSONString($0, to: &text) }
  }
}
