import EmbeddedBus
import Ledger
import Sequences

/// What the demo says, within 80 columns.
enum DemoText {
  static func say(_ text: String) { Output.standardOutput.write(text + "\n") }

  static func recorded(_ counts: AppendCounts, in ledger: String) -> String {
    if counts.accepted == 0 && counts.redelivered > 0 {
      return "nothing new: all \(grouped(counts.redelivered)) were in \(ledger) already"
    }
    if counts.accepted == 0 { return "nothing new for \(ledger)" }
    var text = "\(grouped(counts.accepted)) events recorded in \(ledger)"
    if counts.redelivered > 0 { text += " (\(grouped(counts.redelivered)) came twice)" }
    return text
  }

  static func onTheBus(_ counts: BusCounts, directory: String) -> String {
    "   \(grouped(Int(counts.messageCount))) messages on the bus (\(directory)); "
      + "the ledger follows it"
  }

  /// The topics, most frequent first.
  static func writeTopics(_ topics: [TopicCount]) {
    let sorted = topics.sorted {
      $0.eventCount != $1.eventCount
        ? $0.eventCount > $1.eventCount : $0.topic.lexicographicallyPrecedes($1.topic)
    }
    var listing = Listing(columns: ["topic", "events"])
    for topic in sorted.prefix(6) {
      listing.add([.text(plainText(topic.topic)), .integer(topic.eventCount)])
    }
    if sorted.count > 6 {
      let rest = sorted.dropFirst(6)
      listing.add([
        .text("\(rest.count) other topics"), .integer(rest.reduce(0) { $0 + $1.eventCount }),
      ])
    }
    write(listing)
  }

  static func writeOutcomes(_ counts: SequenceCounts) {
    say("   \(grouped(counts.rows)) sequences; how they ended, by how far they had come:\n")
    var listing = Listing(columns: ["outcome"] + Level.allCases.map { "\($0.name)" })
    for outcome in Outcome.allCases {
      listing.add(
        [.text("\(outcome.name)")] + Level.allCases.map { .integer(counts.rows(outcome, $0)) })
    }
    write(listing)
    for line in SequencesText.funnel(counts).lines(barWidth: 36) { say("   " + line) }
    say("")
  }

  private static func write(_ listing: Listing) {
    for line in listing.tableLines() { say("   " + line) }
    say("")
  }

  static func writeStory(_ sequence: ExplainedSequence, of actor: [UInt8]) {
    let name = plainText(actor.dropFirst(2).map { $0 })
    let who = actor.first == UInt8(ascii: "c") ? "Customer \(name)" : "Visitor \(name)"
    say("   One of them, \(plainText(sequence.sequenceID)):")
    for line in wrapped("\(who) \(story(sequence))", indent: 3) { say(line) }
    let lines = ExplainText.stepLines(sequence.steps, withOffsets: false)
    for line in lines.prefix(12) { say("     " + line) }
    if lines.count > 12 { say("     … \(lines.count - 12) more") }
    say("")
  }

  private static func story(_ sequence: ExplainedSequence) -> String {
    guard let first = sequence.steps.first, let last = sequence.steps.last else { return "" }
    let whole = span(last.place.time - first.place.time)
    return "bought in \(sequence.steps.count) steps, \(whole)."
  }

  static func writeNextSteps(shop: String, otto: String, bus: String, order: String) {
    say(
      """
      TRY NEXT
        daybook explain --ledger \(shop) --order \(order)
        daybook inspect --ledger \(shop)
        daybook sequences --ledger \(shop) --outcome abandoned | head -n 1
        daybook sequences --ledger \(shop) --output shop.parquet
        daybook sessions --ledger \(otto) --format csv
        daybook bus list --bus \(bus)
        daybook ingest --ledger mine YOUR-EVENTS.ndjson
      """)
  }
}
