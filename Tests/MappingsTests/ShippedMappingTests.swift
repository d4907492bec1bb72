import Events
import Foundation
import Mappings
import Testing

/// The shipped mappings on the files they were made for.
///
/// Method: counts were taken from the files by other means (the line above each case); files that may
/// not be shipped lie beside the repository, and a case says so when they are not there. Excerpts
/// that may be shipped are under `examples/data` and always run.
@Suite struct `Shipped mappings` {
  struct Case: Sendable {
    var mapping: String
    var file: String
    var records: Int
    var skipped = 0
    var topics: [String: Int]
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  // gzip -dc FILE | python3 -c "import csv,sys,collections as c; print(c.Counter(r['event'] for r in
  // csv.DictReader(sys.stdin)))", with the columns and separators of each file; a purchase is an order
  // and a payment, a payment error an attempt and a failure.
  private static let cases = [
    // python3: Counter(e['type'] for line in f for e in json.loads(line)['events']): 312, 32, 5.
    Case(
      mapping: "otto", file: "otto-sessions.visible.jsonl.gz", records: 349,
      topics: [
        "product.viewed": 312, "cart.item.added": 32, "order.created": 5,
        "order.payment.succeeded": 5,
      ]),
    // view 1460, addtocart 251, transaction 18
    Case(
      mapping: "retailrocket", file: "retailrocket-sample.visible.csv.gz", records: 1_729,
      topics: [
        "product.viewed": 1_460, "cart.item.added": 251, "order.created": 18,
        "order.payment.succeeded": 18,
      ]),
    Case(
      mapping: "yoochoose", file: "yoochoose-sample-clicks.csv.gz", records: 7_954,
      topics: ["product.viewed": 7_954]),
    Case(
      mapping: "diginetica-views", file: "diginetica-item-views.sessions-0001-2000.csv.gz",
      records: 6_070, topics: ["product.viewed": 6_070]),
    Case(
      mapping: "diginetica-purchases", file: "diginetica-purchases.sessions-0001-2000.csv.gz",
      records: 102, topics: ["order.created": 102, "order.payment.succeeded": 102]),
    Case(
      mapping: "diginetica-purchases", file: "diginetica-purchases.sessions-4000-up.csv.gz",
      records: 17_765, topics: ["order.created": 17_765, "order.payment.succeeded": 17_765]),
    Case(
      mapping: "complete-journey", file: "completejourney-transactions.10pct-households.csv.gz",
      records: 138_552,
      topics: ["cart.item.added": 138_552, "order.payment.succeeded": 138_552]),
    // home 2762 + catalog 6521 + search 4011 + filter_results 2610 + compare 275 = 16179;
    // product_view 6851 + review_page 406 + wishlist_add 812 = 8069;
    // account_page 659 + support_chat 277 + error_page 276 = 1212
    Case(
      mapping: "retentioneering-ecom", file: "retentioneering-ecom.csv.gz", records: 31_106,
      topics: [
        "product.searched": 16_179, "product.viewed": 8_069, "ad.clicked": 796,
        "customer.identified": 1_212, "cart.item.added": 1_346, "cart.viewed": 1_204,
        "checkout.shipping": 958, "checkout.payment": 709, "checkout.failed": 44,
        "order.created": 470, "order.payment.succeeded": 470, "order.payment.attempted": 119,
        "order.payment.failed": 119,
      ]),
    // main 3760 + catalog 9654 = 13414; product1 980 + product2 1418 = 2398; lost 2055
    Case(
      mapping: "simple-onlineshop", file: "simple-onlineshop.visible.csv.gz", records: 23_282,
      skipped: 2_055,
      topics: [
        "product.searched": 13_414, "product.viewed": 2_398, "cart.viewed": 1_855,
        "checkout.delivery.choice": 1_080, "checkout.delivery.courier": 520,
        "checkout.delivery.pickup": 338, "checkout.payment.choice": 706,
        "checkout.payment.card": 347, "checkout.payment.cash": 133, "order.created": 436,
        "order.payment.succeeded": 436,
      ]),
  ]

