import Events
import Mappings
import Testing

/// Separated text, and what hostile files do to it.
@Suite struct `Separated text` {
  private let mapping = simpleMapping("visitor_id: user\ndata: {note: note}")

  @Test func `quotes, line ends and a byte-order mark are understood`() throws {
    let text =
      "\u{feff}id,time,user,note\r\n1,5,u,\"a,b\r\nc\"\r\n\r\n2,5,\"u\"\"2\",\n"
      + "\"3\",5,u,x\"y\r\n4,5,u,\"z\""
    for size in [1, 2, 3, 7, 1_000] {
      let mapped = try map(mapping, text, pieceByteCount: size)
      #expect(
        mapped.messages.map(data) == [
          #"{"visitor_id":"u","note":"a,b\u000d\u000ac"}"#, #"{"visitor_id":"u\"2"}"#,
          #"{"visitor_id":"u","note":"x\"y"}"#, #"{"visitor_id":"u","note":"z"}"#,
        ])
      #expect(mapped.result.lineNumbers == [2, 5, 6, 7])
      #expect(mapped.rejects.isEmpty)
      #expect(!mapped.result.isCutOff)
      expectAccepted(mapped)
    }
  }

  @Test func `tabs, other separators, no quotes, no header`() throws {
    let tabs = simpleMapping("visitor_id: user", input: "format: tsv")
    #expect(
      try map(tabs, "id\ttime\tuser\n1\t5\t\"u\n").messages.map(data)
        == [#"{"visitor_id":"\"u"}"#])
    let bars = simpleMapping(
      "visitor_id: user",
      input: "format: csv, separator: '|', header: false, columns: [id, time, user], trim: true")
    #expect(try map(bars, "1 | 5 | u v \n").messages.map(data) == [#"{"visitor_id":"u v"}"#])
    let places = """
      source: /shop
      input: {format: csv, header: false}
      fields: {id: 1, topic: product.viewed, time: {column: 2, format: epoch_s}, visitor_id: 3}
      """
    #expect(try map(places, "1,5,u\n").messages.map(data) == [#"{"visitor_id":"u"}"#])
  }

  @Test func `bad records never touch their neighbours`() throws {
    let good = "1,5,u,x"
    let hostile: [(record: String, reason: String)] = [
      ("2,5,u", "json"), ("2,5,u,x,y", "json"), ("2,5,\"u\"v,x", "json"),
      ("2,5,u,\u{0}", "encoding"), ("2,5,\"\u{0}\",x", "encoding"), ("2,,u,x", "time"),
      (",5,u,x", "id"), ("2\u{1},5,u,x", "id"),
    ]
    for (record, reason) in hostile {
      for size in [1, 5, 1_000] {
        let mapped = try map(
          mapping, "id,time,user,note\n\(good)\n\(record)\n\(good)\n", pieceByteCount: size)
        #expect(mapped.messages.count == 2, "\(record)")
        #expect(mapped.rejects.map(\.reason.code) == [reason], "\(record)")
        #expect(mapped.rejects.map(\.lineNumber) == [3])
        #expect(mapped.rejects[0].record == Array(record.utf8))
        #expect(mapped.result.lineNumbers == [2, 4])
      }
    }
  }

  @Test(arguments: [[0x80], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]])
  func `what is not UTF-8 is rejected byte for byte`(bad: [UInt8]) throws {
    let header = Array("id,time,user,note\n1,5,é,x\n".utf8)
    let record = Array("2,5,u,".utf8) + bad
    let bytes = header + record + Array("\n3,5,𝄞,x\n".utf8)
    let mapped = try map(Mapping(Array(mapping.utf8), file: "x"), bytes)
    #expect(mapped.messages.count == 2)
    #expect(mapped.rejects.map(\.reason.code) == ["encoding"])
    #expect(mapped.rejects[0].record == record)
  }

  @Test func `a quote that is never closed costs one line`() throws {
    let text = "id,time,user,note\n1,5,u,x\n2,5,u,\"open\n3,5,u,x\n4,5,u,x\n"
    for size in [1, 11, 1_000] {
      let mapped = try map(mapping, text, pieceByteCount: size)
      #expect(mapped.messages.count == 3)
      #expect(mapped.rejects.map(\.lineNumber) == [3])
      #expect(mapped.rejects.map(\.reason.code) == ["json"])
      #expect(mapped.result.lineNumbers == [2, 4, 5])
      #expect(mapped.result.isCutOff)
    }
  }

  @Test func `a cut-off last record is reported`() throws {
    let mapped = try map(mapping, "id,time,user,note\n1,5,u,x\n2,5,u")
    #expect(mapped.messages.count == 1)
    #expect(mapped.result.isCutOff)
    #expect(
      mapped.rejects.map(\.detail)
        == ["expected 4 columns, found 3; the file ends inside this record"])
  }

  @Test(arguments: [1 << 20, 999_983])
  func `a record beyond 8 MiB is kept whole, in parts`(_ pieceByteCount: Int) throws {
    let long = Array("2,5,u,".utf8) + [UInt8](repeating: 97, count: 20 << 20)
    let quoted = Array("3,5,u,\"".utf8) + [UInt8](repeating: 98, count: 9 << 20)
    let lineEnd = Array("\r\n".utf8)
    let bytes =
      Array("id,time,user,note\n1,5,u,x\n".utf8) + long + lineEnd + quoted + lineEnd
      + Array("4,5,u,x\n".utf8) + quoted
    let mapped = try map(
      Mapping(Array(mapping.utf8), file: "x"), bytes, pieceByteCount: pieceByteCount)
    #expect(mapped.result.lineNumbers == [2, 5])
    #expect(mapped.result.recordCount == 5)
    #expect(mapped.rejects.allSatisfy { $0.reason == .size && $0.record.count <= 10 << 20 })
    var records: [(line: Int64, bytes: [UInt8])] = []
    for reject in mapped.rejects {
      if reject.part == .whole || reject.part == .first {
        records.append((reject.lineNumber, reject.record))
      } else {
        records[records.count - 1].bytes += reject.record
      }
    }
    #expect(records.map(\.line) == [3, 4, 6])
    let isSame = records.map(\.bytes) == [long, quoted, quoted]
    #expect(isSame, "\(records.map(\.bytes.count))")
  }

  @Test func `more columns than can be are refused`() throws {
    let wide = String(repeating: ",", count: 20_000)
    let mapped = try map(mapping, "id,time,user,note\n\(wide)\n1,5,u,x\n")
    #expect(mapped.messages.count == 1)
    #expect(mapped.rejects.map(\.reason.code) == ["json"])
  }

  @Test func `empty input is no error`() throws {
    #expect(try map(mapping, "").messages.isEmpty)
    #expect(try map(mapping, "\u{feff}").messages.isEmpty)
    #expect(try map(mapping, "id,time,user,note").messages.isEmpty)
    #expect(try map(mapping, "\n\n").messages.isEmpty)
  }

  @Test func `random bytes never trap and are all accounted for`() throws {
    var state: UInt64 = 42
    let alphabet = Array("\"\"\",,,\n\n\r1234u\u{0}é\\".utf8)
    for _ in 0..<300 {
      var bytes = Array("id,time,user,note\n".utf8)
      for _ in 0..<200 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      let compiled = try Mapping(Array(mapping.utf8), file: "x")
      let whole = try map(compiled, bytes)
      let pieces = try map(compiled, bytes, pieceByteCount: 1 + Int(state >> 40) % 20)
      #expect(whole.messages == pieces.messages)
      #expect(whole.rejects == pieces.rejects)
      #expect(whole.result.lineNumbers == pieces.result.lineNumbers)
      #expect(
        whole.result.recordCount
          == whole.rejects.count + whole.messages.count + whole.result.skippedCount)
      expectAccepted(whole)
    }
  }
}
