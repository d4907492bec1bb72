/// What is wrong in a file that a person wrote, where, and what to do about it.
///
/// - Units: line and column count from 1; 0 where the whole file is meant.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  package var file: String
  package var line: Int
  package var column: Int
  /// What is wrong, without a full stop: "unknown key 'colums'".
  package var problem: String
  /// The valid name closest to the one that was written.
  package var nearest: String?
  /// What to do, when the nearest name does not already say it.
  package var advice: String?

  package init(
    file: String, line: Int = 0, column: Int = 0, problem: String, nearest: String? = nil,
    advice: String? = nil
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.problem = problem
    self.nearest = nearest
    self.advice = advice
  }

  /// `shop.yaml:4:3: unknown key 'colums'; did you mean 'columns'? Known keys: …`
  package var description: String {
    var text = file
    if line > 0 { text += ":\(line):\(column)" }
    text += ": \(problem)"
    if let nearest { text += "; did you mean '\(nearest)'?" }
    if let advice { text += nearest == nil ? "; \(advice)" : " \(advice)" }
    return text
  }
}
