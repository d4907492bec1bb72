import Events
import Files
import Sequences
import Testing

@Suite struct `CSV rows` {
  private static let events = """
    {"specversion":"1.0","id":"a,1","source":"s","type":"product.viewed","time":"2021-03-01T09:00:00Z","data":{"visitor_id":"x\\"y","item_id":"line\\nbreak","channel":"mail","unit_price":5}}
    {"specversion":"1.0","id":"b","source":"s","type":"order.payment.succeeded","time":"2021-03-01T09:00:01Z","data":{"visitor_id":"x\\"y","amount":7,"currency":"EUR"}}

    """

  @Test func `of sequences have a header, quotes where RFC 4180 asks, and CR LF`() throws {
    let found = try compute([run(of: Array(Self.events.utf8))], formats: [.csv])
    let expected = """
      sequence_id,actor,outcome,level,reason,started_at,ended_at,abandoned_at,purchased_at,\
      recovered_at,recovered_by,recovery,sessions,attempts,failures,channel,campaign_id,currency,\
      paid,refunded,net,fulfilled_at,refunded_at,cancelled_at,step_count\r\n\
      ID,"v:x""y",purchased,payment,,2021-03-01T09:00:00.000000Z,2021-03-01T09:00:01.000000Z,,\
      2021-03-01T09:00:01.000000Z,,,,1,0,0,mail,,EUR,7,0,7,,,,2\r\n
      """
    #expect(withoutIDs(text(found.rows)) == withoutIDs(expected))
  }

  @Test func `of steps have one line a step`() throws {
    let found = try compute([run(of: Array(Self.events.utf8))], formats: [.stepsCSV])
    let expected = """
      sequence_id,actor,outcome,level,step_index,event_id,time,topic,role,session,item_id,quantity,\
      unit_price\r\n\
      ID,"v:x""y",purchased,payment,0,"a,1",2021-03-01T09:00:00.000000Z,product.viewed,view,0,\
      "line\nbreak",,5\r\n\
      ID,"v:x""y",purchased,payment,1,b,2021-03-01T09:00:01.000000Z,order.payment.succeeded,\
      payment_success,,,,\r\n
      """
    #expect(withoutIDs(text(found.rows)) == withoutIDs(expected))
  }

  private func withoutIDs(_ text: String) -> [UInt8] {
    Array(text.replacing(/[0-9a-f]{16},/, with: "ID,").utf8)
  }
}

@Suite struct `Filters` {
  private func rows(_ change: (inout SequenceFilter) -> Void) throws -> (Int, [UInt8]) {
    var filter = SequenceFilter()
    change(&filter)
    let events = try Picture.lines("c-s------------------------------v-c-s-v")
    var options = SequenceOptions()
    options.patience.browse = 60_000_000
    let found = try compute([run(of: events)], options, filter: filter)
    return (found.counts.rows, found.rows)
  }

  @Test func `restrict the finished rows and their counts`() throws {
    #expect(try rows { _ in }.0 == 3)
    #expect(try rows { $0.outcomes = [.purchased] }.0 == 2)
    #expect(try rows { $0.outcomes = [.abandoned] } == (0, []))
    #expect(try rows { $0.levels = [.browse] }.0 == 1)
    #expect(try rows { $0.actor = Array("v:v".utf8) }.0 == 3)
    #expect(try rows { $0.actor = Array("c:v".utf8) }.0 == 0)
  }

  @Test func `take since in and leave until out`() throws {
    let second = Picture.base + 31 * 60_000_000
    #expect(try rows { $0.since = second }.0 == 2)
    #expect(try rows { $0.since = second + 1 }.0 == 1)
    #expect(try rows { $0.until = second }.0 == 1)
    #expect(try rows { $0.until = second + 1 }.0 == 2)
  }
}

@Suite struct `Failures` {
  private struct SinkIsFull: Error {}

  @Test(arguments: [1, 4])
  func `of a sink end the computation and leave no file`(threads: Int) throws {
    let resources = testResources(Circumstances(threads: threads, memoryByteLimit: 1))
    let runs = [run(of: try Picture.lines("c-s-v-c-s-v"))]
    #expect(throws: SinkIsFull.self) {
      _ = try computeSequences(
        of: runs, options: SequenceOptions(),
        outputs: [SequenceOutput(.ndjson, to: { _ in throw SinkIsFull() })],
        resources: resources)
    }
    let files = POSIXFileSystem()
    if files.exists(resources.spillDirectory) {
      #expect(try files.list(resources.spillDirectory) == [])
    }
  }
}
