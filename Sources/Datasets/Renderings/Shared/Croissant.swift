import Bytes
import Files

/// The Croissant description of Parquet shards: JSON-LD that names each file, its checksum and its
/// columns.
///
/// - Source: MLCommons Croissant 1.0.
struct Croissant {
  private let contents: any DatasetContents
  private let columns: [ExampleColumn]
  private let files: [DatasetFile]

  /// - Shape: the files lie in `data/` beside the description.
  init(_ contents: any DatasetContents, _ columns: [ExampleColumn], files: [DatasetFile]) {
    self.contents = contents
    self.columns = columns
    self.files = files
  }

  private static func id(_ text: String) -> JSONValue { .object([.init("@id", .string(text))]) }

  /// The standard's own context, whole.
  private static var context: JSONValue {
    let json: JSONValue = .string("@json")
    func typed(_ id: String, _ type: JSONValue) -> JSONValue {
      .object([.init("@id", .string(id)), .init("@type", type)])
    }
    let plain = [
      "column", "extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes",
      "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references",
      "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField",
      "transform", "equivalentProperty", "citeAs",
    ]
    return .object(
      [
        .init("@language", .string("en")), .init("@vocab", .string("https://schema.org/")),
        .init("conformsTo", .string("dct:conformsTo")),
        .init("cr", .string("http://mlcommons.org/croissant/")),
        .init("rai", .string("http://mlcommons.org/croissant/RAI/")),
        .init("data", typed("cr:data", json)),
        .init("dataType", typed("cr:dataType", .string("@vocab"))),
        .init("dct", .string("http://purl.org/dc/terms/")),
        .init("examples", typed("cr:examples", json)), .init("sc", .string("https://schema.org/")),
      ] + plain.sorted().map { .init($0, .string("cr:\($0)")) })
  }

  private static func dataType(_ column: ExampleColumn) -> String {
    switch column.kind {
    case .int64, .int32, .int8: "sc:Integer"
    case .float, .double: "sc:Float"
    case .text: "sc:Text"
    case .timestamp: "sc:Date"
    case .boolean: "sc:Boolean"
    }
  }

  /// The file's name, and the name of its record set: the split's, with the shard where there are
  /// several.
  private func names(_ file: DatasetFile) -> (path: String, id: String) {
    let path = file.path.split(separator: "/").last.map(String.init) ?? file.path
    let stem = path.dropLast(".parquet".count)
    let isAlone = stem.hasSuffix("-00000-of-00001")
    return (path, String(isAlone ? stem.dropLast("-00000-of-00001".count) : stem))
  }

  private func fields(_ recordSet: String, _ file: String) -> JSONValue {
    .array(
      columns.map { column in
        var members: [JSONValue.Member] = [
          .init("@type", .string("cr:Field")),
          .init("@id", .string("\(recordSet)/\(column.name)")),
          .init("name", .string(column.name)), .init("description", .string(column.meaning)),
          .init("dataType", .string(Croissant.dataType(column))),
          .init(
            "source",
            .object([
              .init("fileObject", Croissant.id(file)),
              .init("extract", .object([.init("column", .string(column.name))])),
            ])),
        ]
        if column.isList { members.append(.init("repeated", .boolean(true))) }
        return .object(members)
      })
  }

  private var distribution: JSONValue {
    .array(
      files.map { file in
        let name = names(file).path
        return .object([
          .init("@type", .string("cr:FileObject")), .init("@id", .string(name)),
          .init("name", .string(name)), .init("contentUrl", .string("data/\(name)")),
          .init("contentSize", .string("\(file.byteCount) B")),
          .init("encodingFormat", .string("application/x-parquet")),
          .init("sha256", .string(file.sha256)),
        ])
      })
  }

