import Files

/// A zip archive of `.npy` files read from its directory, for checks.
///
/// - Source: PKWARE APPNOTE 6.3.10, §4.3; numpy.lib.format.
final class ArchiveReader {
  private let file: any InputFile
  private let path: String
  /// Where each file's content starts, its size and checksum.
  private var entries: [String: (offset: Int, byteCount: Int, checksum: UInt32)] = [:]

  init(_ written: RenderingInput, _ path: String) throws {
    self.path = path
    file = try written.open(path)
    try readDirectory()
  }

  deinit { file.close() }

  private func bytes(_ offset: Int, _ count: Int) throws -> [UInt8] {
    guard offset >= 0, count >= 0, count <= file.byteCount - offset else {
      throw misread("byte \(offset)", "\(count) bytes there", "the end")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
    return bytes
  }

  private func misread(_ place: String, _ expected: String, _ found: String) -> RenderingError {
    .misread(file: path, place: place, expected: expected, found: found)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    Int(clamping: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  private func readDirectory() throws {
    let end = try bytes(file.byteCount - 22, 22)
    guard end.starts(with: [0x50, 0x4b, 5, 6]) else {
      throw misread("its end", "an end of directory", "\(end.prefix(4))")
    }
    var count = ArchiveReader.number(end[10..<12])
    var offset = ArchiveReader.number(end[16..<20])
    if offset == 0xffff_ffff || count == 0xffff {
      let locator = try bytes(file.byteCount - 42, 20)
      let wide = try bytes(ArchiveReader.number(locator[8..<16]), 56)
      count = ArchiveReader.number(wide[32..<40])
      offset = ArchiveReader.number(wide[48..<56])
    }
    for _ in 0..<count {
      let head = try bytes(offset, 46)
      let nameCount = ArchiveReader.number(head[28..<30])
      let extraCount = ArchiveReader.number(head[30..<32])
      let name = try bytes(offset + 46, nameCount)
      var wide = try bytes(offset + 46 + nameCount, extraCount).dropFirst(4)
      var byteCount = ArchiveReader.number(head[24..<28])
      var start = ArchiveReader.number(head[42..<46])
      if byteCount == 0xffff_ffff {
        byteCount = ArchiveReader.number(wide.prefix(8))
        wide = wide.dropFirst(16)
      }
      if start == 0xffff_ffff { start = ArchiveReader.number(wide.prefix(8)) }
      let local = try bytes(start, 30)
      guard local.starts(with: [0x50, 0x4b, 3, 4]), head[10] == 0, head[11] == 0 else {
        throw misread("byte \(start)", "a stored file", "another header")
      }
      let skipped =
        30 + ArchiveReader.number(local[26..<28]) + ArchiveReader.number(local[28..<30])
      guard byteCount <= file.byteCount - start - skipped else {
        throw misread("byte \(offset)", "a file inside the archive", "\(byteCount) bytes")
      }
      entries[String(decoding: name, as: UTF8.self)] = (
        start + skipped, byteCount, UInt32(clamping: ArchiveReader.number(head[16..<20]))
      )
      offset += 46 + nameCount + extraCount + ArchiveReader.number(head[32..<34])
    }
  }

  /// An array's numbers; fails unless it has the shape.
  func array(_ name: String, shape: [Int]) throws -> Numbers {
    guard let entry = entries[name + ".npy"] else { throw misread("directory", name, "no entry") }
    let start = try bytes(entry.offset, 10)
    let headerCount = ArchiveReader.number(start[8..<10])
    let header = String(decoding: try bytes(entry.offset + 10, headerCount), as: UTF8.self)
    let sizes = header.split(separator: "(").last?.split(separator: ")").first ?? ""
    let read = sizes.split(separator: ",").compactMap { Int($0.filter(\.isNumber)) }
    guard read == shape, header.contains("'fortran_order': False"),
      10 + headerCount <= entry.byteCount,
      let type = header.split(separator: "'").dropFirst(3).first
    else { throw misread(name, "shape \(shape)", header) }
    return try Numbers(
      self, name: name, type: String(type),
      range: entry.offset + 10 + headerCount..<entry.offset + entry.byteCount,
      checksum: entry.checksum, header: start + Array(header.utf8))
  }

  /// The numbers of an array one after the other.
  final class Numbers {
    private let archive: ArchiveReader
    private let name: String
    private let kind: Character
    private let width: Int
    private let end: Int
    private var offset: Int
    private var buffer: [UInt8] = []
    private var position = 0
    private var state: UInt32 = 0xffff_ffff
    private let checksum: UInt32
    private var number = 0

    init(
      _ archive: ArchiveReader, name: String, type: String, range: Range<Int>, checksum: UInt32,
      header: [UInt8]
    ) throws {
      guard type.count == 3, let width = Int(type.suffix(1)), let kind = type.dropFirst().first
      else {
        throw archive.misread(name, "a type of numbers", type)
      }
      self.archive = archive
      self.name = name
      self.kind = kind
      self.width = width
      self.checksum = checksum
      end = range.upperBound
      offset = range.lowerBound
      add(header)
    }

    /// CRC-32, a bit at a time.
    private func add(_ bytes: [UInt8]) {
      for byte in bytes {
        state ^= UInt32(byte)
        for _ in 0..<8 { state = (state >> 1) ^ (0xedb8_8320 & (0 &- (state & 1))) }
      }
    }

    func expect(_ value: FieldValue) throws {
      if position == buffer.count {
        let count = min(Limits.writeByteCount, end - offset)
        guard count >= width else { throw misread("\(value)", "the end") }
        buffer = try archive.bytes(offset, count)
        add(buffer)
        offset += count
        position = 0
      }
      let raw = buffer[position..<position + width].reversed()
        .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      position += width
      number += 1
      guard says(raw, value) else { throw misread("\(value)", "0x" + String(raw, radix: 16)) }
    }

    private func says(_ raw: UInt64, _ value: FieldValue) -> Bool {
      if kind == "f" {
        let read =
          width == 8
          ? Double(bitPattern: raw) : Double(Float(bitPattern: UInt32(truncatingIfNeeded: raw)))
        return read == value.real || (read.isNaN && value.real.isNaN)
      }
      let unused = UInt64(64 - 8 * width)
      let signed = Int64(bitPattern: raw << unused) >> Int64(unused)
      return signed == value.integer ?? -1
    }

    func expectEnd() throws {
      guard position == buffer.count, offset == end else { throw misread("the end", "more") }
      guard state ^ 0xffff_ffff == checksum else { throw misread("its checksum", "another") }
    }

    private func misread(_ expected: String, _ found: String) -> RenderingError {
      archive.misread("\(name), number \(number)", expected, found)
    }
  }
}
