import ArgumentParser
import EmbeddedBus
import Files
import Ingest
import Ledger
import Mappings
import MessageSources
import Sequences
import ShopSimulator
import Synchronization
import Threads

/// `daybook demo`: the whole road in a minute.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Shows the whole road on a real sample and on a simulated shop.",
    discussion: """
      EXAMPLES
        daybook demo
        daybook demo --directory /srv/try

      Takes in the sample as a file, and the shop's messages over a bus that a ledger \
      follows; rebuilds the sequences and tells what to try next. Running it again \
      changes nothing.
      """)

  @Option(help: "Where the two ledgers and the bus go.")
  var directory = "daybook-demo"

  @OptionGroup var threads: ThreadOption

  func run() throws {
    let pool = threads.pool()
    let shop = "\(directory)/shop"
    DemoText.say("Daybook's road, twice: what happened → a ledger → who bought, who left.\n")

    var options = IntakeOptions()
    options.mapping = try Mapping.builtIn("otto")
    try Demo(
      title: "1  OTTO, a real shop: 11 shoppers, 4 weeks (github.com/otto-de/recsys-dataset)",
      ledger: "\(directory)/otto", pool: pool
    ).run { demo in
      try demo.ingest(
        MemoryInput(bytes(ofBase64: ottoSampleInBase64)), as: "otto-sessions.jsonl", options)
    }

    let order = try Demo(
      title: "2  A simulated shop: \(grouped(Demo.simulatedEventCount)) messages, some late, "
        + "some twice",
      ledger: shop, pool: pool
    ).run { demo in try demo.publishAndSubscribe(bus: "\(directory)/bus") }

    DemoText.writeNextSteps(
      shop: shop, otto: "\(directory)/otto", bus: "\(directory)/bus", order: order ?? "ID")
    Output.standardOutput.flush()
  }
}

/// One input's way: recorded, counted, walked, one sequence told.
private struct Demo {
  static let simulatedEventCount = 20_000

  let title: String
  let ledger: String
  let pool: WorkerPool

  /// Returns an order of the sequence that was told.
  @discardableResult
  func run(_ record: (Demo) throws -> AppendCounts) throws -> String? {
    DemoText.say(title)
    try Pipeline.files.makeDirectory(ledger)
    DemoText.say("   " + DemoText.recorded(try record(self), in: ledger) + "\n")
    let reader = try LedgerReader.open(directory: ledger, files: Pipeline.files)
    DemoText.writeTopics(try reader.topics())
    let snapshot = try reader.snapshot()
    let example = ExampleRow()
    let counts = try computeSequences(
      of: snapshot.runs, options: SequenceOptions(),
      outputs: [SequenceOutput(.ndjson, to: { example.look(at: $0) })],
      resources: Pipeline.resources(pool))
    DemoText.writeOutcomes(counts)
    guard let id = example.sequenceID else { return nil }
    let told = try explain(
      .sequence(id), in: snapshot.runs, options: SequenceOptions(),
      resources: Pipeline.resources(pool))
    for actor in told.actors {
      for sequence in actor.sequences where sequence.isSubject {
        DemoText.writeStory(sequence, of: actor.actor)
        return sequence.orderIDs.first.map(plainText)
      }
    }
    return nil
  }

  /// Takes an input in as a file would be.
  func ingest(
    _ input: any ByteInput, as origin: String, _ options: IntakeOptions
  ) throws -> AppendCounts {
    let writer = try Pipeline.openWriter(ledger, pool: pool)
    let intake = Intake(writer: writer, pool: pool, clock: .system, options: options)
    let report = try intake.take(input, origin: origin)
    try intake.commit()
    try writer.close()
    return report.counts
  }

  /// Publishes the simulated shop's messages on a bus, unless they are there, and lets the ledger
  /// catch up with the bus.
  func publishAndSubscribe(bus directory: String) throws -> AppendCounts {
    let directory = StreamSchemes.wholePath(directory)
    var random = SystemRandomNumberGenerator()
    let bus = try EmbeddedBus.open(
      directory: directory, files: Pipeline.files, clock: .system, random: &random,
      makesNew: true)
    if try bus.lastPosition() == 0 {
      var simulator = ShopSimulator(seed: 1, eventCount: Demo.simulatedEventCount)
      var publisher = LinePublisher(bus: bus, subject: nil)
      try publisher.publish(MemoryInput { simulator.appendNext(to: &$0) })
    }
    let counts = try bus.counts()
    bus.close()
    DemoText.say(DemoText.onTheBus(counts, directory: lastComponent(directory)))
    let source = BusSource(
      BusSubscription(directory: directory, subscriber: "demo", follows: false),
      files: Pipeline.files, clock: .system)
    var options = SubscriberOptions()
    options.endsWhenIdle = true
    options.diskFloorByteCount = 0
    let subscriber = try Subscriber(
      sources: [SubscribedSource(source)], directory: ledger, files: Pipeline.files, pool: pool,
      clock: .system, options: options, say: { _ in }
    ) { try Pipeline.openWriter(ledger, pool: pool, isLive: true) }
    let end = try subscriber.run()
    var result = AppendCounts()
    for source in end.status.sources {
      result.accepted += Int(source.accepted)
      result.redelivered += Int(source.redelivered)
    }
    return result
  }
}

/// Picks a sequence worth telling from the rows as they come: bought, in few steps but not too few.
private final class ExampleRow: Sendable {
  private let best = Mutex<(id: [UInt8], stepCount: Int)?>(nil)

  var sequenceID: [UInt8]? { best.withLock { $0?.id } }

  /// - Shape: whole rows; each begins with its id, `{"sequence_id":"` and 16 digits.
  func look(at bytes: UnsafeRawBufferPointer) {
    best.withLock { best in
      for row in String(decoding: bytes, as: UTF8.self).utf8.split(separator: 0x0a) {
        let text = Substring(row)
        guard let count = ExampleRow.stepCount(text), count < best?.stepCount ?? Int.max
        else { continue }
        let id = text.utf8.dropFirst(#"{"sequence_id":""#.utf8.count).prefix(16)
        best = (Array(id), count)
      }
    }
  }

  /// How many steps a row has that is worth telling.
  private static func stepCount(_ row: Substring) -> Int? {
    guard row.contains(#""outcome":"purchased""#), row.contains(#""role":"view""#),
      row.contains(#""role":"cart_add""#), let steps = row.firstRange(of: #""steps":["#),
      let aftermath = row.firstRange(of: #""aftermath":["#)
    else { return nil }
    let parts = row[steps.upperBound..<aftermath.lowerBound].split(separator: #""event_id""#)
    return parts.count > 4 ? parts.count - 1 : nil
  }
}
