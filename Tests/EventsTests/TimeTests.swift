import Bytes
import Events
import Testing

/// Times as the contract reads and writes them.
@Suite struct Times {
  private func form(_ microseconds: Int64) -> String {
    var text: [UInt8] = []
    appendTime(microseconds, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The time of a message with this `time`, through the decoder's quick way or not.
  private func decoded(_ text: String) -> Int64? {
    let message = #"{"id":"1","type":"t","source":"s","time":"\#(text)"}"#
    // The second time the day is known.
    let batch = decode("\(message)\n\(message)")
    #expect(batch.count == 0 || batch.occurredAt[0] == batch.occurredAt[1], "\(text)")
    return batch.occurredAt.first
  }

  @Test(arguments: [
    ("2021-03-01T09:00:00Z", "2021-03-01T09:00:00.000000Z"),
    ("2021-03-01t09:00:00z", "2021-03-01T09:00:00.000000Z"),
    ("2021-03-01 09:00:00.1Z", "2021-03-01T09:00:00.100000Z"),
    ("2021-03-01T09:00:00.123456999Z", "2021-03-01T09:00:00.123456Z"),
    ("2021-03-01T09:00:00.0000009Z", "2021-03-01T09:00:00.000000Z"),
    ("2021-03-01T10:00:00+01:00", "2021-03-01T09:00:00.000000Z"),
    ("2021-03-01T03:30:03-05:30", "2021-03-01T09:00:03.000000Z"),
    ("2021-03-01T09:00:00-00:00", "2021-03-01T09:00:00.000000Z"),
    ("2021-03-01T23:59:59.999999-23:59", "2021-03-02T23:58:59.999999Z"),
    ("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500000Z"),
    ("2021-03-01T09:00:60Z", "2021-03-01T09:01:00.000000Z"),
    ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"),
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ("0000-12-31T23:59:59-00:01", "0001-01-01T00:00:59.000000Z"),
    ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"),
    ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
    ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"),
  ])
  func `a time is read and written`(text: String, expected: String) throws {
    let microseconds = try #require(time(text))
    #expect(form(microseconds) == expected)
    #expect(decoded(text) == microseconds)
  }

  @Test(arguments: [
    "", "2021-03-01", "2021-03-01T09:00Z", "2021-03-01T09:00:00", "2021-03-01T09:00:00.Z",
    "2021-03-01T24:00:00Z", "2021-03-01T09:60:00Z", "2021-03-01T09:00:61Z", "2021-02-30T09:00:00Z",
    "2021-02-29T09:00:00Z", "1900-02-29T09:00:00Z", "2021-13-01T09:00:00Z", "2021-00-01T09:00:00Z",
    "2021-03-00T09:00:00Z", "2021-03-01T09:00:00+24:00", "2021-03-01T09:00:00+01:60",
    "2021-03-01T09:00:00+0100", "2021-03-01T09:00:00+01", "2021-03-01T09:00:00ZZ",
    "2021-03-01T09:00:00 Z", " 2021-03-01T09:00:00Z", "2021-03-01T09:00:00Z ",
    "2021-03-01_09:00:00Z", "2021-03-01T09:00:00,5Z", "2021-03-01T09:00:00.5",
    "2021-03-01T09:00:00.5a", "2021-03-01T09:00:00.5aZ", "2021-03-01T09-00-00Z",
    "2021/03/01T09:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-00:01", "+021-03-01T09:00:00Z",
    "2021-03-01T0:00:000Z", "2021-03-01T09:0:000Z", "2021-03-01T::::::::Z", "２021-03-01T09:00:00Z",
  ])
  func `anything else is no time`(text: String) {
    #expect(time(text) == nil)
    #expect(decoded(text) == nil)
    #expect(decode(#"{"id":"1","type":"t","source":"s","time":"\#(text)"}"#).verdict == "time")
  }

  @Test func `the quick way and the general one agree near a known day`() {
    let known = "2021-03-01T09:00:00Z"
    let forms: [[UInt8]] = ["2021-03-01T09:00:00Z", "2021-03-01T23:59:59.123456Z"].map {
      Array($0.utf8)
    }
    let tries: [UInt8] = Array("0123456789:;/-.TtZz +".utf8)
    var decoder = TimeProbe(known)
    for form in forms {
      for place in form.indices {
        for byte in tries {
          var text = form
          text[place] = byte
          #expect(decoder.decode(text) == text.withUnsafeBytes { parseRFC3339($0) })
        }
      }
    }
  }

  @Test func `every day of the calendar is its own way back`() {
    var expected = (year: 1, month: 1, day: 1)
    for days in -719_162...2_932_896 {
      let date = civilDate(daysSince1970: days)
      if date != expected {
        Issue.record("day \(days) is \(date), not \(expected)")
        return
      }
      if daysSince1970(year: date.year, month: date.month, day: date.day) != days {
        Issue.record("\(date) is not day \(days)")
        return
      }
      expected.day += 1
      if expected.day > dayCount(ofMonth: expected.month, year: expected.year) {
        expected.day = 1
        expected.month += 1
      }
      if expected.month > 12 {
        expected.month = 1
        expected.year += 1
      }
    }
    #expect(expected == (10_000, 1, 1))
  }

  @Test func `a clock more than five minutes ahead is not believed`() {
    let five: Int64 = 300_000_000
    #expect(effectiveTime(occurredAt: five, recordedAt: 0) == five)
    #expect(effectiveTime(occurredAt: five + 1, recordedAt: 0) == 0)
    #expect(effectiveTime(occurredAt: -5, recordedAt: 0) == -5)
    #expect(effectiveTime(occurredAt: Int64.max, recordedAt: Int64.min) == Int64.min)
    #expect(effectiveTime(occurredAt: Int64.min, recordedAt: Int64.max) == Int64.min)
  }
}

/// Decodes one time after a message whose day is then known.
private struct TimeProbe {
  let known: [UInt8]
  init(_ known: String) {
    self.known = Array(#"{"id":"1","type":"t","source":"s","time":"\#(known)"}"#.utf8)
  }

  mutating func decode(_ text: [UInt8]) -> Int64? {
    let opening = Array(#"{"id":"2","type":"t","source":"s","time":""#.utf8)
    let batch = EventsTests.decode(known + [10] + opening + text + Array("\"}".utf8))
    return batch.count == 2 ? batch.occurredAt[1] : nil
  }
}
