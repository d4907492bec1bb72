import CZlib

/// Numbers as NumPy stores them, little-endian.
enum ArrayType: String {
  case int64 = "<i8"
  case int32 = "<i4"
  case int8 = "|i1"
  case float = "<f4"
  case double = "<f8"

  /// Bytes of one element.
  var byteCount: Int {
    switch self {
    case .int64, .double: 8
    case .int32, .float: 4
    case .int8: 1
    }
  }
}

/// The head of a `.npy` file.
///
/// - Shape: `\x93NUMPY`, version 1.0, length (2 bytes), a Python dictionary, spaces up to a
///   multiple of 64, LF.
/// - Source: NumPy, "A simple file format for NumPy arrays" (numpy.lib.format).
func arrayHeader(_ type: ArrayType, shape: [Int]) -> [UInt8] {
  let sizes = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
  var text = Array(
    "{'descr': '\(type.rawValue)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
  let unpadded = 10 + text.count + 1
  text += [UInt8](repeating: 0x20, count: (64 - unpadded % 64) % 64)
  text.append(0x0a)
  let length = UInt16(text.count)
  return [0x93] + Array("NUMPY".utf8)
    + [1, 0, UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)] + text
}

/// Writes a zip archive of stored files front to back, as `.npz` wants it.
///
///     local header · name · content · data descriptor (for each file)
///     central directory: a header and a name for each file
///     [zip64 end of central directory · its locator] · end of central directory
///
/// Times are 1980-01-01, so equal contents give equal bytes. Sizes are known before the content,
/// checksums only after it, hence the data descriptor.
/// - Source: PKWARE APPNOTE 6.3.10, §4.3 and §4.5.3.
struct ZipWriter {
  private struct Entry {
    var name: [UInt8]
    var byteCount: UInt64
    var checksum: UInt32
    var offset: UInt64
  }

  private var entries: [Entry] = []
  private var offset: UInt64 = 0
  private var remaining: UInt64 = 0

  init() {}

  private static let wide = UInt64(UInt32.max)

  /// Starts a file.
  ///
  /// - Shape: the content follows in calls of ``append(_:to:)`` that sum up to `byteCount`.
  mutating func begin(_ name: String, byteCount: Int, to out: inout [UInt8]) {
    precondition(remaining == 0, "a file of the archive is not complete")
    let entry = Entry(
      name: Array(name.utf8), byteCount: UInt64(byteCount), checksum: 0, offset: offset)
    var head = LittleEndianBytes()
    let isWide = entry.byteCount >= ZipWriter.wide
    head.put(UInt32(0x0403_4b50))
    head.put(UInt16(isWide ? 45 : 20))
    ZipWriter.putMethod(&head)
    head.put(UInt32(0))
    // Sizes stand here too: with a data descriptor they may, and some readers look only here.
    head.put(UInt32(truncatingIfNeeded: min(entry.byteCount, ZipWriter.wide)))
    head.put(UInt32(truncatingIfNeeded: min(entry.byteCount, ZipWriter.wide)))
    head.put(UInt16(entry.name.count))
    head.put(UInt16(isWide ? 20 : 0))
    head.put(entry.name)
    if isWide {
      head.put(UInt16(1))
      head.put(UInt16(16))
      head.put(entry.byteCount)
      head.put(entry.byteCount)
    }
    emit(head.bytes, to: &out)
    entries.append(entry)
    remaining = entry.byteCount
    if remaining == 0 { end(to: &out) }
  }

  /// Flags (sizes and checksum follow; name in UTF-8), method, time and date.
  private static func putMethod(_ head: inout LittleEndianBytes) {
    head.put(UInt16(0x0808))
    head.put(UInt16(0))
    head.put(UInt16(0))
    head.put(UInt16(0x0021))
  }

