import ArgumentParser
import Ledger

/// Which recorded messages: the range options of `dump` and `replay`.
struct RangeOptions: ParsableArguments {
  @Option(help: "From this ledger offset on.")
  var firstOffset: Int64 = 0

  @Option(help: "At most this many ledger offsets.")
  var count: Int64?

  @Option(help: "Only events that occurred at or after this time.")
  var since: TimeArgument?

  @Option(help: "Only events that occurred before this time.")
  var until: TimeArgument?

  @Option(help: "Only this topic; may be given several times.")
  var topic: [String] = []

  @Option(help: "Only this origin.")
  var origin: String?

  @Option(help: "Only positions of the origin from here on.")
  var firstPosition: Int64?

  @Option(help: "Only positions of the origin up to and including this one.")
  var lastPosition: Int64?

  func validate() throws {
    if firstOffset < 0 { throw ValidationError("--first-offset counts from 0.") }
    if let count, count < 0 { throw ValidationError("--count cannot be negative.") }
    if let firstPosition, let lastPosition, firstPosition > lastPosition {
      throw ValidationError("--first-position lies behind --last-position.")
    }
  }

  /// - Parameter resumed: where an earlier run of the same range came to.
  func filter(resumed: Int64? = nil) -> MessageFilter {
    var filter = MessageFilter()
    let end = count.map { firstOffset.addingReportingOverflow($0) }
    let last = end.map { $0.overflow ? Int64.max : $0.partialValue } ?? Int64.max
    filter.offsets = min(resumed ?? firstOffset, last)..<last
    let until = until.map { $0.microseconds - 1 } ?? Int64.max
    let since = since?.microseconds ?? Int64.min
    filter.occurredAt = since <= until ? since...until : Int64.max...Int64.max
    filter.topics = topic.map { Array($0.utf8) }
    filter.origin = origin.map { Array($0.utf8) }
    filter.positions = (firstPosition ?? Int64.min)...(lastPosition ?? Int64.max)
    return filter
  }
}
