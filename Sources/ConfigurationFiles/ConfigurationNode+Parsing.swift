import Yams

// The bounds are checked on the raw text, before the YAML parser sees it, because it recurses into
// nested values and follows aliases without a limit of its own.

extension ConfigurationNode {
  /// Reads YAML (or JSON, which is a subset as far as people write it).
  ///
  /// - Shape: an empty document gives an empty mapping.
  /// - Errors: bad UTF-8, bad YAML, duplicate keys, several documents, anchors and aliases, keys
  ///   that are not scalars, and anything beyond `Limits`.
  package static func parse(
    _ bytes: [UInt8], file: String
  ) throws(ConfigurationError) -> ConfigurationNode {
    guard bytes.count <= Limits.textByteCount else {
      throw ConfigurationError(
        file: file,
        problem: "the file is \(bytes.count) bytes long, more than \(Limits.textByteCount)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(
        file: file, problem: "the file is not UTF-8 text", advice: "save it as UTF-8")
    }
    if let nul = bytes.firstIndex(of: 0) {
      throw ConfigurationError(file: file, problem: "a zero byte at offset \(nul)")
    }
    try checkBounds(bytes, file: file)
    return try compose(text, file: file)
  }

  /// Reads YAML or JSON from text at hand.
  package static func parse(
    text: String, file: String
  ) throws(ConfigurationError) -> ConfigurationNode {
    try parse(Array(text.utf8), file: file)
  }

  private static func compose(
    _ text: String, file: String
  ) throws(ConfigurationError) -> ConfigurationNode {
    do {
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      let root = try parser.singleRoot()
      var converter = Converter(file: file)
      // The parser owns the anchors, nodes only point at them.
      return try withExtendedLifetime(parser) {
        guard let root else {
          return ConfigurationNode(content: .mapping([]), file: file, line: 1, column: 1)
        }
        let node = try converter.convert(root)
        guard node.isNull else { return node }
        return ConfigurationNode(content: .mapping([]), file: file, line: 1, column: 1)
      }
    } catch let error as ConfigurationError {
      throw error
    } catch let error as YamlError {
      throw translate(error, file: file)
    } catch {
      throw ConfigurationError(file: file, problem: "the file cannot be read as YAML: \(error)")
    }
  }

  private static func checkBounds(_ bytes: [UInt8], file: String) throws(ConfigurationError) {
    var line = 1
    var column = 1
    var inPrefix = true
    var brackets = 0
    var aliases = 0
    var previous = UInt8(ascii: "\n")
    func failure(_ problem: String, _ advice: String) -> ConfigurationError {
      ConfigurationError(file: file, line: line, column: column, problem: problem, advice: advice)
    }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        brackets += 1
        if brackets > Limits.openingBrackets {
          throw failure(
            "more than \(Limits.openingBrackets) opening brackets",
            "write long lists and mappings in indented form")
        }
      case UInt8(ascii: "*") where startsToken(after: previous):
        aliases += 1
        if aliases > Limits.aliasCandidates {
          throw failure(aliasProblem, "write the value out, quote text that begins with *")
        }
      default: break
      }
      inPrefix = inPrefix && isPrefix(byte)
      if inPrefix, column > Limits.indentation {
        throw failure(
          "a line is indented by more than \(Limits.indentation) columns", "nest less deeply")
      }
      previous = byte
      column += 1
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        line += byte == UInt8(ascii: "\n") ? 1 : 0
        column = 1
        inPrefix = true
      }
    }
  }

  private static let aliasProblem = "YAML anchors and aliases are not supported"

  /// Bytes that can stand before the first value of a line; only these nest blocks.
  private static func isPrefix(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "-"), UInt8(ascii: "?"),
      UInt8(ascii: ":"):
      true
    default: false
    }
  }

  private static func startsToken(after byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: "\n"),
      UInt8(ascii: "\r"):
      true
    default: isPrefix(byte)
    }
  }

  private static func translate(_ error: YamlError, file: String) -> ConfigurationError {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let setting = context.map { " (\($0.text) in line \($0.mark.line))" } ?? ""
      return ConfigurationError(
        file: file, line: mark.line, column: mark.column, problem: problem + setting)
    case .duplicatedKeysInMapping(let duplicates, let context):
      return ConfigurationError(
        file: file, line: context.mark.line, column: context.mark.column,
        problem: "the key '\(duplicates.first ?? "")' is written twice",
        advice: "keep one of them")
    case .reader(let problem, let offset, _, _):
      let place = offset.map { " at character \($0)" } ?? ""
      return ConfigurationError(file: file, problem: problem + place)
    default:
      return ConfigurationError(file: file, problem: "the file cannot be read as YAML: \(error)")
    }
  }

  /// Turns the parser's nodes into ours, refusing anchors and counting values.
  private struct Converter {
    let file: String
    var nodeCount = 0

    mutating func convert(_ node: Node) throws(ConfigurationError) -> ConfigurationNode {
      let line = node.mark?.line ?? 1
      let column = node.mark?.column ?? 1
      func failure(_ problem: String, _ advice: String) -> ConfigurationError {
        ConfigurationError(
          file: file, line: line, column: column, problem: problem, advice: advice)
      }
      nodeCount += 1
      guard nodeCount <= Limits.nodes else {
        throw failure("more than \(Limits.nodes) values", "split the file")
      }
      guard node.anchor == nil else { throw failure(aliasProblem, "write the value out") }
      let content: Content
      switch node {
      case .scalar(let scalar):
        let isPlain = scalar.style == .plain || scalar.style == .any
        let kind = isPlain ? ScalarKind(plain: scalar.string) : .string
        content = .scalar(text: scalar.string, kind: kind)
      case .sequence(let sequence):
        var items: [ConfigurationNode] = []
        for item in sequence { items.append(try convert(item)) }
        content = .sequence(items)
      case .mapping(let mapping):
        var entries: [ConfigurationEntry] = []
        for (key, value) in mapping {
          let keyNode = try convert(key)
          guard case .scalar(let text, _) = keyNode.content else {
            throw keyNode.error("a key must be a name, not \(keyNode.inWords)")
          }
          entries.append(
            ConfigurationEntry(key: text, keyNode: keyNode, value: try convert(value)))
        }
        content = .mapping(entries)
      case .alias:
        throw failure(aliasProblem, "write the value out")
      }
      return ConfigurationNode(content: content, file: file, line: line, column: column)
    }
  }
}

extension ConfigurationNode.ScalarKind {
  /// The kind of text written without quotes, by YAML 1.2's core schema.
  init(plain text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE", "false", "False", "FALSE": self = .boolean
    default:
      let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
      let isNumeric = digits.first.map { $0 >= 48 && $0 <= 57 } ?? false
      let dots = digits.count { $0 == UInt8(ascii: ".") }
      let others = digits.count { ($0 < 48 || $0 > 57) && $0 != UInt8(ascii: ".") }
      if !isNumeric || others > 0 || dots > 1 {
        self = .string
      } else {
        self = dots == 0 ? .integer : .decimal
      }
    }
  }
}