  /// Content of the file that was begun last.
  mutating func append(_ content: [UInt8], to out: inout [UInt8]) {
    guard !content.isEmpty else { return }
    precondition(UInt64(content.count) <= remaining, "more content than the header promised")
    let last = entries.count - 1
    entries[last].checksum = content.withUnsafeBufferPointer {
      UInt32(truncatingIfNeeded: crc32_z(UInt(entries[last].checksum), $0.baseAddress, $0.count))
    }
    remaining -= UInt64(content.count)
    emit(content, to: &out)
    if remaining == 0 { end(to: &out) }
  }

  private mutating func end(to out: inout [UInt8]) {
    guard let entry = entries.last else { return }
    var tail = LittleEndianBytes()
    tail.put(UInt32(0x0807_4b50))
    tail.put(entry.checksum)
    if entry.byteCount >= ZipWriter.wide {
      tail.put(entry.byteCount)
      tail.put(entry.byteCount)
    } else {
      tail.put(UInt32(entry.byteCount))
      tail.put(UInt32(entry.byteCount))
    }
    emit(tail.bytes, to: &out)
  }

  private mutating func emit(_ bytes: [UInt8], to out: inout [UInt8]) {
    out.append(contentsOf: bytes)
    offset += UInt64(bytes.count)
  }

  /// Writes the directory; the archive is complete.
  mutating func finish(to out: inout [UInt8]) {
    precondition(remaining == 0, "a file of the archive is not complete")
    let start = offset
    for entry in entries { emit(ZipWriter.directoryEntry(entry), to: &out) }
    let byteCount = offset - start
    var tail = LittleEndianBytes()
    let isWide = start >= ZipWriter.wide || entries.count >= 0xffff
    if isWide {
      let place = offset
      tail.put(UInt32(0x0606_4b50))
      tail.put(UInt64(44))
      tail.put(UInt16(45))
      tail.put(UInt16(45))
      tail.put(UInt32(0))
      tail.put(UInt32(0))
      tail.put(UInt64(entries.count))
      tail.put(UInt64(entries.count))
      tail.put(byteCount)
      tail.put(start)
      tail.put(UInt32(0x0706_4b50))
      tail.put(UInt32(0))
      tail.put(place)
      tail.put(UInt32(1))
    }
    tail.put(UInt32(0x0605_4b50))
    tail.put(UInt16(0))
    tail.put(UInt16(0))
    tail.put(UInt16(clamping: entries.count))
    tail.put(UInt16(clamping: entries.count))
    tail.put(UInt32(clamping: byteCount))
    tail.put(UInt32(clamping: start))
    tail.put(UInt16(0))
    emit(tail.bytes, to: &out)
  }

  private static func directoryEntry(_ entry: Entry) -> [UInt8] {
    var wideFields = LittleEndianBytes()
    if entry.byteCount >= wide {
      wideFields.put(entry.byteCount)
      wideFields.put(entry.byteCount)
    }
    if entry.offset >= wide { wideFields.put(entry.offset) }
    let isWide = !wideFields.bytes.isEmpty
    var head = LittleEndianBytes()
    head.put(UInt32(0x0201_4b50))
    head.put(UInt16(isWide ? 45 : 20))
    head.put(UInt16(isWide ? 45 : 20))
    putMethod(&head)
    head.put(entry.checksum)
    head.put(UInt32(clamping: entry.byteCount))
    head.put(UInt32(clamping: entry.byteCount))
    head.put(UInt16(entry.name.count))
    head.put(UInt16(isWide ? wideFields.bytes.count + 4 : 0))
    head.put(UInt16(0))
    head.put(UInt16(0))
    head.put(UInt16(0))
    head.put(UInt32(0))
    head.put(UInt32(clamping: entry.offset))
    head.put(entry.name)
    if isWide {
      head.put(UInt16(1))
      head.put(UInt16(wideFields.bytes.count))
      head.put(wideFields.bytes)
    }
    return head.bytes
  }
}

/// Numbers of fixed size, the lowest byte first.
struct LittleEndianBytes {
  private(set) var bytes: [UInt8] = []

  init() {}

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ ready: [UInt8]) { bytes.append(contentsOf: ready) }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}
