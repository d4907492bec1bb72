import Files
import Mappings

/// Finds the mapping that `--mapping` names: a file, or one that ships with the program.
enum MappingChoice {
  static func load(_ name: String) throws -> Mapping {
    if Mapping.builtInNames.contains(name) { return try Mapping.builtIn(name) }
    let looksLikePath = name.contains("/") || name.contains(".")
    if !looksLikePath && !Pipeline.files.exists(name) { return try Mapping.builtIn(name) }
    return try Mapping(try readFile(name), file: name)
  }
}

/// The bytes of a small file: options, mappings.
func readFile(_ path: String) throws -> [UInt8] {
  let file = try Pipeline.files.open(path)
  defer { file.close() }
  var bytes = [UInt8](repeating: 0, count: file.byteCount)
  try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
  return bytes
}
