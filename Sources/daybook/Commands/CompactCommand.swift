import ArgumentParser
import Files
import Ledger

/// `daybook compact`: few files instead of many.
struct CompactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    abstract: "Merges neighbouring small segments into well-filled ones.",
    discussion: """
      Rows, ledger offsets and readers stay as they are; the catalog keeps what replaced what, \
      with checksums. A live subscriber does the same by itself.

      EXAMPLES
        daybook compact --ledger shop
        daybook compact --ledger shop --json
      """)

  @OptionGroup var ledger: LedgerOption
  @OptionGroup var talk: TalkOptions
  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print what was done as JSON on standard output.")
  var json = false

  func run() throws {
    // Opening for writing makes a ledger; merging one that is not there would hide a typing error.
    _ = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    var random = SystemRandomNumberGenerator()
    let writer = try LedgerWriter.open(
      directory: ledger.ledger, files: Pipeline.files, pool: threads.pool(), clock: .system,
      random: &random)
    let progress = Progress("compact", isQuiet: talk.isQuiet)
    let report = try writer.compact { report in
      progress.update(done: report.inputCount, total: report.segmentCountBefore)
    }
    progress.finish()
    try writer.close()
    if json {
      Output.standardOutput.write(
        JSONText.object([
          ("merges", "\(report.mergeCount)"), ("segments_merged", "\(report.inputCount)"),
          ("events_rewritten", "\(report.rowCount)"),
          ("segments_before", "\(report.segmentCountBefore)"),
          ("segments_after", "\(report.segmentCountAfter)"),
          ("bytes_before", "\(report.byteCountBefore)"),
          ("bytes_after", "\(report.byteCountAfter)"),
          ("files_waiting", "\(report.waitingFileCount)"),
        ]) + "\n")
      Output.standardOutput.flush()
    } else if !talk.isQuiet {
      Talk.say(
        "\(grouped(report.segmentCountBefore)) segments, \(byteText(report.byteCountBefore)) → "
          + "\(grouped(report.segmentCountAfter)) segments, \(byteText(report.byteCountAfter))")
      if report.waitingFileCount > 0 {
        Talk.say(
          "\(grouped(report.waitingFileCount)) replaced files stay until their last reader is done")
      }
    }
  }
}
