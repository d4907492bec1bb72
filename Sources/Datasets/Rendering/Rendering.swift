package import ConfigurationFiles

/// One format that a dataset can be written in.
///
/// A rendering gets its own folder of the dataset (`<dataset>/<name>/`), writes files with
/// `RenderingOutput`, and afterwards reads them again with code that shares nothing with its
/// writer. It adds no clock, no host and no order of its own: same contents, same bytes.
package protocol Rendering: Sendable {
  /// The name in a recipe's `formats`, and of the folder.
  static var name: String { get }
  /// One sentence for lists.
  static var summary: String { get }
  /// - Shape: what stands under the name in the recipe; nil for defaults.
  init(options: ConfigurationNode?) throws(ConfigurationError)
  /// What the format or its reader has no place for, a sentence each; for the folder's README.
  func cannotCarry(_ contents: any DatasetContents) -> [String]
  /// Writes all splits.
  func write(_ contents: any DatasetContents, into output: RenderingOutput) throws
  /// Reads the written files with an independent parser and compares them with the contents.
  ///
  /// - Errors: `RenderingError.misread` where they differ, with file and place.
  func check(_ contents: any DatasetContents, _ written: RenderingInput) throws
}

/// What goes wrong between a dataset and a format.
package enum RenderingError: Error, Equatable, CustomStringConvertible {
  /// The format cannot hold this dataset: what, and what to change in the recipe.
  case unsuitable(format: String, why: String, advice: String)
  /// What was read again is not what was written.
  case misread(file: String, place: String, expected: String, found: String)

  package var description: String {
    switch self {
    case .unsuitable(let format, let why, let advice): "\(format): \(why); \(advice)"
    case .misread(let file, let place, let expected, let found):
      "\(file), \(place): expected \(expected), read \(found)"
    }
  }
}

/// The formats that a build knows.
package enum Renderings {
  package static let all: [any Rendering.Type] = [
    NDJSONRendering.self, CSVRendering.self, ParquetRendering.self, HuggingFaceRendering.self,
    CroissantRendering.self, RecBoleRendering.self, MerlinRendering.self, SASRecRendering.self,
    GRU4RecRendering.self, OTTORendering.self, HSTURendering.self, KuaiRandRendering.self,
    RecommendersRendering.self, RecToolsRendering.self, RePlayRendering.self,
    TFRecordRendering.self, NumPyRendering.self, PersonalizeRendering.self,
    GoogleRetailRendering.self, AttributionRendering.self,
  ]

  package static var names: [String] { all.map { $0.name } }

  /// The rendering that a recipe chose.
  package static func make(_ choice: FormatChoice) throws(ConfigurationError) -> any Rendering {
    for kind in all where kind.name == choice.name { return try kind.init(options: choice.options) }
    throw ConfigurationError(
      file: "formats", problem: "unknown format '\(choice.name)'",
      nearest: nearestName(to: choice.name, among: names))
  }
}

extension ConfigurationNode {
  /// For a rendering without options: complains about any that are written.
  package static func requireNone(
    _ options: ConfigurationNode?, of format: String
  ) throws(ConfigurationError) {
    if let options, !options.isNull { _ = try options.entries(keys: [], of: "'\(format)'") }
  }
}
