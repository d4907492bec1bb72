import Events
import Files

extension Verification {
  /// The fresh logs of a state of the catalog, or nil when they cannot be opened, which is a
  /// finding.
  mutating func openFresh() throws -> (CatalogState, FreshRows?, (any FileLock)?) {
    do {
      let held = try reader.held { _ in }
      return (held.state, held.fresh, held.lease)
    } catch let error as FileError {
      find(error.reason == .notFound ? .missingFile : .unreadable, error.path, error.detail)
    } catch LedgerError.damaged(let path, let detail) {
      find(.wrongSize, path, detail)
    }
    return (try reader.catalog.state(), nil, nil)
  }

  /// Every committed frame by its checksum, the offsets of rows by arithmetic, rejected bytes by
  /// their digests. What lies behind the committed bytes is not looked at.
  mutating func checkFresh(_ fresh: FreshRows) throws {
    for log in fresh.logs {
      do {
        var scan = FrameScan(log)
        while let header = try scan.header() { try scan.take(header) { _ in } }
        for reject in try reader.catalog.rejects(inFiles: [log.record.name]) {
          _ = try bytesOfReject(reader.files, reader.directory, reject)
        }
      } catch LedgerError.damaged(let path, let detail) {
        find(.wrongChecksum, path, detail)
      } catch let error as FileError {
        find(.unreadable, log.path, error.detail)
      }
      report.byteCount += log.record.byteCount
    }
    report.rowCount += fresh.rowCount
    report.freshRowCount = fresh.rowCount
    guard report.findings.isEmpty else { return }
    do {
      var messageByteCount = 0
      try fresh.forEachBatch { batch, rows, _ in
        for row in rows { messageByteCount += Int(batch.messages.lengths[row]) }
      }
      let counted = fresh.logs.reduce(0) { $0 + $1.record.messageByteCount }
      if messageByteCount > counted {
        find(.wrongContents, reader.directory.catalog, "fresh messages are longer than counted")
      }
    } catch LedgerError.damaged(let path, let detail) {
      find(.gap, path, detail)
    }
  }
}
