import Files

/// Records one after the other in a file of a build's own folder, written once, read again and
/// again.
///
/// - Cost: memory of one buffer; a record must fit into memory.
final class Spool {
  private let files: any FileSystem
  let path: String
  private var output: (any OutputFile)?
  private var buffer: [UInt8] = []
  private(set) var recordCount = 0
  private var byteCount = 0

  init(files: any FileSystem, path: String) throws {
    self.files = files
    self.path = path
    output = try files.create(path)
  }

  /// Appends one record.
  func append(_ record: [UInt8]) throws {
    var length = ByteWriter()
    length.put(UInt64(record.count))
    buffer.append(contentsOf: length.bytes)
    buffer.append(contentsOf: record)
    byteCount += length.bytes.count + record.count
    recordCount += 1
    if buffer.count >= Limits.writeByteCount { try flush() }
  }

  /// Appends records that already have their lengths before them.
  func append(framed bytes: [UInt8]) throws {
    try flush()
    try bytes.withUnsafeBytes { try output?.write($0) }
    byteCount += bytes.count
  }

  /// The place of the next record, for reading it alone.
  var nextPlace: Int { byteCount }

  private func flush() throws {
    guard !buffer.isEmpty else { return }
    try buffer.withUnsafeBytes { try output?.write($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Ends writing.
  func finish() throws {
    try flush()
    try output?.close()
    output = nil
  }

  func remove() throws { try files.remove(path) }

  /// Reads from the first record on.
  func reader() throws -> SpoolReader { SpoolReader(try files.open(path)) }
}

/// Reads a spool's records in order, or one at a place.
final class SpoolReader {
  private let file: any InputFile
  private var chunk: [UInt8] = []
  private var place = 0
  private var fileOffset = 0
  /// How much is read at once: less when records are asked for here and there.
  private var readByteCount = Limits.writeByteCount

  init(_ file: any InputFile) { self.file = file }

  deinit { file.close() }

  /// The next record, or nil at the end.
  func next() throws -> [UInt8]? {
    guard try fill(1) else { return nil }
    var length = 0
    var shift = 0
    while true {
      guard try fill(1) else { return nil }
      let byte = chunk[place]
      place += 1
      length |= Int(byte & 0x7f) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    guard try fill(length) else { return nil }
    defer { place += length }
    return Array(chunk[place..<place + length])
  }

  /// Goes to a place that `Spool.nextPlace` named.
  func seek(_ offset: Int) {
    readByteCount = Limits.scatteredByteCount
    let start = fileOffset - chunk.count
    if offset >= start, offset <= fileOffset {
      place = offset - start
      return
    }
    chunk.removeAll(keepingCapacity: true)
    place = 0
    fileOffset = offset
  }

  /// Makes sure that `count` bytes are at hand; false at the end.
  private func fill(_ count: Int) throws -> Bool {
    if chunk.count - place >= count { return true }
    chunk.removeFirst(place)
    place = 0
    let wanted = max(count - chunk.count, readByteCount)
    let room = min(wanted, file.byteCount - fileOffset)
    if room > 0 {
      let start = chunk.count
      chunk.append(contentsOf: repeatElement(0, count: room))
      try chunk.withUnsafeMutableBytes { bytes in
        try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]), at: fileOffset)
      }
      fileOffset += room
    }
    return chunk.count - place >= count
  }
}
