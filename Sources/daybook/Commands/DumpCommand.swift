import ArgumentParser
import Bytes
import Ledger

/// `daybook dump`: the recorded messages, byte for byte.
struct DumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract:
      "Writes recorded messages, in ledger order, in the recorded form that ingest reads back.",
    discussion: """
      EXAMPLES
        daybook dump --ledger shop | daybook ingest --ledger copy -
        daybook dump --ledger shop --framed | daybook ingest --framed --ledger copy -
        daybook dump --ledger shop --since 2026-03-01 --messages
        daybook dump --ledger shop --first-offset 1000 --count 10
      """)

  @OptionGroup var ledger: LedgerOption

  @OptionGroup var range: RangeOptions

  @Flag(help: "The messages alone, without when and whence.")
  var messages = false

  @Flag(
    help: """
      Each message behind a line that tells its byte count, so that one with line feeds comes out \
      as it is. 'ingest --framed' reads it back.
      """)
  var framed = false

  func validate() throws {
    if framed, messages { throw ValidationError("--framed and --messages exclude each other.") }
  }

  func run() throws {
    let reader = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files)
    let snapshot = try reader.snapshot()
    var line: [UInt8] = []
    try snapshot.forEachMessage(range.filter(), topicsOf: reader) { part in
      for row in 0..<part.count {
        line.removeAll(keepingCapacity: true)
        if framed {
          appendFrame(part, row, to: &line)
        } else {
          try appendLine(part, row, to: &line)
        }
        line.withUnsafeBytes { Output.standardOutput.write($0) }
      }
    }
    Output.standardOutput.flush()
  }

  /// A line can carry every message but one with a line feed, which only a broker can have given.
  private func appendLine(
    _ part: RecordedMessages, _ row: Int, to line: inout [UInt8]
  ) throws {
    let message = part.message[row]
    if message.contains(0x0a) {
      Output.standardOutput.flush()
      let offset = part.ledgerOffset[row]
      throw CommandFailure(
        .failure, "the message at ledger offset \(offset) has a line feed: no line can carry it",
        advice: "'--framed' writes its bytes as they are, for 'ingest --framed'; "
          + "'--first-offset \(offset + 1)' goes on behind it.")
    }
    if !messages { appendWrapper(part, row, to: &line) }
    line.append(contentsOf: message)
    line.append(contentsOf: messages ? [0x0a] : [0x7d, 0x0a])
  }

  /// A line with when, whence and how many bytes, the bytes, a line feed.
  private func appendFrame(_ part: RecordedMessages, _ row: Int, to line: inout [UInt8]) {
    appendOrigin(part, row, to: &line)
    line.append(contentsOf: ",\"bytes\":".utf8)
    appendDecimal(Int64(part.message[row].count), to: &line)
    line.append(contentsOf: "}\n".utf8)
    line.append(contentsOf: part.message[row])
    line.append(0x0a)
  }

  /// The recorded form up to the message: docs/semantics.md §1.
  private func appendWrapper(_ part: RecordedMessages, _ row: Int, to line: inout [UInt8]) {
    appendOrigin(part, row, to: &line)
    line.append(contentsOf: ",\"message\":".utf8)
  }

  private func appendOrigin(_ part: RecordedMessages, _ row: Int, to line: inout [UInt8]) {
    line.append(contentsOf: "{\"recorded_at\":\"".utf8)
    appendTime(part.recordedAt[row], to: &line)
    line.append(contentsOf: "\",\"origin\":".utf8)
    part.origin[row].withUnsafeBytes { appendJSONString($0, to: &line) }
    line.append(contentsOf: ",\"position\":".utf8)
    appendDecimal(part.position[row], to: &line)
  }
}
