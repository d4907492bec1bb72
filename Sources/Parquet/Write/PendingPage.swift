import Synchronization

/// How the pages of one column chunk are turned into stored bytes; shared by its pages.
final class PageRecipe: Sendable {
  /// A compressor with its state; boxed because a pool holds several.
  final class Station {
    var compressor: Compressor
    init(_ compression: Compression) { compressor = Compressor(compression) }
  }

  /// Stations that nobody uses now.
  ///
  /// - Concurrency: a station is owned by whoever took it out, so it is never shared; the box only
  ///   carries it through the lock.
  private struct Idle: @unchecked Sendable {
    var stations: [Station] = []
  }

  let compression: Compression
  let replacement: (any PageCompressor)?
  let writesChecksums: Bool
  private let idle = Mutex(Idle())

  init(_ compression: Compression, replacement: (any PageCompressor)?, writesChecksums: Bool) {
    self.compression = compression
    self.replacement = replacement
    self.writesChecksums = writesChecksums
  }

  /// The bytes compressed by the codec's library.
  func compressed(_ bytes: UnsafeRawBufferPointer) throws(ParquetError) -> [UInt8] {
    let station = takeStation()
    var output: [UInt8] = []
    try station.station.compressor.compress(bytes, into: &output)
    giveBack(station)
    return output
  }

  /// A station on its way through the lock.
  ///
  /// - Concurrency: owned by the one thread that took it.
  private struct Taken: @unchecked Sendable {
    let station: Station
  }

  private func takeStation() -> Taken {
    let taken = idle.withLock { idle in idle.stations.popLast().map { Taken(station: $0) } }
    return taken ?? Taken(station: Station(compression))
  }

  private func giveBack(_ taken: Taken) {
    idle.withLock { $0.stations.append(taken.station) }
  }

  /// Header and stored bytes of a page.
  ///
  /// - Shape: the first `levelByteCount` bytes of `body` stay uncompressed (data pages v2).
  func stored(
    _ body: UnsafeRawBufferPointer, levelByteCount: Int, kind: PageHeader.Kind
  ) throws(ParquetError) -> StoredPage {
    let levels = UnsafeRawBufferPointer(rebasing: body[..<levelByteCount])
    let values = UnsafeRawBufferPointer(rebasing: body[levelByteCount...])
    var kind = kind
    var packed: [UInt8]?
    if compression != .uncompressed, !values.isEmpty {
      if case .dictionary = kind {} else { packed = replacement?.compress(values) }
      if packed == nil { packed = try compressed(values) }
    }
    if case .dataV2(var page) = kind {
      if let bytes = packed, bytes.count >= values.count { packed = nil }
      page.isCompressed = packed != nil
      kind = .dataV2(page)
    }
    let content = packed
    return content.withBytes(or: values) { content in
      StoredPage(
        kind, levels: levels, content: content, uncompressedByteCount: body.count,
        hasChecksum: writesChecksums)
    }
  }
}

extension Optional<[UInt8]> {
  fileprivate func withBytes<Result>(
    or other: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    if let self { return self.withUnsafeBytes(body) }
    return body(other)
  }
}

/// A page as it lies in the file: header, levels of a v2 page, content.
struct StoredPage: Sendable {
  let bytes: [UInt8]
  /// Header and content before compression.
  let uncompressedByteCount: Int

  init(
    _ kind: PageHeader.Kind, levels: UnsafeRawBufferPointer, content: UnsafeRawBufferPointer,
    uncompressedByteCount: Int, hasChecksum: Bool
  ) {
    let storedByteCount = levels.count + content.count
    let checksum =
      hasChecksum ? pageChecksum(content, continuing: pageChecksum(levels)) : nil
    let header = PageHeader(
      uncompressedByteCount: uncompressedByteCount, compressedByteCount: storedByteCount,
      checksum: checksum, kind: kind
    ).encoded()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(header.count + storedByteCount)
    bytes.append(contentsOf: header)
    bytes.append(contentsOf: levels)
    bytes.append(contentsOf: content)
    self.bytes = bytes
    self.uncompressedByteCount = header.count + uncompressedByteCount
  }
}

/// The bytes of a page that waits for its compression, in memory that a later page gets again.
///
/// - Concurrency: `@unchecked` because one thread at a time has it: the column's writer, then
///   whoever compresses the page.
final class PageBody: @unchecked Sendable {
  var bytes = GrowableBytes()
  /// Where the page begins in `bytes`.
  var start = 0

  var content: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes.rawBytes[start...])
  }
}

/// Bodies that nobody uses now.
final class PageBodies: Sendable {
  private let idle = Mutex<[PageBody]>([])

  func take() -> PageBody { idle.withLock { $0.popLast() } ?? PageBody() }

  func giveBack(_ body: PageBody) {
    body.bytes.removeAll()
    body.start = 0
    idle.withLock { $0.append(body) }
  }
}

/// A full page that waits for its compression, which any thread may do.
///
/// The column's writer keeps its pages in order and compresses at its end those that nobody did.
public final class PendingPage: Sendable {
  private enum State: Sendable {
    case waiting(PageBody)
    case done(StoredPage)
    case failed(ParquetError)
  }

  private let recipe: PageRecipe
  private let kind: PageHeader.Kind
  private let levelByteCount: Int
  private let state: Mutex<State>
  private let bodies: PageBodies?

  init(
    _ recipe: PageRecipe, _ kind: PageHeader.Kind, levelByteCount: Int, body: PageBody,
    from bodies: PageBodies
  ) {
    self.recipe = recipe
    self.kind = kind
    self.levelByteCount = levelByteCount
    self.bodies = bodies
    state = Mutex(.waiting(body))
  }

  init(_ recipe: PageRecipe, _ kind: PageHeader.Kind, done page: StoredPage) {
    self.recipe = recipe
    self.kind = kind
    levelByteCount = 0
    bodies = nil
    state = Mutex(.done(page))
  }

  /// Compresses the page unless that is done; errors come out of the writer's `finish`.
  public func compress() {
    state.withLock { state in
      if case .waiting(let body) = state { state = outcome(body) }
    }
  }

  /// The page as it will lie in the file, head and all; nil before it is compressed.
  public var bytes: [UInt8]? {
    state.withLock { if case .done(let page) = $0 { page.bytes } else { nil } }
  }

  private func outcome(_ body: PageBody) -> State {
    defer { bodies?.giveBack(body) }
    do throws(ParquetError) {
      return .done(try recipe.stored(body.content, levelByteCount: levelByteCount, kind: kind))
    } catch {
      return .failed(error)
    }
  }

  /// Bytes that the page takes in memory.
  var heldByteCount: Int {
    state.withLock { state in
      switch state {
      case .waiting(let body): body.content.count
      case .done(let page): page.bytes.count
      case .failed: 0
      }
    }
  }

  /// The page, compressed here if nobody did.
  func stored() throws(ParquetError) -> StoredPage {
    compress()
    switch state.withLock({ $0 }) {
    case .done(let page): return page
    case .failed(let error): throw error
    case .waiting: throw ParquetError(.misuse, "a page was not compressed")
    }
  }
}
