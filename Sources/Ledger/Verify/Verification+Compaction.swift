extension Verification {
  /// That merged segments have the rows of what they replaced: as many, at the same offsets, with
  /// the same content digest.
  mutating func checkCompactions(_ segments: [SegmentRecord]) throws {
    for compaction in try reader.catalog.compactions() {
      guard let segment = segments.first(where: { $0.name == compaction.name }) else { continue }
      let path = reader.directory.file(.segments, segment.name)
      var reached = compaction.firstOffset
      for input in compaction.inputs {
        if input.firstOffset != reached {
          find(.gap, path, "what it replaced leaves a gap at offset \(reached)")
        }
        reached = input.firstOffset + Int64(input.rowCount)
      }
      if reached != segment.endOffset || compaction.firstOffset != segment.firstOffset {
        find(.wrongRowCount, path, "it has other offsets than what it replaced")
      }
      guard !report.findings.contains(where: { $0.path == path }) else { continue }
      do {
        let file = try SegmentFile(reader.files, reader.directory, segment)
        if try contentDigest([file]) != compaction.contentDigest {
          find(.wrongContents, path, "its rows are not those of what it replaced")
        }
      } catch {
        find(.unreadable, path, "\(error)")
      }
    }
  }
}
