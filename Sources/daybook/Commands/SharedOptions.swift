import ArgumentParser
import Bytes
import Threads

/// Where the ledger is; nearly every command asks.
struct LedgerOption: ParsableArguments {
  @Option(name: [.customLong("ledger"), .customShort("l")], help: "The ledger's folder.")
  var ledger: String
}

/// How much is said.
struct TalkOptions: ParsableArguments {
  @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Say only what went wrong.")
  var isQuiet = false
}

/// How many threads work.
struct ThreadOption: ParsableArguments {
  @Option(help: "How many threads work; all processors by default.")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads must be between 1 and 256, it is \(threads).")
    }
  }

  func pool() -> WorkerPool { ThreadOption.pool(threads) }

  /// As many threads as somebody said, else as there are processors.
  static func pool(_ threads: Int?) -> WorkerPool {
    WorkerPool(
      threadCount: threads ?? min(WorkerPool.processorCount, 256), begin: prepareThreadMemory)
  }
}

/// How a listing is printed.
struct ListOptions: ParsableArguments {
  @Option(help: "table, ndjson or csv.")
  var format = ListFormat.table
}