  /// The splits as the standard wants them: names, and what each is for.
  private var splits: JSONValue {
    func field(_ name: String, _ type: JSONValue) -> JSONValue {
      .object([
        .init("@type", .string("cr:Field")), .init("@id", .string("splits/\(name)")),
        .init("name", .string(name)), .init("dataType", type),
      ])
    }
    let rows = contents.splits.map { split -> JSONValue in
      let url =
        switch split.purpose {
        case .train: "cr:TrainingSplit"
        case .validation: "cr:ValidationSplit"
        case .test: "cr:TestSplit"
        }
      return .object([
        .init("splits/name", .string(split.name)), .init("splits/url", .string(url)),
      ])
    }
    return .object([
      .init("@type", .string("cr:RecordSet")), .init("@id", .string("splits")),
      .init("name", .string("splits")), .init("dataType", .string("cr:Split")),
      .init("key", Croissant.id("splits/name")),
      .init(
        "field",
        .array([field("name", .string("sc:Text")), field("url", .string("sc:URL"))])),
      .init("data", .array(rows)),
    ])
  }

  /// The whole description.
  ///
  /// - Shape: the date is that of the latest time known, so that it is the same in every build.
  var document: JSONValue {
    var time: [UInt8] = []
    appendTime(contents.horizon, to: &time)
    let date = String(decoding: time.prefix(10), as: UTF8.self)
    let title = contents.recipe.title ?? contents.recipe.name
    let records = files.map { file -> JSONValue in
      let names = names(file)
      return .object([
        .init("@type", .string("cr:RecordSet")), .init("@id", .string(names.id)),
        .init("name", .string(names.id)),
        .init("description", .string("One row an example, interactions as lists of equal length.")),
        .init("field", fields(names.id, names.path)),
      ])
    }
    return .object([
      .init("@context", Croissant.context), .init("@type", .string("sc:Dataset")),
      .init("conformsTo", .string("http://mlcommons.org/croissant/1.0")),
      .init("name", .string(contents.recipe.name)),
      .init(
        "description",
        .string(
          "\(title): task \(contents.recipe.task.rawValue), splits "
            + contents.splits.map(\.name).joined(separator: ", ")
            + ". Items \(contents.items.wordsHash), users \(contents.users.wordsHash).")),
      .init("version", .string("1.0.0+\(contents.version)")),
      .init("license", .string(contents.recipe.license ?? "other")),
      .init("url", .string("https://example.org/datasets/\(contents.recipe.name)")),
      .init(
        "creator",
        .object([.init("@type", .string("sc:Organization")), .init("name", .string("daybook"))])),
      .init("datePublished", .string(date)), .init("isLiveDataset", .boolean(false)),
      .init("citeAs", .string("\(contents.recipe.name) \(contents.version)")),
      .init("distribution", distribution), .init("recordSet", .array([splits] + records)),
    ])
  }

  /// Reads a description again: each file it names is there and has the size and checksum it says.
  static func check(_ written: RenderingInput, _ path: String) throws {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    let document = JSONValue(parsing: try written.bytes(path))
    guard let files = document?["distribution"]?.elements, !files.isEmpty else {
      throw RenderingError.misread(
        file: path, place: "distribution", expected: "files", found: "none")
    }
    for file in files {
      let name = (folder.isEmpty ? "" : folder + "/") + (file["contentUrl"]?.text ?? "")
      let input = try written.open(name)
      defer { input.close() }
      var hash = SHA256()
      var offset = 0
      while offset < input.byteCount {
        var chunk = [UInt8](
          repeating: 0, count: min(Limits.writeByteCount, input.byteCount - offset))
        try chunk.withUnsafeMutableBytes { try input.read(into: $0, at: offset) }
        offset += chunk.count
        chunk.withUnsafeBytes { hash.update($0) }
      }
      let digest = hexadecimal(hash.finish())
      guard file["sha256"]?.text == digest,
        file["contentSize"]?.text == "\(input.byteCount) B"
      else {
        throw RenderingError.misread(
          file: path, place: name, expected: digest, found: file["sha256"]?.text ?? "none")
      }
    }
  }
}