  private func unpacked(_ name: String) throws -> [UInt8]? {
    let file = Self.root.appending(path: "../shared/data/\(name)")
    guard FileManager.default.fileExists(atPath: file.path) else {
      print("skipped: ../shared/data/\(name) is not here")
      return nil
    }
    return try output(["gzip", "-dc", file.path])
  }

  private func output(_ arguments: [String]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Array(data)
  }

  private func check(_ mapped: Mapped, _ expected: Case) {
    #expect(mapped.rejects.map(\.detail) == [])
    #expect(mapped.topics == expected.topics)
    #expect(mapped.result.recordCount == expected.records)
    #expect(mapped.result.skippedCount == expected.skipped)
    #expect(!mapped.result.isCutOff)
    expectAccepted(mapped)
  }

  @Test(arguments: cases)
  func `a real file gives the expected events`(expected: Case) throws {
    guard let bytes = try unpacked(expected.file) else { return }
    check(try map(Mapping.builtIn(expected.mapping), bytes), expected)
  }

  // Python over the 20 files of December: 42,481 lines; InvoiceNo with C: 728; else Quantity < 0: 70;
  // else 41,683 sold, of which StockCode begins with 1 to 9: 41,513. (All 141 files: 209,029; 3,783;
  // 651; 204,595; 203,582; the release build agrees, but decoding takes minutes in a debug build.)
  @Test func `UCI's daily files give the expected events`() throws {
    let archive = Self.root.appending(
      path: "../shared/data/uci-online-retail.by-day.2010-12_2011-05.tar.gz")
    guard FileManager.default.fileExists(atPath: archive.path) else {
      print("skipped: ../shared/data/\(archive.lastPathComponent) is not here")
      return
    }
    let mapping = try Mapping.builtIn("uci-online-retail")
    // The daily files one after the other; the header of each but the first is taken out.
    let december = ["tar", "xzOf", archive.path, "--wildcards", "2010-12-*"]
    let whole = String(decoding: try output(december), as: UTF8.self)
    let header =
      "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    let bodies = whole.components(separatedBy: header)
    #expect(bodies.count - 1 == 20)
    let mapped = try map(mapping, Array((header + bodies.joined()).utf8))
    check(
      mapped,
      Case(
        mapping: "uci-online-retail", file: "", records: 42_481,
        topics: [
          "cart.item.added": 41_513, "order.payment.succeeded": 41_683, "order.refunded": 728,
          "inventory.adjusted": 70,
        ]))
  }

  // Made up from the published layout; the set itself is not at hand.
  @Test func `REES46's layout is understood`() throws {
    let text = """
      event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
      2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d7-a
      2019-10-01 00:00:01 UTC,cart,3900821,2053013552326770905,appliances.x,aqua,33.20,554748717,93-b
      2019-10-01 00:00:02 UTC,remove_from_cart,3900821,2053013552326770905,,,33.20,554748717,93-b
      2019-10-01 00:00:03 UTC,purchase,3900821,2053013552326770905,,,33.2,554748717,93-b
      2019-10-01 00:00:04 UTC,wish,3900821,2053013552326770905,,,33.2,554748717,93-b

      """
    let mapped = try map(Mapping.builtIn("rees46"), Array(text.utf8))
    #expect(
      mapped.messages.map(data) == [
        #"{"visitor_id":"541312140","session_id":"72d7-a","item_id":"44600062","#
          + #""currency":"USD","unit_price":3579,"category_id":"2103807459595387724","#
          + #""brand":"shiseido"}"#,
        #"{"visitor_id":"554748717","session_id":"93-b","item_id":"3900821","currency":"USD","#
          + #""unit_price":3320,"category_id":"2053013552326770905","#
          + #""category":"appliances.x","brand":"aqua"}"#,
        #"{"visitor_id":"554748717","session_id":"93-b","item_id":"3900821","currency":"USD","#
          + #""unit_price":3320,"category_id":"2053013552326770905"}"#,
        #"{"visitor_id":"554748717","session_id":"93-b","order_id":"93-b","currency":"USD","#
          + #""items":[{"item_id":"3900821","quantity":1,"unit_price":3320}],"#
          + #""category_id":"2053013552326770905"}"#,
        #"{"visitor_id":"554748717","session_id":"93-b","order_id":"93-b","#
          + #""payment_id":"93-b-5","item_id":"3900821","currency":"USD","unit_price":3320,"#
          + #""amount":3320,"category_id":"2053013552326770905"}"#,
      ])
    #expect(mapped.rejects.map(\.reason.code) == ["type"])
    expectAccepted(mapped)
  }

