import Files
import Threads

/// Something that is wrong with a ledger.
package struct Finding: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case missingFile, foreignFile, wrongSize, wrongChecksum, unreadable, wrongRowCount
    case gap, overlap, wrongContents, wrongIndex
  }

  package var kind: Kind
  /// The file at fault, or the catalog.
  package var path: String
  package var detail: String
}

/// What a verification looked at.
package struct VerificationReport: Sendable, Equatable {
  package var findings: [Finding] = []
  package var segmentCount = 0
  package var rowCount = 0
  package var byteCount = 0
  /// Of the rows, those that are in no segment yet.
  package var freshRowCount = 0
  /// Segments that were replaced and wait for their last reader.
  package var replacedFileCount = 0
  /// Files of a commit that is not finished, or never was; the next writer removes them.
  package var unfinishedFileCount = 0

  package var isSound: Bool { findings.isEmpty }
}

/// Checks a ledger against its catalog: every byte by checksum, every offset by arithmetic, every
/// file in its folders; and, when asked to be thorough, every page by decoding it.
///
/// - Errors: only those of the catalog itself; everything else is a finding.
/// - Cost: reads every file once (twice when thorough).
package struct Verification {
  let reader: LedgerReader
  private let isThorough: Bool
  var report = VerificationReport()
  private let progress: (_ doneByteCount: Int, _ totalByteCount: Int) -> Void
  private var totalByteCount = 0

  /// - Shape: `progress` is called after each file.
  package init(
    _ reader: LedgerReader, isThorough: Bool = true,
    progress: @escaping (_ doneByteCount: Int, _ totalByteCount: Int) -> Void = { _, _ in }
  ) {
    self.reader = reader
    self.isThorough = isThorough
    self.progress = progress
  }

  package mutating func run() throws -> VerificationReport {
    let (state, fresh, lease) = try openFresh()
    defer { withExtendedLifetime(lease) {} }
    let waiting = try reader.catalog.waitingSegments()
    let (segments, commitNumber) = (state.segments, state.commitNumber)
    let (runs, filter) = (try reader.catalog.runs(), try reader.catalog.filter())
    let rejectFiles = try reader.catalog.rejectFiles()
    totalByteCount =
      segments.reduce(0) { $0 + $1.byteCount } + runs.reduce(0) { $0 + $1.byteCount }
      + rejectFiles.reduce(0) { $0 + $1.byteCount } + (filter?.byteCount ?? 0)
    checkOffsets(segments.map { ($0.name, $0.firstOffset, $0.endOffset) }, .segments)
    checkRuns(runs, end: segments.last?.endOffset ?? 0)
    for segment in segments {
      if checkFile(.segments, segment.name, segment.byteCount, segment.sha256) {
        try checkContents(segment)
      }
      report.segmentCount += 1
      report.rowCount += segment.rowCount
    }
    let readFilter = filter.flatMap { record in checkFilter(record).map { (record, $0) } }
    for run in runs where checkFile(.index, run.name, run.byteCount, run.sha256) {
      checkRun(run, segments, readFilter)
    }
    for file in rejectFiles { _ = checkFile(.rejects, file.name, file.byteCount, file.sha256) }
    if let fresh { try checkFresh(fresh) }
    checkFolder(.fresh, Set(state.freshLogs.map(\.name)), end: 0)
    if isThorough { try checkCompactions(segments) }
    report.replacedFileCount = waiting.count
    let announced = try reader.catalog.announcedFiles()
    report.unfinishedFileCount += announced.count
    checkFolder(
      .segments, Set(segments.map(\.name) + waiting.map(\.name) + announced),
      end: segments.last?.endOffset ?? 0)
    checkFolder(.index, Set(runs.map(\.name) + [filter?.name].compactMap { $0 }), end: 0)
    checkFolder(.rejects, Set(rejectFiles.map(\.name)), end: commitNumber + 1)
    return report
  }

  mutating func find(_ kind: Finding.Kind, _ path: String, _ detail: String) {
    report.findings.append(Finding(kind: kind, path: path, detail: detail))
  }

  private mutating func checkOffsets(
    _ ranges: [(name: String, first: Int64, end: Int64)], _ kind: LedgerDirectory.Kind
  ) {
    var expected: Int64 = 0
    for range in ranges {
      if range.first != expected {
        find(
          range.first > expected ? .gap : .overlap, reader.directory.file(kind, range.name),
          "it begins at offset \(range.first), the one before ends at \(expected)")
      }
      expected = range.end
    }
  }

  /// Runs may leave gaps, which a writer fills in memory, but never overlap.
  private mutating func checkRuns(_ runs: [RunRecord], end: Int64) {
    var reached: Int64 = 0
    for run in runs {
      let path = reader.directory.file(.index, run.name)
      if run.firstOffset < reached {
        find(.overlap, path, "it begins at offset \(run.firstOffset), before \(reached)")
      }
      reached = run.firstOffset + Int64(run.rowCount)
      if reached > end { find(.gap, path, "it ends at offset \(reached), the segments at \(end)") }
    }
  }

  /// Whether the file is there with the right bytes.
  private mutating func checkFile(
    _ kind: LedgerDirectory.Kind, _ name: String, _ byteCount: Int, _ sha256: [UInt8]
  ) -> Bool {
    let path = reader.directory.file(kind, name)
    defer { progress(report.byteCount, totalByteCount) }
    do {
      let found = try hashOfFile(reader.files, path)
      report.byteCount += found.byteCount
      guard found.byteCount == byteCount else {
        find(
          .wrongSize, path, "it has \(found.byteCount) bytes, the catalog says \(byteCount)")
        return false
      }
      guard found.sha256 == sha256 else {
        find(.wrongChecksum, path, "its bytes have changed since they were written")
        return false
      }
      return true
    } catch let error as FileError {
      find(error.reason == .notFound ? .missingFile : .unreadable, path, error.detail)
    } catch {
      find(.unreadable, path, "\(error)")
    }
    return false
  }

  /// What `Recovery` would remove is no finding: a crash, or a writer at work, leaves such files.
  private mutating func checkFolder(
    _ kind: LedgerDirectory.Kind, _ known: Set<String>, end: Int64
  ) {
    let folder = reader.directory.folder(kind)
    do {
      for name in try reader.files.list(folder) where !known.contains(name) {
        let kinds = kind == .index ? [.index, .filters] : [kind]
        if let number = kinds.lazy.compactMap({ LedgerDirectory.first(ofName: name, $0) }).first,
          number >= end
        {
          report.unfinishedFileCount += 1
          continue
        }
        find(.foreignFile, folder + "/" + name, "the catalog does not know it")
      }
    } catch {
      find(.unreadable, folder, error.detail)
    }
  }

  private mutating func checkContents(_ segment: SegmentRecord) throws {
    let path = reader.directory.file(.segments, segment.name)
    do {
      let file = try SegmentFile(reader.files, reader.directory, segment)
      if isThorough {
        for problem in try SegmentCheck(file, reader.catalog).problems() {
          find(.wrongContents, path, problem)
        }
      }
    } catch let error as LedgerError {
      if case .damaged(_, let detail) = error {
        find(.wrongRowCount, path, detail)
      } else {
        throw error
      }
    } catch {
      find(.unreadable, path, "\(error)")
    }
  }

  /// The filter of identities, if its file is as it should be.
  private mutating func checkFilter(_ record: FilterRecord) -> IdentityFilter? {
    guard checkFile(.filters, record.name, record.byteCount, record.sha256) else { return nil }
    let path = reader.directory.file(.filters, record.name)
    do {
      return try IdentityFilter(reader.files, path, record, WorkerPool(threadCount: 1))
    } catch {
      find(.wrongIndex, path, "\(error)")
      return nil
    }
  }

  private mutating func checkRun(
    _ record: RunRecord, _ segments: [SegmentRecord],
    _ filter: (record: FilterRecord, bits: IdentityFilter)?
  ) {
    let path = reader.directory.file(.index, record.name)
    do {
      let pool = WorkerPool(threadCount: 1)
      let run = try PlacedRun(reader.files, path, sha256: record.sha256, pool).loaded(pool)
      guard isThorough, report.findings.isEmpty else { return }
      let expected = try IndexRebuild(reader.files, reader.directory, reader.identity.hashSeed)
        .run(segments, from: record.firstOffset, rowCount: record.rowCount)
      if run.entries != expected.entries || run.starts != expected.starts {
        find(.wrongIndex, path, "its entries are not those of the segments; rebuild the index")
      } else if let filter, run.endOffset <= filter.record.endOffset, !filter.bits.has(run) {
        find(
          .wrongIndex, reader.directory.file(.filters, filter.record.name),
          "it does not know rows of \(record.name); rebuild the index")
      }
    } catch {
      find(.wrongIndex, path, "\(error)")
    }
  }
}
