/// How the values of a column are stored.
///
/// - Source: Apache Parquet format, `Type` in parquet.thrift.
public enum PhysicalType: Int32, Sendable, Hashable {
  case boolean = 0
  case int32 = 1
  case int64 = 2
  /// Twelve bytes, once used for timestamps; read only for old files.
  case int96 = 3
  case float = 4
  case double = 5
  case byteArray = 6
  case fixedLengthByteArray = 7

  /// Bytes of one PLAIN value, or nil for bits (boolean) and for types whose length is elsewhere.
  public var plainByteCount: Int? {
    switch self {
    case .int32, .float: 4
    case .int64, .double: 8
    case .int96: 12
    case .boolean, .byteArray, .fixedLengthByteArray: nil
    }
  }
}

/// Whether a field occurs once, at most once or any number of times in its parent.
public enum Repetition: Int32, Sendable, Hashable {
  case required = 0
  case optional = 1
  case repeated = 2
}

/// How the values or levels of a page are encoded; numbers that this library does not know are
/// kept.
public struct Encoding: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let plain = Encoding(rawValue: 0)
  /// Dictionary indices, and plain dictionary pages, as written by old software.
  public static let plainDictionary = Encoding(rawValue: 2)
  public static let rle = Encoding(rawValue: 3)
  /// Legacy encoding of levels, most significant bit first.
  public static let bitPacked = Encoding(rawValue: 4)
  public static let deltaBinaryPacked = Encoding(rawValue: 5)
  public static let deltaLengthByteArray = Encoding(rawValue: 6)
  public static let deltaByteArray = Encoding(rawValue: 7)
  public static let rleDictionary = Encoding(rawValue: 8)
  public static let byteStreamSplit = Encoding(rawValue: 9)

  /// Whether values are indices into the dictionary page.
  public var isDictionary: Bool { self == .plainDictionary || self == .rleDictionary }

  public var description: String {
    switch self {
    case .plain: "PLAIN"
    case .plainDictionary: "PLAIN_DICTIONARY"
    case .rle: "RLE"
    case .bitPacked: "BIT_PACKED"
    case .deltaBinaryPacked: "DELTA_BINARY_PACKED"
    case .deltaLengthByteArray: "DELTA_LENGTH_BYTE_ARRAY"
    case .deltaByteArray: "DELTA_BYTE_ARRAY"
    case .rleDictionary: "RLE_DICTIONARY"
    case .byteStreamSplit: "BYTE_STREAM_SPLIT"
    default: "encoding \(rawValue)"
    }
  }
}

/// The compression named in a column chunk; numbers that this library does not know are kept.
public struct CompressionCodec: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let uncompressed = CompressionCodec(rawValue: 0)
  public static let snappy = CompressionCodec(rawValue: 1)
  public static let gzip = CompressionCodec(rawValue: 2)
  public static let lzo = CompressionCodec(rawValue: 3)
  public static let brotli = CompressionCodec(rawValue: 4)
  /// The deprecated LZ4 with undocumented framing; see ``lz4Raw``.
  public static let lz4 = CompressionCodec(rawValue: 5)
  public static let zstd = CompressionCodec(rawValue: 6)
  public static let lz4Raw = CompressionCodec(rawValue: 7)

  public var description: String {
    switch self {
    case .uncompressed: "UNCOMPRESSED"
    case .snappy: "SNAPPY"
    case .gzip: "GZIP"
    case .lzo: "LZO"
    case .brotli: "BROTLI"
    case .lz4: "LZ4"
    case .zstd: "ZSTD"
    case .lz4Raw: "LZ4_RAW"
    default: "codec \(rawValue)"
    }
  }
}

/// How a writer compresses pages.
public enum Compression: Sendable, Hashable {
  case uncompressed
  case snappy
  /// - Units: zlib levels 1 to 9.
  case gzip(level: Int)
  /// - Units: zstd levels, 1 fast to 19 small; negative levels are faster still.
  case zstd(level: Int)
  case lz4Raw

  /// What the column chunk's metadata says for it.
  public var codec: CompressionCodec {
    switch self {
    case .uncompressed: .uncompressed
    case .snappy: .snappy
    case .gzip: .gzip
    case .zstd: .zstd
    case .lz4Raw: .lz4Raw
    }
  }
}
