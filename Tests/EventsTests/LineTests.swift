import Bytes
import Events
import Testing

/// How a file is cut into messages, and the recorded form.
@Suite struct Lines {
  @Test func `a line ends at LF, one CR before it is not part of the message`() {
    let batch = decode("\(line())\r\n\(line())\n\(line())\r\r\n")
    #expect(batch.count == 3 && batch.lineCount == 3)
    #expect(batch.messages.lengths[0] == batch.messages.lengths[1])
    #expect(batch.messages.lengths[2] == batch.messages.lengths[1] + 1)
  }

  @Test func `the last line may lack its LF, and a CR there is not part of it either`() {
    for end in ["", "\r"] {
      let batch = decode("\n\(line())\(end)")
      #expect(batch.string(batch.messages) == line())
      #expect(batch.position == [2] && batch.lineCount == 2)
    }
  }

  @Test func `lines of spaces and tabs are skipped and counted`() {
    let batch = decode("\n \t \n\t\r\n\(line())\n   ")
    #expect(batch.count == 1 && batch.rejects.isEmpty)
    #expect(batch.position == [4] && batch.lineCount == 5)
    #expect(decode("\r\r\n").verdict == "json")
    #expect(decode("").lineCount == 0)
  }

  @Test func `blanks around a message are part of it`() {
    let batch = decode(" \t\(line()) \n")
    #expect(batch.string(batch.messages) == " \t\(line()) ")
  }

  @Test func `a byte-order mark is skipped at the start of a file only`() {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let message = Array(line().utf8)
    #expect(decode(mark + message).string(decode(message).messages) != nil)
    #expect(decode(mark + message).verdict == "ok")
    #expect(decode(mark + mark + message).verdict == "json")
    #expect(decode(message + [10] + mark + message).rejects.map(\.position) == [2])
    #expect(decode(mark).verdict == "nothing")
    #expect(decode(mark).lineCount == 1)
    let later = EventDecoder(seed: 1).decode(chunk: mark + message, firstLine: 2, importClock: 0)
    #expect(later.verdict == "json")
  }

  @Test func `the clock of the import bounds recorded_at`() {
    let decoder = EventDecoder(seed: 1)
    func recordedAt(_ clock: Int64, _ policy: RecordedAtPolicy) -> Int64 {
      decoder.decode(
        chunk: Array(line().utf8), firstLine: 1, importClock: clock, recordedAtPolicy: policy
      ).recordedAt[0]
    }
    let occurredAt = decode(line()).occurredAt[0]
    #expect(recordedAt(occurredAt + 9, .fromEvent) == occurredAt)
    #expect(recordedAt(occurredAt - 9, .fromEvent) == occurredAt - 9)
    #expect(recordedAt(occurredAt + 9, .clock) == occurredAt + 9)
  }

  private func wrapped(_ rest: String) -> String {
    #"{"recorded_at":"2022-01-01T00:00:00Z"\#(rest)}"#
  }

