package import Files

/// What local clocks of a place show at an instant: for days of the week and hours.
package struct LocalClock: Sendable, Equatable {
  private var firstOffset: Int64 = 0
  /// Instants, in seconds since 1970 UTC, from which `offsets` at the same place hold; ascending.
  private var changes: [Int64] = []
  private var offsets: [Int64] = []

  /// The clock of UTC.
  package init() {}

  /// A clock by its zone: a name such as `Europe/Berlin`, `UTC`, or an offset such as `+02:00`.
  ///
  /// - Errors: nil when this system's database knows no such zone.
  package init?(zone name: String, files: any FileSystem) {
    guard let rules = ZoneRules(fixed: name) ?? LocalClock.rules(name, files) else { return nil }
    firstOffset = rules.firstOffset
    var before = rules.firstOffset
    for (local, offset) in zip(rules.changes, rules.offsets) {
      // A change's local time is its instant read with the larger of the two offsets.
      changes.append(local - max(before, offset))
      offsets.append(offset)
      before = offset
    }
  }

  private static func rules(_ name: String, _ files: any FileSystem) -> ZoneRules? {
    let path = "/usr/share/zoneinfo/\(name)"
    let isPlain = name.utf8.allSatisfy { $0 >= 0x2b && $0 <= 0x7a && $0 != 0x2e }
    guard isPlain, !name.isEmpty, let file = try? files.open(path) else { return nil }
    defer { file.close() }
    guard file.byteCount <= Limits.zoneFileByteCount else { return nil }
    var bytes = [UInt8](repeating: 0, count: file.byteCount)
    do {
      try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    } catch {
      return nil
    }
    return ZoneRules(tzif: bytes)
  }

  /// Seconds since 1970 as local clocks show them.
  ///
  /// - Units: microseconds since 1970 UTC in.
  package func localSeconds(at microseconds: Int64) -> Int64 {
    let seconds =
      microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] <= seconds { low = middle + 1 } else { high = middle }
    }
    return seconds + (low == 0 ? firstOffset : offsets[low - 1])
  }
}