  // Made up from the published layout.
  @Test func `YooChoose's published files are understood`() throws {
    let clicks = try map(
      Mapping.builtIn("yoochoose-clicks"),
      Array("1,2014-04-07T10:51:09.277Z,214536502,0\n1,2014-04-07T10:54:09.868Z,214536500,S\n".utf8))
    #expect(
      clicks.messages.map(data) == [
        #"{"visitor_id":"1","session_id":"1","item_id":"214536502","category":"0"}"#,
        #"{"visitor_id":"1","session_id":"1","item_id":"214536500","category":"S"}"#,
      ])
    let buys = try map(
      Mapping.builtIn("yoochoose-buys"),
      Array("42,2014-04-06T18:44:58.314Z,214537888,12462,2\n42,2014-04-06T18:44:58.3Z,1,0,0\n".utf8))
    #expect(buys.messages.count == 4)
    #expect(
      data(buys.messages[1])
        == #"{"visitor_id":"42","session_id":"42","order_id":"42","payment_id":"42-1","#
        + #""item_id":"214537888","currency":"EUR","amount":2492400}"#)
    #expect(buys.rejects.isEmpty)
    expectAccepted(buys)
  }

  /// The sessions that the dataset's authors numbered, from ours: 30 minutes of silence between the
  /// events that a person makes.
  @Test func `retentioneering's own sessions come out`() throws {
    guard let bytes = try unpacked("retentioneering-ecom.csv.gz") else { return }
    let mapped = try map(Mapping.builtIn("retentioneering-ecom"), bytes)
    let batch = mapped.decoded()
    func text(_ column: TextColumn, _ row: Int) -> String {
      let start = Int(column.starts[row])
      return String(
        decoding: batch.text[start..<start + Int(column.lengths[row])], as: UTF8.self)
    }
    let notHuman: Set = ["order.payment.succeeded", "order.payment.failed"]
    var events: [String: [(time: Int64, session: String)]] = [:]
    for row in 0..<batch.count where !notHuman.contains(text(batch.topic, row)) {
      events[text(batch[.visitorID], row), default: []].append(
        (batch.occurredAt[row], text(batch[.sessionID], row)))
    }
    var sessions = 0
    for list in events.values {
      let sorted = list.sorted { $0 < $1 }
      for (index, event) in sorted.enumerated() {
        let isNew = index == 0 || event.time - sorted[index - 1].time > 1_800_000_000
        sessions += isNew ? 1 : 0
        if index > 0 { #expect(isNew == (event.session != sorted[index - 1].session)) }
      }
    }
    #expect(sessions == 3_605)
  }

  @Test func `the embedded texts are those of examples`() throws {
    let folder = Self.root.appending(path: "examples/mappings")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    #expect(names == Mapping.builtInNames)
    for name in names {
      let text = try String(contentsOf: folder.appending(path: "\(name).yaml"), encoding: .utf8)
      #expect(Mapping.builtInText(name) == text, "run scripts/embed_mappings.sh")
    }
  }
}
