import ArgumentParser
import Ledger

/// `daybook verify`: is every byte where and what it should be?
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Checks checksums, counts, gaps and the catalog against the files; exits 1 on a finding.",
    discussion: """
      EXAMPLES
        daybook verify --ledger shop
        daybook verify --ledger shop --quick --json
      """)

  @OptionGroup var ledger: LedgerOption
  @OptionGroup var talk: TalkOptions

  @Flag(help: "Checksums and counts only; pages are not decoded.")
  var quick = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    let reader = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    let progress = Progress("verify", isQuiet: talk.isQuiet)
    var verification = Verification(reader, isThorough: !quick) { done, total in
      progress.update(done: done, total: total)
    }
    let report = try verification.run()
    progress.finish()
    if json {
      let findings = report.findings.map { finding in
        JSONText.object([
          ("kind", jsonText(finding.kind.rawValue)), ("path", jsonText(finding.path)),
          ("detail", jsonText(finding.detail)),
        ])
      }
      Output.standardOutput.write(
        JSONText.object([
          ("sound", "\(report.isSound)"), ("segments", "\(report.segmentCount)"),
          ("events", "\(report.rowCount)"), ("bytes", "\(report.byteCount)"),
          ("fresh_events", "\(report.freshRowCount)"),
          ("replaced_files", "\(report.replacedFileCount)"),
          ("unfinished_files", "\(report.unfinishedFileCount)"),
          ("findings", JSONText.array(findings)),
        ]) + "\n")
      Output.standardOutput.flush()
    } else {
      for finding in report.findings {
        Talk.say("\(finding.kind.rawValue): \(finding.path): \(finding.detail)")
      }
    }
    if report.unfinishedFileCount > 0 && !json && !talk.isQuiet {
      Talk.say(
        "\(grouped(report.unfinishedFileCount)) files belong to no commit: a writer is at work, or "
          + "was stopped; the next one removes them")
    }
    if !report.isSound {
      throw CommandFailure(
        .failure, "\(report.findings.count) findings in \(ledger.ledger)",
        advice: "Restore the named files from a copy; their names carry their first offset.")
    }
    if !json && !talk.isQuiet {
      Talk.say(
        "sound: \(grouped(report.rowCount)) events in \(grouped(report.segmentCount)) segments, "
          + "\(byteText(report.byteCount)) checked")
    }
  }
}
