import Bytes
/// Where the parts of a ledger lie, and how its files are named.
///
/// Files are named by what they hold: nineteen digits (the first ledger offset, or the number of
/// the commit) and the first sixteen hex digits of the SHA-256.
///
/// - Source: docs/formats/ledger.md §1.
struct LedgerDirectory: Sendable {
  let path: String

  init(_ path: String) {
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.path = trimmed
  }

  enum Kind: CaseIterable {
    case segments, index, filters, rejects, fresh

    var folder: String {
      switch self {
      case .segments: "segments"
      case .index, .filters: "index"
      case .rejects: "rejects"
      case .fresh: "fresh"
      }
    }

    var suffix: String {
      switch self {
      case .segments: ".parquet"
      case .index: ".index"
      case .filters: ".filter"
      case .rejects: ".rejects"
      case .fresh: ".log"
      }
    }
  }

  var catalog: String { path + "/catalog.sqlite" }
  var lock: String { path + "/lock" }
  var leases: String { path + "/leases" }
  func lease(_ generation: Int64) -> String {
    leases + "/" + paddedDecimal(generation) + ".lease"
  }
  static func generation(ofLease name: String) -> Int64? {
    name.hasSuffix(".lease") ? Int64(name.dropLast(".lease".count)) : nil
  }
  var temporary: String { path + "/temporary" }
  func folder(_ kind: Kind) -> String { path + "/" + kind.folder }
  func file(_ kind: Kind, _ name: String) -> String { folder(kind) + "/" + name }

  static func name(_ kind: Kind, first: Int64, sha256: [UInt8]) -> String {
    paddedDecimal(first) + "-" + hexadecimal(sha256.prefix(8)) + kind.suffix
  }

  /// A log grows, so its name cannot hold its hash: the number of the commit that begins it does.
  static func freshName(first: Int64, commitNumber: Int64) -> String {
    let digits = String(commitNumber, radix: 16)
    return paddedDecimal(first) + "-" + String(repeating: "0", count: 16 - digits.utf8.count)
      + digits + Kind.fresh.suffix
  }

  /// Where the bytes of a reject lie: in a file of rejects, or still in a fresh log.
  func rejectFile(_ name: String) -> String {
    file(name.hasSuffix(Kind.fresh.suffix) ? .fresh : .rejects, name)
  }

  /// The number at the front of a name of ours, or nil when the name is not one of ours.
  static func first(ofName name: String, _ kind: Kind) -> Int64? {
    let bytes = Array(name.utf8)
    let suffix = Array(kind.suffix.utf8)
    guard bytes.count == 36 + suffix.count, bytes[19] == UInt8(ascii: "-"),
      bytes[36...].elementsEqual(suffix),
      bytes[..<19].allSatisfy({ (0x30...0x39).contains($0) }),
      bytes[20..<36].allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    return Int64(String(decoding: bytes[..<19], as: UTF8.self))
  }
}

/// Nineteen digits, so that names sort as numbers do.
func paddedDecimal(_ number: Int64) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, 19 - digits.utf8.count)) + digits
}
