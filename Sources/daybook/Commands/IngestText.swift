import Ingest
import Ledger

/// The report of an intake, for programs and for people.
enum IngestText {
  static func json(_ reports: [InputReport], _ total: AppendCounts) -> String {
    let files = reports.map { report in
      "{\"origin\":\(jsonText(report.origin)),\"bytes\":\(report.byteCount),"
        + "\"lines\":\(report.lineCount)," + members(report.counts)
        + ",\"skipped\":\(report.skippedCount),\"end\":\(jsonText(end(report)))}"
    }
    return "{" + members(total) + ",\"inputs\":[" + files.joined(separator: ",") + "]}"
  }

  static func summary(_ reports: [InputReport], _ total: AppendCounts, _ ledger: String) -> String {
    let skipped = reports.reduce(0) { $0 + $1.skippedCount }
    var parts = ["\(grouped(total.accepted)) events recorded"]
    if total.redelivered > 0 { parts.append("\(grouped(total.redelivered)) redelivered") }
    if skipped > 0 { parts.append("\(grouped(skipped)) skipped by the mapping") }
    let rejected = total.rejected + total.conflicts
    if rejected > 0 {
      parts.append("\(grouped(rejected)) rejected: see 'daybook rejects list --ledger \(ledger)'")
    }
    return parts.joined(separator: " · ")
  }

  private static func members(_ counts: AppendCounts) -> String {
    "\"accepted\":\(counts.accepted),\"redelivered\":\(counts.redelivered),"
      + "\"rejected\":\(counts.rejected + counts.conflicts),\"conflicts\":\(counts.conflicts)"
  }

  private static func end(_ report: InputReport) -> String {
    switch report.end {
    case .whole: "whole"
    case .alreadyTaken: "already taken"
    case .cutOff: "cut off"
    }
  }
}
