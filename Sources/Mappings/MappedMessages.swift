package import Events

/// A record that no event could be made of, kept as it came.
package struct MappedReject: Sendable, Equatable {
  /// Which bytes of its record it has.
  package enum Part: Sendable, Equatable {
    case whole
    /// A record too long to hold: the next rejects are its other parts, the last one ends it.
    case first, middle, last
  }

  package var part = Part.whole
  package var reason: RejectReason
  /// The record's first line in its file, counted from 1.
  package var lineNumber: Int64
  /// The record, or the element of it, without its line's end.
  package var record: [UInt8]
  /// What was wrong, in words.
  package var detail: String
}

extension MappedReject {
  /// A part without bytes, of a record whose part this is.
  package init(restOf other: MappedReject) {
    self = other
    part = .middle
    record = []
  }
}

/// What a mapping makes of a piece of input: messages as NDJSON, and rejects.
package struct MappedMessages: Sendable {
  /// Messages in the order of the records, each ending with LF.
  package var text: [UInt8] = []
  /// The source line of each message, counted from 1.
  package var lineNumbers: [Int64] = []
  package var rejects: [MappedReject] = []
  /// Records (or elements of their arrays) read, and those that became no event by a rule.
  package var recordCount = 0
  package var skippedCount = 0
  /// Whether the input ended inside a record, which is then the last reject.
  package var isCutOff = false

  package init() {}

  package mutating func removeAll() {
    text.removeAll(keepingCapacity: true)
    lineNumbers.removeAll(keepingCapacity: true)
    rejects.removeAll(keepingCapacity: true)
    recordCount = 0
    skippedCount = 0
  }
}
