import Events
import Mappings
import Testing

@Suite struct `Mapped times` {
  private func time(_ spec: String, _ text: String) throws -> String {
    let mapping = """
      source: /shop
      fields:
        id: id
        topic: product.viewed
        time: {column: time, \(spec)}
      """
    let mapped = try map(mapping, "id,time\n1,\"\(text)\"\n")
    expectAccepted(mapped)
    guard let message = mapped.messages.first else {
      return mapped.rejects[0].reason.code
    }
    return message.components("\"time\":\"")[1].components("\"")[0]
  }

  // Expected values: Python's datetime, for example
  // datetime.fromtimestamp(1411990498.509, timezone.utc).
  @Test(
    arguments: [
      ("format: epoch_s", "1411990498.509", "2014-09-29T11:34:58.509Z"),
      ("format: epoch_s", "0", "1970-01-01T00:00:00Z"),
      ("format: epoch_s", "-1", "1969-12-31T23:59:59Z"),
      ("format: epoch_s", "-0.0000001", "1969-12-31T23:59:59.999999Z"),
      ("format: epoch_s", "1.23456789", "1970-01-01T00:00:01.234567Z"),
      ("format: epoch_ms", "1659304800025", "2022-07-31T22:00:00.025Z"),
      ("format: epoch_ms", "1659304800025.9999", "2022-07-31T22:00:00.025999Z"),
      ("format: epoch_us", "1659304800025001", "2022-07-31T22:00:00.025001Z"),
      ("format: rfc3339", "2020-02-29t23:59:60.5+01:30", "2020-02-29T22:30:00.500Z"),
      ("format: rfc3339", "2014-04-07T10:51:09.277Z", "2014-04-07T10:51:09.277Z"),
      ("format: rfc3339", "0001-01-01 00:00:00Z", "0001-01-01T00:00:00Z"),
      ("format: 'yyyy-MM-dd HH:mm:ss UTC'", "2019-10-01 00:00:01 UTC", "2019-10-01T00:00:01Z"),
      ("format: 'M/d/yyyy H:mm'", "12/1/2010 8:26", "2010-12-01T08:26:00Z"),
      ("format: 'd MMM yy, h:mm a'", "3 Feb 24, 12:05 AM", "2024-02-03T00:05:00Z"),
      ("format: 'd MMM yy, h:mm a'", "3 feb 69, 12:05 pm", "1969-02-03T12:05:00Z"),
      ("format: 'yyyy-MM-dd HH:mm:ss[.SSSSSS]'", "2020-01-02 03:04:05", "2020-01-02T03:04:05Z"),
      (
        "format: 'yyyy-MM-dd HH:mm:ss[.SSSSSS]'", "2020-01-02 03:04:05.25",
        "2020-01-02T03:04:05.250Z"
      ),
      ("format: yyyyMMddTHHmmssX", "20200102T030405+0530", "2020-01-01T21:34:05Z"),
      ("format: [epoch_ms, yyyy-MM-dd]", "2020-01-02", "2020-01-02T00:00:00Z"),
      ("format: \"yyyy-MM-dd'at'H\"", "2020-01-02at7", "2020-01-02T07:00:00Z"),
      ("format: 'yyyy-MM-dd HH:mm', zone: '+02:00'", "2020-01-02 01:00", "2020-01-01T23:00:00Z"),
    ])
  func `known forms are read`(spec: String, text: String, expected: String) throws {
    #expect(try time(spec, text) == expected)
  }

  // Expected values: Python's zoneinfo with fold=0.
  @Test(
    arguments: [
      ("Europe/London", "2011-01-16 10:42", "2011-01-16T10:42:00Z"),
      ("Europe/London", "2011-05-16 10:42", "2011-05-16T09:42:00Z"),
      ("Europe/Berlin", "2021-03-28 01:59", "2021-03-28T00:59:00Z"),
      ("Europe/Berlin", "2021-03-28 02:30", "2021-03-28T01:30:00Z"),
      ("Europe/Berlin", "2021-03-28 03:00", "2021-03-28T01:00:00Z"),
      ("Europe/Berlin", "2021-10-31 02:30", "2021-10-31T00:30:00Z"),
      ("Europe/Berlin", "2021-10-31 03:00", "2021-10-31T02:00:00Z"),
      ("America/New_York", "2150-07-01 12:00", "2150-07-01T16:00:00Z"),
      ("America/New_York", "2150-12-01 12:00", "2150-12-01T17:00:00Z"),
      ("Asia/Kolkata", "2024-05-01 00:00", "2024-04-30T18:30:00Z"),
      ("Australia/Sydney", "2049-01-01 00:00", "2048-12-31T13:00:00Z"),
    ])
  func `zones know their summer`(zone: String, text: String, expected: String) throws {
    #expect(try time("format: 'yyyy-MM-dd HH:mm', zone: \(zone)", text) == expected)
  }

  @Test(
    arguments: [
      ("format: epoch_s", "99999999999999999999"), ("format: epoch_s", "1e9"),
      ("format: epoch_s", "1."), ("format: epoch_s", "253402300800"),
      ("format: epoch_s", "9223372036854.999"), ("format: epoch_ms", "-62135596800001"),
      ("format: rfc3339", "2020-02-30T00:00:00Z"), ("format: rfc3339", "2020-02-03T00:00:00"),
      ("format: rfc3339", "0001-01-01T00:00:00+01:00"),
      ("format: yyyy-MM-dd", "2020-1-02"), ("format: yyyy-MM-dd", "2020-01-02 "),
      ("format: 'yyyy-MM-dd HH:mm'", "2020-01-02 24:00"), ("format: yyyy-MM-dd", "2021-02-29"),
    ])
  func `other forms are rejected as a bad time`(spec: String, text: String) throws {
    #expect(try time(spec, text) == "time")
  }

  @Test func `a date and an offset make a time`() throws {
    let mapping = """
      source: /shop
      input: {format: csv, separator: ";"}
      fields:
        id: id
        topic: product.viewed
        time: {column: day, format: yyyy-MM-dd, plus: {column: after, unit: ms}}
      """
    let mapped = try map(
      mapping, "id;day;after\n1;2016-05-09;526309\n2;2016-05-09;86400000\n3;2016-05-09;\n4;;1\n")
    #expect(mapped.messages[0].contains(#""time":"2016-05-09T00:08:46.309Z""#))
    #expect(mapped.messages[1].contains(#""time":"2016-05-10T00:00:00Z""#))
    #expect(mapped.rejects.map(\.reason.code) == ["time", "time"])
  }
}
