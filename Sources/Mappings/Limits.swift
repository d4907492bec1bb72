/// Named limits of this target, each with its reason.
enum Limits {
  /// A record's longest form, equal to the contract's limit of a message.
  static let recordByteCount = 8 << 20
  /// Columns of a record: bounds the table of fields.
  static let columns = 16_384
  /// Nesting of a JSON record: leaves room below the contract's 1,024 for the message around it.
  static let nesting = 1_000
  /// The contract's bounds of an event's id and topic.
  static let identifierByteCount = 256
  /// Events of one record: a mapping lists them by hand.
  static let eventsPerRecord = 64
  /// Years for which a time zone's rule is written out.
  static let lastZoneYear = 2_200
  /// A zone's file in /usr/share/zoneinfo is a few KiB.
  static let zoneFileByteCount = 1 << 20
  /// Digits after the point of a price.
  static let scale = 9
}
