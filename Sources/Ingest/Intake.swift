import Bytes
package import Decoders
package import Events
package import Files
package import Ledger
package import Mappings
package import Threads

/// How inputs are taken in.
package struct IntakeOptions: Sendable {
  package var mapping: Mapping?
  package var recordedAtPolicy = RecordedAtPolicy.fromEvent
  /// The vocabulary of plain lines; nil: the contract's form alone. Lines of the recorded form come
  /// from a ledger and may always hold messages of the vocabularies that a ledger takes.
  package var decoder: DecoderOptions?
  /// Whether inputs are frames as `dump --framed` writes them, instead of lines.
  package var isFramed = false

  package init() {}
}

/// Takes inputs into a ledger: reads, decodes, de-duplicates and appends in rounds.
///
/// In one run of the pool a round's chunks are read from the input, the chunks of the round before
/// are decoded, and the rows of the round before that go into their columns. Beside the reading and
/// decoding, the writer decides in the order of the input which of these rows are new.
///
/// - Cost: memory of three rounds of chunks and of the writer; it does not follow the input.
package final class Intake {
  private let writer: LedgerWriter
  private let decoding: MessageDecoding
  private let pool: WorkerPool
  private let clock: WallClock
  private let options: IntakeOptions
  private var finishedFiles: [FinishedFile] = []
  private var spareJobs: [DecodeJob] = []
  /// Asked between rounds; true ends the intake with `IntakeError.interrupted`.
  package var isInterrupted: () -> Bool = { false }
  /// Told after each round: bytes of the input read so far, and the counts so far.
  package var onProgress: (_ givenByteCount: Int, _ counts: AppendCounts) -> Void = { _, _ in }

  package init(
    writer: LedgerWriter, pool: WorkerPool, clock: WallClock, options: IntakeOptions
  ) {
    self.writer = writer
    self.pool = pool
    self.clock = clock
    self.options = options
    decoding = MessageDecoding(
      options.decoder ?? DecoderOptions(.auto), seed: writer.identity.hashSeed)
  }

  /// Takes a file, or says that its content is in the ledger already.
  ///
  /// - Errors: `FileError`, `LedgerError`, `ConfigurationError` of a mapping that does not fit the
  ///   file, `IntakeError.interrupted`.
  package func take(file path: String) throws -> InputReport {
    let file = try SequentialFile(path: path)
    if let byteCount = file.byteCount, try writer.hasFinishedFile(byteCount: byteCount),
      let known = try writer.finishedFile(
        contentHash: try contentHash(ofFile: path, seed: writer.identity.hashSeed),
        byteCount: byteCount, reading: reading)
    {
      var report = InputReport(origin: path)
      report.byteCount = byteCount
      report.end = .alreadyTaken(origin: String(decoding: known.origin, as: UTF8.self))
      return report
    }
    let input = HashingInput(file, seed: writer.identity.hashSeed)
    let report = try take(input, origin: path)
    if case .whole = report.end, file.byteCount == input.byteCount {
      finishedFiles.append(
        FinishedFile(
          contentHash: input.contentHash, byteCount: input.byteCount, reading: reading,
          origin: Array(path.utf8), lineCount: Int(report.lineCount),
          acceptedCount: report.counts.accepted, rejectedCount: report.rejectedCount))
    }
    return report
  }

  /// Takes bytes as they come: standard input, a pipe.
  package func take(_ input: any ByteInput, origin: String) throws -> InputReport {
    let bytes = try decompressed(input)
    let reader: any PartReader =
      options.isFramed
      ? FrameReader(bytes, slackByteCount: EventBatch.slackByteCount)
      : ChunkReader(bytes, slackByteCount: EventBatch.slackByteCount)
    let source = ChunkSource(reader, mapping: options.mapping, fileName: origin)
    var report = InputReport(origin: origin)
    let name = Array(origin.utf8)
    var decoding = try fill(source)
    try keepEvent(source, name, &report)
    var appending = Appending()
    while !decoding.isEmpty || !appending.isEmpty || !source.isOver {
      if isInterrupted() { throw IntakeError.interrupted }
      let filled = try runRound(source, decoding, &appending, name, &report)
      spareJobs += appending.jobs
      appending = Appending(jobs: decoding)
      decoding = filled
      if source.hasEvent {
        // What came before it in the input is kept before it.
        try plan(&appending, name, &report)
        try keepEvent(source, name, &report)
      }
      onProgress(source.givenByteCount, report.counts)
    }
    if let cutOff = source.cutOff { report.end = .cutOff(cutOff) }
    report.byteCount = source.givenByteCount
    report.lineCount = source.lineCount
    report.skippedCount += source.skippedCount
    return report
  }

  /// Makes everything taken so far durable and visible.
  package func commit() throws {
    try writer.commit(finishedFiles: finishedFiles)
    finishedFiles = []
  }

  // MARK: Rounds

  /// Decoded chunks, and what the writer decided about them, once it has.
  private struct Appending {
    var jobs: [DecodeJob] = []
    var plan: AppendPlan?

    var isEmpty: Bool { jobs.isEmpty }
  }

  /// One run of the pool; returns the jobs that the source filled meanwhile.
  private func runRound(
    _ source: ChunkSource, _ decoding: [DecodeJob], _ appending: inout Appending,
    _ origin: [UInt8], _ report: inout InputReport
  ) throws -> [DecodeJob] {
    let filling = takeJobs()
    let filledCount = FilledCount()
    let run = DecodeRun(
      decoding: self.decoding, origin: origin, importClock: clock.now(),
      policy: options.recordedAtPolicy, readsPlainLines: options.decoder != nil)
    let planned = Planned()
    let first = 1 + decoding.count
    try pool.run(
      first,
      while: {
        try plan(&appending, origin, &report)
        planned.plan = appending.plan
        return appending.plan?.taskCount ?? 0
      }
    ) { task in
      if task == 0 {
        filledCount.value = try source.fill(filling)
      } else if task < first {
        decoding[task - 1].decode(run)
      } else {
        try planned.plan?.run(task - first)
      }
    }
    spareJobs += filling[filledCount.value...]
    return Array(filling[..<filledCount.value])
  }

  /// Has the writer decide about decoded chunks, unless it has.
  private func plan(
    _ appending: inout Appending, _ origin: [UInt8], _ report: inout InputReport
  ) throws {
    guard appending.plan == nil, !appending.isEmpty else { return }
    let plan = try writer.plan(appending.jobs.map(\.batch), origin: origin)
    appending.plan = plan
    report.counts += plan.counts
    for job in appending.jobs { report.skippedCount += job.skippedCount }
    if let last = appending.jobs.last, last.isCutOff {
      report.end = .cutOff("the file ends in the middle of a line")
    }
  }

  private func fill(_ source: ChunkSource) throws -> [DecodeJob] {
    let jobs = takeJobs()
    let count = try source.fill(jobs)
    spareJobs += jobs[count...]
    return Array(jobs[..<count])
  }

  private func takeJobs() -> [DecodeJob] {
    let count = Limits.chunksPerThread * pool.threadCount
    while spareJobs.count < count { spareJobs.append(DecodeJob()) }
    defer { spareJobs.removeLast(count) }
    return Array(spareJobs.suffix(count))
  }

  // MARK: What is no chunk

  private func keepEvent(
    _ source: ChunkSource, _ origin: [UInt8], _ report: inout InputReport
  ) throws {
    switch source.event {
    case .none: break
    case .longLine(let number): try keepLongLine(source, number, origin, &report)
    case .rejects:
      try source.takeRejects { reject in
        if reject.part == .whole || reject.part == .first { try writer.beginReject() }
        try reject.record.withUnsafeBytes { try writer.writeReject($0) }
        guard reject.part == .whole || reject.part == .last else { return }
        report.counts += try writer.endReject(
          origin: origin, position: reject.lineNumber, reason: reject.reason,
          detail: reject.detail)
      }
    }
    source.clearEvent()
  }

  private func keepLongLine(
    _ source: ChunkSource, _ number: Int64, _ origin: [UInt8], _ report: inout InputReport
  ) throws {
    var utf8 = UTF8Stream()
    var byteCount = 0
    try writer.beginReject()
    try source.readLongLine { bytes in
      utf8.take(bytes)
      byteCount += bytes.count
      try writer.writeReject(bytes)
    }
    report.counts += try writer.endReject(
      origin: origin, position: number, reason: utf8.isValid ? .size : .encoding,
      detail: utf8.isValid
        ? "a line of \(byteCount) bytes; a message has at most 8 MiB" : "not UTF-8")
  }

  /// How files are read, for telling apart what was taken in with another mapping.
  private var reading: String {
    let mapping = options.mapping.map { "mapping \($0.fingerprint)" } ?? ""
    return mapping + (options.decoder?.fingerprint ?? "") + (options.isFramed ? "framed" : "")
  }
}

/// Why an intake ended early.
package enum IntakeError: Error {
  case interrupted
}

/// - Concurrency: `@unchecked` because one task of a run writes it and only the caller reads it,
///   after the run.
private final class FilledCount: @unchecked Sendable {
  var value = 0
}

/// - Concurrency: `@unchecked` because the caller writes it before the tasks that read it exist.
private final class Planned: @unchecked Sendable {
  var plan: AppendPlan?
}
