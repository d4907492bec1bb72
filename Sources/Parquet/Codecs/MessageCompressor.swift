import CZstd

/// Compresses pages of JSON messages to zstd frames that any zstd reader takes.
///
/// It finds the matches itself (`MessageMatchWalk`) and leaves their coding to libzstd: smaller
/// than level 1 on event messages, at nearly its speed. Other bytes go through level 1.
///
/// - Shape: one per thread, for any number of pages; a page's result does not depend on the pages
///   before it.
/// - Cost: about 5 MiB of working memory for pages of 1 MiB.
package final class MessageCompressor {
  /// Smaller pages gain nothing from a search of ours.
  private static let smallestByteCount = 1 << 10
  /// Larger inputs would need windows that some readers refuse.
  private static let largestByteCount = 1 << 27
  /// From this ratio on level 1 has not been seen to win, and is not tried for comparison.
  private static let safeRatio = 8

  private let level: Int32
  private let context: OpaquePointer?
  private let takesSequences: Bool
  private let values: UnsafeMutableBufferPointer<UInt32>
  private let keys: UnsafeMutableBufferPointer<UInt32>
  private let starts: UnsafeMutableBufferPointer<UInt32>
  private let slots: UnsafeMutableBufferPointer<UInt32>
  private var sequences: UnsafeMutableBufferPointer<ZSTD_Sequence>
  private var room: UnsafeMutableRawBufferPointer

  /// Makes a compressor; `level` is for bytes that libzstd compresses alone.
  package init(level: Int = 1) {
    self.level = Int32(clamping: level)
    context = ZSTD_createCCtx()
    takesSequences = MessageCompressor.prepare(context)
    values = .allocate(capacity: 1 << Int(MessageMatchWalk.valueSlotBits))
    keys = .allocate(capacity: 1 << Int(MessageMatchWalk.keySlotBits))
    starts = .allocate(capacity: MessageMatchWalk.windowByteCount / 2 + 16)
    slots = .allocate(capacity: MessageMatchWalk.windowByteCount / 2 + 16)
    sequences = .allocate(capacity: 0)
    room = .allocate(byteCount: 0, alignment: 16)
  }

  deinit {
    ZSTD_freeCCtx(context)
    values.deallocate()
    keys.deallocate()
    starts.deallocate()
    slots.deallocate()
    sequences.deallocate()
    room.deallocate()
  }

  /// Appends a zstd frame of `input` to `output`.
  ///
  /// `bodyStart` is where the first message begins; what precedes it (levels and lengths) gets
  /// blocks of its own, since its bytes are distributed quite differently.
  ///
  /// - Errors: `limit` when the input is larger than a page may be.
  package func compress(
    _ input: UnsafeRawBufferPointer, bodyStart: Int = 0, into output: inout [UInt8]
  ) throws(ParquetError) {
    guard input.count <= Limits.pageByteCount else {
      throw ParquetError(
        .limit, "a page is too large to compress", expected: "at most \(Limits.pageByteCount)",
        found: "\(input.count)")
    }
    reserveRoom(ZSTD_compressBound(input.count))
    var written = similar(input, bodyStart: bodyStart)
    if written == nil { written = plain(input) }
    guard let written else { throw ParquetError(.corrupt, "zstd compression failed") }
    output.append(contentsOf: room[..<written])
  }

  // MARK: Ways to compress

  /// The frame with our matches in `room`, unless libzstd alone seems to do better.
  private func similar(_ input: UnsafeRawBufferPointer, bodyStart: Int) -> Int? {
    guard takesSequences, input.count >= MessageCompressor.smallestByteCount,
      input.count <= MessageCompressor.largestByteCount,
      let bytes = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    else { return nil }
    // A few bytes ahead of the messages are not worth a block; a wrong start is no error.
    let isBlock = bodyStart >= 64 && bodyStart <= input.count - 256
    guard let found = findMatches(bytes, input.count, bodyStart: isBlock ? bodyStart : 0),
      let written = encode(input, sequenceCount: found)
    else { return nil }
    if written * MessageCompressor.safeRatio <= input.count { return written }
    return isSmaller(written, input, bodyStart: isBlock ? bodyStart : 0) ? written : nil
  }

  private func findMatches(_ bytes: UnsafePointer<UInt8>, _ count: Int, bodyStart: Int) -> Int? {
    // More matches than this are so short that level 1 does better.
    let capacity = count / 10 + 64
    if sequences.count < capacity {
      sequences.deallocate()
      sequences = .allocate(capacity: capacity)
    }
    values.update(repeating: 0)
    keys.update(repeating: 0)
    guard let valueBase = values.baseAddress, let keyBase = keys.baseAddress,
      let startBase = starts.baseAddress, let slotBase = slots.baseAddress,
      let sequenceBase = sequences.baseAddress
    else { return nil }
    var walk = MessageMatchWalk(
      bytes: bytes, count: count, bodyStart: bodyStart, values: valueBase, keys: keyBase,
      starts: startBase, slots: slotBase, sequences: sequenceBase, capacity: capacity)
    walk.run()
    return walk.isFull ? nil : walk.sequenceCount
  }

  private func encode(_ input: UnsafeRawBufferPointer, sequenceCount: Int) -> Int? {
    let windowBits = max(17, Int.bitWidth - (input.count - 1).leadingZeroBitCount)
    // Without the reset the context still counts as busy with the last page and refuses a change.
    guard ZSTD_isError(ZSTD_CCtx_reset(context, ZSTD_reset_session_only)) == 0,
      ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, Int32(windowBits))) == 0
    else { return nil }
    return checked(
      ZSTD_compressSequences(
        context, room.baseAddress, room.count, sequences.baseAddress, sequenceCount,
        input.baseAddress, input.count))
  }

  private func plain(_ input: UnsafeRawBufferPointer) -> Int? {
    checked(
      ZSTD_compressCCtx(
        context, room.baseAddress, room.count, input.baseAddress, input.count, level))
  }

  /// Compares our first block of messages with what libzstd makes of the same bytes.
  private func isSmaller(
    _ written: Int, _ input: UnsafeRawBufferPointer, bodyStart: Int
  ) -> Bool {
    guard let sample = firstBlock(of: written, bodyStart: bodyStart) else { return false }
    let bytes = UnsafeRawBufferPointer(rebasing: input[bodyStart..<bodyStart + sample.count])
    let trial = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ZSTD_compressBound(bytes.count), alignment: 16)
    defer { trial.deallocate() }
    let size = ZSTD_compressCCtx(
      context, trial.baseAddress, trial.count, bytes.baseAddress, bytes.count, level)
    return ZSTD_isError(size) == 0 && sample.written < size
  }

  /// Input and output bytes of the first block of messages in the frame in `room`.
  private func firstBlock(of written: Int, bodyStart: Int) -> (count: Int, written: Int)? {
    let header = ZSTD_frameHeaderSize(room.baseAddress, written)
    guard ZSTD_isError(header) == 0 else { return nil }
    var offset = header
    var begin = 0
    var end = 0
    for sequence in sequences {
      end += Int(sequence.litLength) + Int(sequence.matchLength)
      guard sequence.matchLength == 0 else { continue }
      guard offset + 3 <= written else { return nil }
      let field =
        Int(room[offset]) | Int(room[offset + 1]) << 8 | Int(room[offset + 2]) << 16
      let size = 3 + (field >> 1 & 3 == 1 ? 1 : field >> 3)
      if begin >= bodyStart { return (end - begin, size) }
      offset += size
      begin = end
    }
    return nil
  }

  // MARK: Context and memory

  /// Sets what holds for all pages; false when this libzstd lacks what we need.
  private static func prepare(_ context: OpaquePointer?) -> Bool {
    guard context != nil else { return false }
    let settings: [(ZSTD_cParameter, Int32)] = [
      (ZSTD_c_compressionLevel, 1),
      (ZSTD_c_strategy, Int32(ZSTD_fast.rawValue)),
      // libzstd searches nothing, so its own tables can be as small as they get.
      (ZSTD_c_hashLog, 6),
      (ZSTD_c_chainLog, 6),
      (blockDelimiters, Int32(ZSTD_sf_explicitBlockDelimiters.rawValue)),
      (literalCompressionMode, Int32(ZSTD_ps_enable.rawValue)),
      (searchForExternalRepcodes, Int32(ZSTD_ps_enable.rawValue)),
      (stableInBuffer, 1),
      (stableOutBuffer, 1),
    ]
    return settings.allSatisfy { ZSTD_isError(ZSTD_CCtx_setParameter(context, $0.0, $0.1)) == 0 }
  }

  private func checked(_ size: Int) -> Int? { ZSTD_isError(size) == 0 ? size : nil }

  private func reserveRoom(_ wanted: Int) {
    guard room.count < wanted else { return }
    room.deallocate()
    room = .allocate(byteCount: wanted, alignment: 16)
  }
}

// Names that the header gives to parameters by macros, which Swift does not see.
private let literalCompressionMode = ZSTD_c_experimentalParam5
private let stableInBuffer = ZSTD_c_experimentalParam9
private let stableOutBuffer = ZSTD_c_experimentalParam10
private let blockDelimiters = ZSTD_c_experimentalParam11
private let searchForExternalRepcodes = ZSTD_c_experimentalParam19
