package import Bytes

/// Many byte strings in one buffer: string `i` is `bytes[offsets[i]..<offsets[i + 1]]`.
///
/// - Shape: `offsets` has one entry more than there are strings and starts with 0; nulls are empty
///   strings, told apart by the presence beside them.
/// - Units: offsets in bytes.
public struct ByteValues: Sendable, Equatable {
  public var bytes: [UInt8]
  public var offsets: [UInt32]

  public init() {
    bytes = []
    offsets = [0]
  }

  /// How many strings there are.
  public var count: Int { offsets.count - 1 }

  /// One string.
  public subscript(index: Int) -> ArraySlice<UInt8> {
    bytes[Int(offsets[index])..<Int(offsets[index + 1])]
  }

  /// Adds a string at the end.
  public mutating func append(_ string: some Sequence<UInt8>) {
    bytes.append(contentsOf: string)
    offsets.append(UInt32(bytes.count))
  }

  /// Forgets all strings and keeps the memory for the next batch.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    offsets.append(0)
  }
}

extension ByteStrings {
  /// The same strings without a copy.
  package init(_ values: consuming ByteValues) {
    self.init(bytes: values.bytes, offsets: values.offsets)
  }
}