  @Test func `a recorded line gives its message, time, origin and position`() throws {
    let batch = decode(
      wrapped(#","origin":"a\u0062","position":-7,"message":\#(line())"#) + "\n"
        + wrapped(#","message":\#(line())"#))
    #expect(batch.count == 2 && batch.rejects.isEmpty)
    #expect(batch.string(batch.messages, 0) == line())
    #expect(batch.messageHash[0] == batch.messageHash[1])
    #expect(batch.recordedAt[0] == (try #require(time("2022-01-01T00:00:00Z"))))
    #expect(batch.string(batch.origin, 0) == "ab" && batch.string(batch.origin, 1) == nil)
    #expect(batch.position == [-7, 2])
    #expect(batch.hasOwnOrigins)
  }

  @Test(arguments: [
    (#","message":{"id":"1"}"#, "type"), (#","message":{}"#, "id"), (#","message":[]"#, "json"),
    (#","message":null"#, "json"), ("", "json"), (#","origin":"o""#, "json"),
    (#","origin":7,"message":{}"#, "json"), (#","position":"7","message":{}"#, "json"),
    (#","position":1.5,"message":{}"#, "json"), (#","position":7.0,"message":{}"#, "id"),
    (#","position":9223372036854775808,"message":{}"#, "json"),
    (#","origin":null,"position":null,"message":{}"#, "id"),
    (#","position":1,"origin":"o","message":{}"#, "id"),
    (#","origin":"o","origin":"p","message":{}"#, "json"),
    (#","position":1,"position":1,"message":{}"#, "json"),
    (#","recorded_at":"2022-01-01T00:00:00Z","message":{}"#, "json"),
    (#","x":1,"message":{}"#, "json"), (#","message":{},"x":1"#, "json"),
    (#","message":{},"message":{}"#, "json"), (#","message":{}}"#, "json"),
    (#","m\u0065ssage":{}"#, "id"), (#","message":{"a":"b"#, "json"),
    (#","message":{"a":1"#, "json"),
  ])
  func `a fault of the wrapper is json, then the message's own`(rest: String, verdict: String) {
    #expect(decode(wrapped(rest)).verdict == verdict)
    #expect(decode(wrapped(rest) + "\n" + line()).count == 1)
  }

  @Test(arguments: [#""soon""#, "7", "null", "[]", #""2022-01-01T00:00:00""#])
  func `a bad recorded_at is time, asked right after json`(value: String) {
    #expect(decode(#"{"recorded_at":\#(value),"message":{}}"#).verdict == "time")
    #expect(decode(#"{"recorded_at":\#(value),"message":{x}}"#).verdict == "json")
  }

  @Test func `only the first member makes a line recorded, however it is written`() {
    let spaced = #" { "\u0072ecorded_at" : "2022-01-01T00:00:00Z", "message": {} } "#
    #expect(decode(spaced).verdict == "id")
    #expect(decode(line(#","recorded_at":"x","message":1"#)).verdict == "ok")
    #expect(decode(#"{"recorded_at":1}"#).verdict == "json")
    let message = wrapped(#","id":"1","source":"s","type":"t","time":"2022-01-01T00:00:00Z""#)
    let broker = EventDecoder(seed: 1).decodeOne(
      message: Array(message.utf8), position: 5, recordedAt: 77)
    #expect(broker.verdict == "ok")
    #expect(broker.recordedAt == [77] && broker.position == [5])
  }

  @Test func `blanks around a wrapped message are its own in a wrapper without any`() {
    let compact = decode(wrapped(#","message": \#(line()) "#))
    #expect(compact.string(compact.messages) == " \(line()) ")
    for wrapper in [
      #"{"recorded_at": "2022-01-01T00:00:00Z","message": \#(line()) }"#,
      #"{"recorded_at":"2022-01-01T00:00:00Z", "message": \#(line()) }"#,
      #"{"recorded_at":"2022-01-01T00:00:00Z" ,"message": \#(line()) }"#,
      #"{ "recorded_at":"2022-01-01T00:00:00Z","message": \#(line()) }"#,
    ] {
      let spaced = decode(wrapper)
      #expect(spaced.string(spaced.messages) == line())
    }
  }

  @Test func `a reject keeps the line as it came, with its wrapper`() {
    let bad = wrapped(#","origin":"o","position":9,"message":{"id":"1"}"#)
    let batch = decode("\(line())\n\(bad)\r\n")
    let reject = batch.rejects[0]
    #expect(reject.position == 2)
    #expect(
      batch.text[Int(reject.start)..<Int(reject.start + reject.length)].elementsEqual(bad.utf8))
  }

  @Test func `a broker's messages may hold line feeds and are never blank`() {
    let message = line().replacing(",", with: ",\n ")
    var messages = ByteStrings()
    for text in [message, "", " ", "\"", line(id: #""2""#), "{\"a\":\"", "\"}"] {
      messages.append(text.utf8)
    }
    let batch = EventDecoder(seed: 1).decode(
      messages: messages, positions: [9, 8, 7, 6, 5, 4, 3],
      recordedAt: Array(repeating: 1, count: 7))
    #expect(batch.position == [9, 5])
    #expect(batch.string(batch.messages) == message)
    #expect(batch.rejects.map(\.position) == [8, 7, 6, 4, 3])
    #expect(batch.rejects.allSatisfy { $0.reason == .json })
    #expect(batch.lineCount == 7)
  }

  @Test func `a batch is used again without traces of what it held`() {
    let decoder = EventDecoder(seed: 7)
    let inner = line(#","data":{"visitor_id":"\u0061"}"#)
    var batch = decode(wrapped(#","origin":"o","message":\#(inner)"#) + "\nx")
    batch.text = Array("\(line())\n\(line())rest".utf8)
    decoder.decode(
      &batch, byteCount: line().utf8.count + 1, firstLine: 1, importClock: 4_102_444_800_000_000)
    let fresh = decode("\(line())\n")
    #expect(batch.count == 1 && batch.rejects.isEmpty && !batch.hasOwnOrigins)
    #expect(batch.text == fresh.text)
    #expect(batch.messageHash == fresh.messageHash)
    #expect(batch.string(batch[.visitorID]) == nil)
  }
}
