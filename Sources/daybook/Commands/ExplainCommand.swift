import ArgumentParser
import Bytes
import Datasets
import Ledger
import Sequences

/// `daybook explain`: whose is it, and why?
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tells whose an order, sequence, event, visitor or customer is, and why.",
    discussion: """
      EXAMPLES
        daybook explain --ledger shop --order ord-17
        daybook explain --ledger shop --sequence 90c43c024ed453f5
        daybook explain --ledger shop --event e-1 --source //shop/web
        daybook explain --ledger shop --visitor v-8 --as-of 2026-03-15
        daybook explain --ledger shop --customer c-4 --json
        daybook explain -l shop --dataset datasets/ads/2026-03-31-5f2c9a01 --row 7

      Shows which login or order decided, the sequences around it, why they start and \
      end where they do, step by step, down to the recorded messages.
      """)

  @OptionGroup var ledger: LedgerOption

  @Option(help: "An order's id.")
  var order: String?

  @Option(help: "A sequence's id, as rows have it.")
  var sequence: String?

  @Option(help: "An event's id.")
  var event: String?

  @Option(help: "With --event: only the event of this source.")
  var source: String?

  @Option(help: "A visitor's id.")
  var visitor: String?

  @Option(help: "A customer's id.")
  var customer: String?

  @Option(help: "The folder of a dataset's version, or of the dataset: its latest.")
  var dataset: String?

  @Option(help: "With --dataset: the number of the row.")
  var row: Int64?

  @OptionGroup var contract: ContractOptions
  @OptionGroup var threads: ThreadOption

  @Flag(help: "Everything: all sequences step by step, all messages.")
  var full = false

  @Flag(help: "Print the explanation as JSON.")
  var json = false

  func validate() throws {
    let given = [order, sequence, event, visitor, customer, dataset].compactMap { $0 }
    if given.count != 1 {
      throw ValidationError(
        "Say what to explain: one of --order, --sequence, --event, --visitor, --customer, "
          + "--dataset.")
    }
    if (dataset == nil) != (row == nil) {
      throw ValidationError("--dataset and --row go together.")
    }
    if source != nil && event == nil { throw ValidationError("--source goes with --event.") }
  }

  func run() throws {
    if let dataset, let row {
      keepFreedMemory()
      return try explainRow(row, of: dataset)
    }
    var lookUp = ExplainLookUp(ledger: ledger.ledger, subject: subject)
    lookUp.source = source
    lookUp.isFull = full
    lookUp.isJSON = json
    lookUp.options = try contract.sequenceOptions()
    lookUp.isBounded = contract.asOf != nil || contract.optionsFile != nil
    lookUp.threads = threads.threads
    try lookUp.run()
  }

  /// A row of a dataset: the build is run again over the events that the manifest pins.
  private func explainRow(_ row: Int64, of dataset: String) throws {
    let place = try DatasetPlace(dataset)
    let known = try place.manifest()
    let file = try RecipeFile(
      path: place.path + "/recipe.yaml",
      horizon: TimeArgument(argument: known["recipe"]?["horizon"]?.text ?? "")?.microseconds)
    let request = try file.request(ledger.ledger, end: known["ledger"]?["end_offset"]?.integer)
    let snapshot = try LedgerReader.open(directory: ledger.ledger, files: Pipeline.files).snapshot()
    do {
      let explanation = try DatasetExplanation(
        row: row, of: request, resources: Pipeline.resources(threads.pool()))
      let message = { (offset: Int64) in try snapshot.message(atOffset: offset) }
      let lines =
        try json
        ? [ExplainDataset.json(explanation, message: message)]
        : ExplainDataset.lines(explanation, isFull: full, message: message)
      for line in lines { Output.standardOutput.write(line + "\n") }
    } catch {
      throw CommandFailure(dataset: error) ?? error
    }
    Output.standardOutput.flush()
  }

  private var subject: ExplanationSubject {
    if let order { return .order(Array(order.utf8)) }
    if let sequence { return .sequence(Array(sequence.utf8)) }
    if let event { return .event(Array(event.utf8)) }
    if let visitor { return .visitor(Array(visitor.utf8)) }
    return .customer(Array((customer ?? "").utf8))
  }
}
