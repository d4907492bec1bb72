import Files

extension LedgerWriter {
  /// Makes the whole index of duplicates anew from the segments, as one run, and commits it.
  ///
  /// - Cost: reads the ids and sources of all events; 8 bytes an event of memory meanwhile.
  package func rebuildIndex() throws {
    try guarded {
      let (segments, _) = try catalog.segments()
      let old = try catalog.runs()
      guard let last = segments.last else { return }
      let run = try IndexRebuild(files, directory, identity.hashSeed)
        .run(segments, from: 0, rowCount: Int(last.endOffset))
      let record = try writeRun(run, files, directory)
      let oldFilter = try catalog.filter()
      let filter = try IdentityFilter([.memory(run)], pool)
      let filterRecord = try filter.write(endOffset: last.endOffset, files, directory)
      try files.synchronizeDirectory(directory.folder(.index))
      var commit = CatalogCommit()
      commit.committedAt = clock.now()
      commit.removedRunNames = old.map(\.name)
      commit.addedRuns = [record]
      commit.filter = filterRecord
      try catalog.apply(commit)
      commitNumber += 1
      try index.replace(with: record, filter: filter, filterRecord)
      rejectFile = RejectFile(files, directory, sequence: commitNumber + 1)
      removeObsolete(old.map(\.name).filter { $0 != record.name })
      if let oldFilter, oldFilter.name != filterRecord.name {
        removeObsolete([oldFilter.name], .filters)
      }
    }
  }
}
