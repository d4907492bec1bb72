/// Byte strings as places in one text: the form in which columns of strings are appended.
///
/// - Shape: row `i` is `lengths[r]` bytes from `base + starts[r]` on, where `r` is `selection[i]`,
///   or `i` without a selection. A length of `absent` stands for null.
struct TextRows {
  static let absent = UInt32.max

  let base: UnsafeRawPointer
  let starts: UnsafePointer<UInt32>
  let lengths: UnsafePointer<UInt32>
  let selection: UnsafePointer<UInt32>?
  let count: Int

  @inline(__always)
  func index(_ row: Int) -> Int {
    if let selection { return Int(selection[row]) }
    return row
  }
}

/// Where appending rows to a page has come to, and where it must stop.
struct PageFill {
  var rows: Int
  /// Bytes of the values in PLAIN form, whatever their encoding.
  var bytes: Int
  let rowLimit: Int
  let byteLimit: Int

  /// A full page takes no further row; so a page has at least one, however large.
  @inline(__always)
  var isFull: Bool { rows >= rowLimit || bytes >= byteLimit }
}
