import Bytes

/// Writes numbers in Prometheus' text form, version 0.0.4.
///
/// - Shape: all samples of a family stand together, after its HELP and TYPE.
/// - Source: prometheus.io, "Exposition formats".
package struct PrometheusText: Sendable {
  /// What a family counts.
  package enum Kind: String, Sendable { case counter, gauge, histogram }

  package private(set) var text = ""
  private var family = ""

  package init() {}

  /// Begins a family.
  package mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    family = name
    text += "# HELP \(name) \(PrometheusText.escaped(help, quotes: false))\n"
    text += "# TYPE \(name) \(kind.rawValue)\n"
  }

  /// A whole number of the family at hand.
  package mutating func add(_ value: Int64, _ labels: KeyValuePairs<String, String> = [:]) {
    add("", labels, "\(value)")
  }

  /// A time or span in seconds.
  ///
  /// - Units: given in microseconds.
  package mutating func add(
    microseconds: Int64, _ labels: KeyValuePairs<String, String> = [:], suffix: String = ""
  ) {
    add(suffix, labels, PrometheusText.seconds(microseconds))
  }

  /// A sample whose name goes on behind the family's: `_bucket`, `_sum`, `_count`.
  package mutating func add(
    suffix: String, _ value: Int64, _ labels: KeyValuePairs<String, String> = [:]
  ) {
    add(suffix, labels, "\(value)")
  }

  private mutating func add(
    _ suffix: String, _ labels: KeyValuePairs<String, String>, _ value: String
  ) {
    text += family + suffix
    if !labels.isEmpty {
      text +=
        "{"
        + labels.map { "\($0.key)=\"\(PrometheusText.escaped($0.value, quotes: true))\"" }
        .joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  /// Seconds with up to six digits of fraction, from the digits alone.
  static func seconds(_ microseconds: Int64) -> String {
    let (whole, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    let sign = microseconds < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    var digits = String(rest)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(sign)\(whole).\(digits)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
