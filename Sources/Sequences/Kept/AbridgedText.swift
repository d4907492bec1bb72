import Bytes

// A row that only the horizon will change differs in a few words from what it will be in the end.
// So the last of the ways it reads is kept in full, and the others follow it, abridged: of each
// rendering, 4 bytes how much of its beginning and 4 how much of its end is that of the full one,
// and then what lies between.

/// A rendering, as what it does not share with another one.
struct AbridgedText {
  private static let headerByteCount = 8
  private let beginning: UnsafeRawBufferPointer
  private let middle: UnsafeRawBufferPointer
  private let end: UnsafeRawBufferPointer

  init(_ text: UnsafeRawBufferPointer, beside full: UnsafeRawBufferPointer) {
    let most = min(text.count, full.count, Int(UInt32.max))
    let first = equalBeginning(text, full, most)
    let last = equalEnd(text, full, most - first)
    beginning = UnsafeRawBufferPointer(rebasing: full[..<first])
    middle = UnsafeRawBufferPointer(rebasing: text[first..<(text.count - last)])
    end = UnsafeRawBufferPointer(rebasing: full[(full.count - last)...])
  }

  /// - Errors: `KeptStateUnusable` where it is none of the full one.
  init(reading stored: UnsafeRawBufferPointer, beside full: UnsafeRawBufferPointer) throws {
    let damaged = KeptStateUnusable("its rows are damaged")
    guard stored.count >= AbridgedText.headerByteCount else { throw damaged }
    let first = Int(stored.loadUnaligned(as: UInt32.self))
    let last = Int(stored.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    guard first + last <= full.count else { throw damaged }
    beginning = UnsafeRawBufferPointer(rebasing: full[..<first])
    middle = UnsafeRawBufferPointer(rebasing: stored[AbridgedText.headerByteCount...])
    end = UnsafeRawBufferPointer(rebasing: full[(full.count - last)...])
  }

  /// The rendering itself, in parts.
  func forEachPart(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    for part in [beginning, middle, end] { try body(part) }
  }

  /// Writes it as it is kept; the full one may lie in the same buffer.
  func write(to out: inout OutputBytes) {
    let (first, last) = (beginning.count, end.count)
    out.reserve(AbridgedText.headerByteCount + middle.count)
    out.put(raw: UInt32(truncatingIfNeeded: first))
    out.put(raw: UInt32(truncatingIfNeeded: last))
    if let start = middle.baseAddress {
      out.put(start.assumingMemoryBound(to: UInt8.self), middle.count)
    }
  }
}

/// How many bytes, at most so many, are equal from the beginning on.
private func equalBeginning(
  _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, _ most: Int
) -> Int {
  var count = 0
  while count + 8 <= most {
    let difference = bits(left, count, right, count)
    if difference != 0 { return count + difference.trailingZeroBitCount / 8 }
    count += 8
  }
  while count < most && left[count] == right[count] { count += 1 }
  return count
}

/// How many bytes, at most so many, are equal up to the end.
private func equalEnd(
  _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, _ most: Int
) -> Int {
  var count = 0
  while count + 8 <= most {
    let difference = bits(left, left.count - count - 8, right, right.count - count - 8)
    if difference != 0 { return count + difference.leadingZeroBitCount / 8 }
    count += 8
  }
  while count < most && left[left.count - 1 - count] == right[right.count - 1 - count] {
    count += 1
  }
  return count
}

/// What differs of eight bytes, the first one lowest.
@inline(__always)
private func bits(
  _ left: UnsafeRawBufferPointer, _ leftStart: Int, _ right: UnsafeRawBufferPointer,
  _ rightStart: Int
) -> UInt64 {
  let (first, second) = (
    left.loadUnaligned(fromByteOffset: leftStart, as: UInt64.self),
    right.loadUnaligned(fromByteOffset: rightStart, as: UInt64.self)
  )
  return UInt64(littleEndian: first ^ second)
}
