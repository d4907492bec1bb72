/// Which members the `data` of each topic's messages has, and of which JSON types.
///
/// Reads accepted messages only, so it may rely on their being JSON; it looks at keys and first
/// bytes of values and skips the rest. Members of nested objects count by their path, of lists by
/// the list alone.
struct FieldSurvey {
  private struct Key: Hashable {
    var topic: [UInt8]
    var field: [UInt8]
  }

  private struct Seen {
    var types: UInt8 = 0
    var eventCount = 0
  }

  private var seen: [Key: Seen] = [:]
  private(set) var eventCount = 0
  private static let typeNames = ["null", "boolean", "number", "string", "list", "object"]
  private static let depthLimit = 4

  init() {}

  /// The fields by topic and name.
  func fields() -> [TopicField] {
    seen.map { key, seen in
      TopicField(
        topic: key.topic, field: String(decoding: key.field, as: UTF8.self),
        types: FieldSurvey.typeNames.enumerated().filter { seen.types & 1 << $0.offset != 0 }
          .map(\.element),
        eventCount: seen.eventCount)
    }
    .sorted { left, right in
      left.topic == right.topic
        ? left.field.utf8.lexicographicallyPrecedes(right.field.utf8)
        : left.topic.lexicographicallyPrecedes(right.topic)
    }
  }

  mutating func add(_ topic: ArraySlice<UInt8>, _ message: ArraySlice<UInt8>) {
    eventCount += 1
    let topic = Array(topic)
    var found: [(field: [UInt8], type: UInt8)] = []
    message.withUnsafeBytes { bytes in
      var walk = MemberWalk(bytes)
      walk.members { key, walk in
        guard key.elementsEqual("data".utf8), walk.type() == 5 else { return walk.skip() }
        FieldSurvey.collect(&walk, prefix: [], depth: 1, into: &found)
      }
    }
    for member in found {
      let key = Key(topic: topic, field: member.field)
      seen[key, default: Seen()].types |= 1 << member.type
      seen[key, default: Seen()].eventCount += 1
    }
  }

  private static func collect(
    _ walk: inout MemberWalk, prefix: [UInt8], depth: Int,
    into found: inout [(field: [UInt8], type: UInt8)]
  ) {
    walk.members { key, walk in
      let field = prefix + key
      let type = walk.type()
      found.append((field, type))
      if type == 5, depth < depthLimit {
        collect(&walk, prefix: field + [UInt8(ascii: ".")], depth: depth + 1, into: &found)
      } else {
        walk.skip()
      }
    }
  }
}

/// Walks the members of JSON objects that are known to be well-formed; on anything else it stops.
private struct MemberWalk {
  private let bytes: UnsafeRawBufferPointer
  private var index = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

  private mutating func skipSpace() {
    while [0x20, 0x09, 0x0a, 0x0d].contains(current) { index += 1 }
  }

  /// Calls `body` at the value of every member; it must step over the value.
  mutating func members(_ body: (ArraySlice<UInt8>, inout MemberWalk) -> Void) {
    skipSpace()
    guard current == UInt8(ascii: "{") else { return }
    index += 1
    skipSpace()
    while current == UInt8(ascii: "\"") {
      let start = index + 1
      skipString()
      let key = Array(bytes[start..<max(start, index - 1)])
      skipSpace()
      guard current == UInt8(ascii: ":") else { return }
      index += 1
      skipSpace()
      body(key[...], &self)
      skipSpace()
      guard current == UInt8(ascii: ",") else { break }
      index += 1
      skipSpace()
    }
    if current == UInt8(ascii: "}") { index += 1 }
  }

  /// The type of the value here, by its first byte, as an index into the type names.
  func type() -> UInt8 {
    switch current {
    case UInt8(ascii: "n"): 0
    case UInt8(ascii: "t"), UInt8(ascii: "f"): 1
    case UInt8(ascii: "\""): 3
    case UInt8(ascii: "["): 4
    case UInt8(ascii: "{"): 5
    default: 2
    }
  }

  /// Steps over the value here.
  mutating func skip() {
    var depth = 0
    while index < bytes.count {
      switch current {
      case UInt8(ascii: "\""): skipString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        index += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return }
        depth -= 1
        index += 1
      case UInt8(ascii: ","):
        if depth == 0 { return }
        index += 1
      default: index += 1
      }
    }
  }

  private mutating func skipString() {
    index += 1
    while index < bytes.count, current != UInt8(ascii: "\"") {
      index += current == UInt8(ascii: "\\") ? 2 : 1
    }
    index = min(index + 1, bytes.count)
  }
}
