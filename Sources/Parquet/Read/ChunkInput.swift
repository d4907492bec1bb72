/// The pages of one column chunk, read from the source a stretch at a time.
struct ChunkInput: ~Copyable {
  private let source: any ByteSource
  /// Where pages must end: the footer starts here.
  private let limit: Int
  /// Where the chunk says that it ends; reading ahead stops here.
  private var readAheadEnd: Int
  private var window = PageBuffer()
  private var windowStart = 0
  /// Position of the next page header.
  var position: Int

  init(_ source: any ByteSource, position: Int, chunkEnd: Int, limit: Int) {
    self.source = source
    self.position = position
    self.limit = limit
    readAheadEnd = min(max(chunkEnd, position), limit)
  }

  /// Moves to a page whose size is known, so that nothing behind it is read in vain.
  mutating func seek(to offset: Int, byteCount: Int) {
    position = offset
    readAheadEnd = min(offset + byteCount, limit)
  }

  /// The header at `position`, which moves to the page behind it.
  mutating func nextHeader() throws(ParquetError) -> PageHeader {
    var guess = Limits.pageHeaderGuess
    while true {
      let left = limit - position
      guard left > 0 else {
        throw ParquetError.corrupt("the column chunk ends before its last page", at: position)
      }
      let available = try bytes(at: position, count: min(left, guess))
      var reader = ThriftReader(available.raw, baseOffset: position)
      do throws(ParquetError) {
        let header = try PageHeader(from: &reader)
        position += reader.position
        return header
      } catch {
        guard reader.ranOut, available.count < left, guess < Limits.pageHeaderByteCount else {
          throw error
        }
        guess *= 4
      }
    }
  }

  /// The stored bytes of the page at `position`, checked against its checksum; `position` moves to
  /// the next header.
  mutating func nextPage(_ header: PageHeader) throws(ParquetError) -> PageBytes {
    let count = header.compressedByteCount
    guard count <= limit - position else {
      throw ParquetError.corrupt(
        "a page is longer than the file", at: position,
        expected: "at most \(limit - position) bytes", found: "\(count)")
    }
    let page = try bytes(at: position, count: count)
    if let checksum = header.checksum {
      let found = pageChecksum(page.raw)
      guard found == checksum else {
        throw ParquetError(
          .checksum, "the checksum of a page is wrong", byteOffset: position,
          expected: "\(checksum)", found: "\(found)")
      }
    }
    position += count
    return page
  }

  /// Steps over a page without reading it.
  mutating func skipPage(_ header: PageHeader) throws(ParquetError) {
    guard header.compressedByteCount <= limit - position else {
      throw ParquetError.corrupt("a page is longer than the file", at: position)
    }
    position += header.compressedByteCount
  }

  private mutating func bytes(at offset: Int, count: Int) throws(ParquetError) -> PageBytes {
    if offset < windowStart || offset + count > windowStart + window.count {
      let wanted = max(count, min(Limits.readAheadByteCount, readAheadEnd - offset))
      var kept = 0
      if offset >= windowStart && offset < windowStart + window.count {
        kept = windowStart + window.count - offset
        window.base.copyMemory(from: window.base + (offset - windowStart), byteCount: kept)
      }
      window.count = kept
      window.reserve(wanted)
      windowStart = offset
      try source.fetch(
        into: UnsafeMutableRawBufferPointer(start: window.base + kept, count: wanted - kept),
        at: offset + kept)
      window.count = wanted
    }
    return window.page.slice(offset - windowStart, count)
  }
}

extension ByteSource {
  /// Reads and turns whatever the source throws into an error of ours.
  func fetch(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(ParquetError) {
    do {
      try read(into: target, at: offset)
    } catch let error as ParquetError {
      throw error
    } catch {
      throw ParquetError(.source, "reading failed: \(error)", byteOffset: offset)
    }
  }

  /// Some bytes of the file; the caller has checked that the file has them.
  func fetch(at offset: Int, count: Int) throws(ParquetError) -> [UInt8] {
    var bytes: [UInt8] = []
    try bytes.append(filling: count) { (target) throws(ParquetError) in
      try fetch(into: UnsafeMutableRawBufferPointer(start: target, count: count), at: offset)
    }
    return bytes
  }
}
