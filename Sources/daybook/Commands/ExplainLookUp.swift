import Bytes
import Ledger
import Sequences

/// What `daybook explain` does with an order, event, visitor, customer or sequence of a ledger.
struct ExplainLookUp {
  let ledger: String
  let subject: ExplanationSubject
  /// Of an event: only that of this source.
  var source: String?
  var isFull = false
  var isJSON = false
  var options = SequenceOptions()
  /// Whether the user said more than what to explain.
  var isBounded = false
  var threads: Int?

  init(ledger: String, subject: ExplanationSubject) {
    self.ledger = ledger
    self.subject = subject
  }

  /// The command line's most frequent form, or nil: any other is for `ExplainCommand` to parse.
  ///
  /// A look-up takes some hundredths of a second; the parser, which finds out about types as it
  /// runs, would take one more.
  init?(_ arguments: ArraySlice<String>) {
    var ledger: String?
    var subject: ExplanationSubject?
    var flags: Set<String> = []
    var rest = arguments
    while let name = rest.popFirst() {
      if name == "--json" || name == "--full" {
        guard flags.insert(name).inserted else { return nil }
        continue
      }
      guard let value = rest.popFirst(), !value.isEmpty, !value.hasPrefix("-") else { return nil }
      switch name {
      case "--ledger", "-l":
        guard ledger == nil else { return nil }
        ledger = value
      case "--order", "--event", "--visitor", "--customer":
        guard subject == nil else { return nil }
        subject = ExplainLookUp.subject(name, value)
      default: return nil
      }
    }
    guard let ledger, let subject else { return nil }
    self.init(ledger: ledger, subject: subject)
    isJSON = flags.contains("--json")
    isFull = flags.contains("--full")
  }

  private static func subject(_ name: String, _ id: String) -> ExplanationSubject {
    switch name {
    case "--order": .order(Array(id.utf8))
    case "--event": .event(Array(id.utf8))
    case "--visitor": .visitor(Array(id.utf8))
    default: .customer(Array(id.utf8))
    }
  }

  func run() throws {
    keepFreedMemory()
    let reader = try LedgerReader.open(directory: ledger, files: Pipeline.files)
    let snapshot = try reader.snapshot()
    let pool = ThreadOption.pool(threads)
    var explanation = try explain(
      subject, in: snapshot.runs, options: options, resources: Pipeline.resources(pool))
    if let source { explanation.keepOnly(source: Array(source.utf8)) }
    if explanation.events.isEmpty && explanation.actors.isEmpty { throw nothingFound }
    let text = ExplainText(
      title: title, explanation: explanation, isFull: isFull,
      message: { try snapshot.message(atOffset: $0) })
    try snapshot.prepareMessages(atOffsets: text.toldOffsets(isJSON: isJSON), pool)
    try isJSON ? text.writeJSON() : text.write()
    Output.standardOutput.flush()
  }

  private var isSequence: Bool {
    if case .sequence = subject { true } else { false }
  }

  private var title: String {
    switch subject {
    case .order(let id): "order \(plainText(id))"
    case .sequence(let id): "sequence \(plainText(id))"
    case .event(let id): "event \(plainText(id))" + (source.map { " of \($0)" } ?? "")
    case .visitor(let id): "visitor \(plainText(id))"
    case .customer(let id): "customer \(plainText(id))"
    }
  }

  private var nothingFound: CommandFailure {
    let advice =
      isSequence
      ? "Sequence ids change with the options: give the ones that the rows were made with."
      : "Ids are compared byte for byte; 'daybook inspect --ledger \(ledger)' shows what"
        + " is there."
    return CommandFailure(
      .failure, "nothing in \(ledger) names \(title)" + (isBounded ? " by then" : ""),
      advice: advice)
  }
}

extension Explanation {
  /// Keeps the events of one source, and the actors that have one of them.
  fileprivate mutating func keepOnly(source: [UInt8]) {
    events.removeAll { $0.place.source != source }
    let offsets = Set(events.map(\.ledgerOffset))
    let owners = Set(events.compactMap(\.actor))
    actors.removeAll { !owners.contains($0.actor) }
    for actor in actors.indices {
      for sequence in actors[actor].sequences.indices {
        let steps = actors[actor].sequences[sequence].steps
        let aftermath = actors[actor].sequences[sequence].aftermath
        actors[actor].sequences[sequence].isSubject = (steps + aftermath).contains {
          offsets.contains($0.ledgerOffset)
        }
      }
    }
  }
}
