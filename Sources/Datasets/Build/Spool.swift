import Files

/// Records one after the other in a file of a build's own folder, written once, read again and
/// again.
///
/// - Cost: memory of one buffer; a record must fit into memory.
final class Spool {
  private let files: any FileSystem
  let path: String
  private var output: (any OutputFile)?
  private var buffer = ByteWriter(capacity: Limits.writeByteCount)
  private var byteCount = 0

  init(files: any FileSystem, path: String) throws {
    self.files = files
    self.path = path
    output = try files.create(path)
  }

  /// Appends one record.
  func append(_ record: borrowing ByteWriter) throws { try append(record.raw) }

  func append(_ record: UnsafeRawBufferPointer) throws {
    let before = buffer.count
    buffer.put(UInt64(record.count))
    buffer.put(raw: record)
    byteCount += buffer.count - before
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
    guard buffer.count > 0 else { return }
    try output?.write(buffer.raw)
    buffer.removeAll()
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

/// Some records of a spool in one piece of memory: what a thread works on at once.
struct RecordBlock: Sendable {
  private(set) var bytes: [UInt8] = []
  private(set) var records: [Range<Int>] = []
  /// The number of the first record among all of the spool, from 0.
  var first = 0

  var isEmpty: Bool { records.isEmpty }
  var byteCount: Int { bytes.count }

  mutating func append(_ record: UnsafeRawBufferPointer) {
    let start = bytes.count
    bytes.append(contentsOf: record)
    records.append(start..<bytes.count)
  }

  /// Hands over each record with its number.
  func forEach(_ body: (_ number: Int, _ record: UnsafeRawBufferPointer) throws -> Void) rethrows {
    try bytes.withUnsafeBytes { all in
      for (place, record) in records.enumerated() {
        try body(first + place, UnsafeRawBufferPointer(rebasing: all[record]))
      }
    }
  }
}

/// Reads a spool's records in order, or one at a place.
final class SpoolReader {
  private let file: any InputFile
  private var chunk: [UInt8] = []
  private var place = 0
  private var fileOffset = 0
  private var recordNumber = 0
  /// How much is read at once: less when records are asked for here and there.
  private var readByteCount = Limits.writeByteCount
  private let end: Int
  private let isShared: Bool

  init(_ file: any InputFile) {
    self.file = file
    end = file.byteCount
    isShared = false
  }

  /// Reads the records in a range of a file that others read too, and somebody else closes.
  init(sharing file: any InputFile, _ range: Range<Int>, readByteCount: Int) {
    self.file = file
    self.readByteCount = readByteCount
    fileOffset = range.lowerBound
    end = range.upperBound
    isShared = true
  }

  deinit { if !isShared { file.close() } }

  /// Hands over the next record; false at the end.
  func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
    guard let length = try nextLength() else { return false }
    let start = place
    place += length
    try chunk.withUnsafeBytes {
      try body(UnsafeRawBufferPointer(rebasing: $0[start..<start + length]))
    }
    return true
  }

  /// The next records, about as many as a block's bytes; nil at the end.
  func nextBlock() throws -> RecordBlock? {
    var block = RecordBlock()
    block.first = recordNumber
    while block.byteCount < Limits.blockByteCount, try next({ block.append($0) }) {
      recordNumber += 1
    }
    return block.isEmpty ? nil : block
  }

  /// The length of the record that begins at `place`, all of which is at hand then.
  private func nextLength() throws -> Int? {
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
    return try fill(length) ? length : nil
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
    let room = min(wanted, end - fileOffset)
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
