import Files
import Ledger
import Parquet
import Sequences
import Threads

/// Where the real parts are picked and wired.
enum Pipeline {
  static let files = POSIXFileSystem()

  /// Opens a ledger for writing with the real files, clock and randomness.
  static func openWriter(
    _ directory: String, pool: WorkerPool, compression: IngestCommand.Codec = .zstd,
    segmentRows: Int? = nil, isLive: Bool = false, compactsSealed: Bool = true
  ) throws -> LedgerWriter {
    var options = isLive ? LedgerWriterOptions.live : LedgerWriterOptions()
    switch compression {
    case .zstd: options.compression = .zstd(level: 1)
    case .gzip: options.compression = .gzip(level: 6)
    case .none: options.compression = .uncompressed
    }
    options.compactsSealed = compactsSealed
    if let segmentRows { options.segmentRowCount = segmentRows }
    var random = SystemRandomNumberGenerator()
    return try LedgerWriter.open(
      directory: directory, files: files, pool: pool, clock: .system, random: &random,
      options: options)
  }

  /// What computations stand on, with the real files.
  static func resources(
    _ pool: WorkerPool, memoryByteLimit: Int = 512 << 20
  ) -> SequenceResources {
    SequenceResources(
      pool: pool, files: files, spillDirectory: spillDirectory(), memoryByteLimit: memoryByteLimit)
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Pipeline {
  /// A folder of this process alone for what does not fit into memory.
  static func spillDirectory() -> String {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    return "\(base)/daybook-\(getpid())"
  }
}
