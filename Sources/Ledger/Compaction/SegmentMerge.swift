import Bytes
import Files
import Synchronization
import Threads

/// A merge beside the writer: it reads the segments and writes and checks the new file on whatever
/// thread runs it; the writer then only exchanges them in the catalog.
///
/// Nothing of the ledger depends on it before that exchange. Dropped at any moment, it leaves at
/// most a file that the catalog was told of before, and that the next opening removes.
/// - Concurrency: `run` once, on any thread; the rest from the writer's.
package final class SegmentMerge: Sendable {
  private enum State {
    case waiting
    case running
    case done(SegmentReplacement)
    case failed(any Error)
  }

  /// The merge was told to end.
  struct Cancelled: Error {}

  private let job: CompactionJob
  private let files: any FileSystem
  private let directory: LedgerDirectory
  private let options: LedgerWriterOptions
  private let catalog: SegmentCatalog
  private let state = Mutex(State.waiting)
  private let isCancelled = Atomic<Bool>(false)
  private let end = Monitor()

  init(
    _ job: CompactionJob, _ files: any FileSystem, _ directory: LedgerDirectory,
    _ options: LedgerWriterOptions, _ catalog: SegmentCatalog
  ) {
    self.job = job
    self.files = files
    self.directory = directory
    self.options = options
    self.catalog = catalog
  }

  /// Bytes of the files that are read.
  var inputByteCount: Int { job.inputs.reduce(0) { $0 + $1.byteCount } }

  /// Reads, writes and checks; what came of it waits for the writer.
  ///
  /// - Cost: memory of the encoded columns, `Limits.compactedByteCount` at most.
  package func run() {
    let mayRun = state.withLock { state in
      guard !isCancelled.load(ordering: .acquiring) else {
        state = .failed(Cancelled())
        return false
      }
      state = .running
      return true
    }
    guard mayRun else { return }
    let result = Result {
      try job.run(
        files, directory, options, WorkerPool(threadCount: 1),
        isCancelled: { [self] in isCancelled.load(ordering: .relaxed) }
      ) { try catalog.announce($0) }
    }
    end.locked {
      state.withLock { state in
        switch result {
        case .success(let replacement): state = .done(replacement)
        case .failure(let error): state = .failed(error)
        }
      }
      end.wakeAll()
    }
  }

  /// Makes it end soon; a merge that has not begun never does.
  func cancel() {
    state.withLock { state in
      isCancelled.store(true, ordering: .releasing)
      if case .waiting = state { state = .failed(Cancelled()) }
    }
  }

  /// What came of it; nil while it waits or runs.
  var outcome: Result<SegmentReplacement, any Error>? {
    state.withLock { state in
      switch state {
      case .waiting, .running: nil
      case .done(let replacement): .success(replacement)
      case .failed(let error): .failure(error)
      }
    }
  }

  private var isRunning: Bool {
    state.withLock { if case .running = $0 { true } else { false } }
  }

  /// Waits until nobody works on it.
  func waitForEnd() {
    end.locked { while isRunning { end.wait() } }
  }
}
