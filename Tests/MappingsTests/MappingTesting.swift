import ConfigurationFiles
import Events
import Mappings
import Testing

/// What a mapping makes of a text, for tests.
struct Mapped {
  var result: MappedMessages

  var rejects: [MappedReject] { result.rejects }

  var messages: [String] {
    result.text.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The messages as the ledger's decoder reads them.
  func decoded() -> EventBatch {
    EventDecoder(seed: 1).decode(
      chunk: result.text, firstLine: 1, importClock: 1_800_000_000_000_000)
  }

  var topics: [String: Int] {
    let batch = decoded()
    var counts: [ArraySlice<UInt8>: Int] = [:]
    for row in 0..<batch.count {
      let start = Int(batch.topic.starts[row])
      counts[batch.text[start..<start + Int(batch.topic.lengths[row])], default: 0] += 1
    }
    let named = counts.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
    return Dictionary(uniqueKeysWithValues: named)
  }
}

extension String {
  /// The parts between a separator.
  func components(_ separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}

/// Runs a mapping over bytes handed over in pieces of `pieceByteCount`.
func map(
  _ mapping: Mapping, _ bytes: [UInt8], pieceByteCount: Int = 1 << 20
) throws -> Mapped {
  var reader = MappingReader(mapping, fileName: "data.csv")
  var result = MappedMessages()
  try bytes.withUnsafeBytes { buffer in
    var start = 0
    while start < buffer.count {
      let end = min(buffer.count, start + pieceByteCount)
      try reader.read(UnsafeRawBufferPointer(rebasing: buffer[start..<end]), into: &result)
      start = end
    }
  }
  try reader.finish(into: &result)
  return Mapped(result: result)
}

func map(_ yaml: String, _ text: String, pieceByteCount: Int = 1 << 20) throws -> Mapped {
  let mapping = try Mapping(Array(yaml.utf8), file: "shop.yaml")
  return try map(mapping, Array(text.utf8), pieceByteCount: pieceByteCount)
}

/// The error of a mapping that must not be accepted.
func mappingFailure(_ yaml: String) -> ConfigurationError? {
  do {
    _ = try Mapping(Array(yaml.utf8), file: "shop.yaml")
    return nil
  } catch {
    return error
  }
}

/// A mapping with one event a row, whose fields beyond the envelope are given.
func simpleMapping(_ fields: String, input: String = "format: csv", more: String = "") -> String {
  """
  source: /shop
  input: {\(input)}
  fields:
    id: id
    topic: product.viewed
    time: {column: time, format: epoch_s}
  \(fields.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n"))
  \(more)
  """
}

/// What stands in a message's `data`.
func data(_ message: String) -> String {
  String(message.components("\"data\":")[1].dropLast())
}

/// Checks that every message is one the contract accepts, alone and in its place.
func expectAccepted(_ mapped: Mapped, sourceLocation: SourceLocation = #_sourceLocation) {
  let batch = mapped.decoded()
  #expect(batch.rejects.map(\.detail) == [], sourceLocation: sourceLocation)
  #expect(batch.count == mapped.result.lineNumbers.count, sourceLocation: sourceLocation)
}
