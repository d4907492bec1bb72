import Events
import Mappings
import Testing

/// Goal: each way to make a field is shown once by its result. Method: a small mapping, a small file,
/// and the bytes of `data`.
@Suite struct `Mapped fields` {
  @Test func `a message has a fixed shape`() throws {
    let mapped = try map(
      simpleMapping("visitor_id: user\nitem_id: item"),
      "id,time,user,item\ne1,1569888000,u1,i1\n")
    #expect(
      mapped.messages == [
        #"{"specversion":"1.0","id":"e1","source":"/shop","type":"product.viewed","#
          + #""time":"2019-10-01T00:00:00Z","data":{"visitor_id":"u1","item_id":"i1"}}"#
      ])
    #expect(mapped.result.lineNumbers == [2])
    expectAccepted(mapped)
  }

  @Test func `absent values are left out and data may be empty`() throws {
    let mapped = try map(
      simpleMapping("visitor_id: user", input: "format: csv, nulls: [NA, '-']"),
      "id,time,user\n1,5,\n2,5,NA\n3,5,-\n4,5,N\n")
    #expect(mapped.messages.map(data) == ["{}", "{}", "{}", #"{"visitor_id":"N"}"#])
    expectAccepted(mapped)
  }

  @Test func `text is escaped and never normalised`() throws {
    let mapped = try map(
      simpleMapping("data: {note: note}"),
      "id,time,note\n1,5,\"a \"\"b\"\" \\ \n\té\"\n")
    #expect(data(mapped.messages[0]) == #"{"note":"a \"b\" \\ \u000a\u0009é"}"#)
    expectAccepted(mapped)
  }

  @Test func `values are made of constants, templates, defaults, prefixes and suffixes`() throws {
    let mapped = try map(
      simpleMapping(
        """
        visitor_id: {column: user, prefix: "v-"}
        customer_id: {column: customer, strip_suffix: ".0", default: nobody}
        session_id: "{user}/{line}{{x}}"
        channel: {constant: web}
        campaign_id: {template: "c{customer}", when: {column: user, equals: a}}
        """),
      "id,time,user,customer\n1,5,a,12.0\n2,5,b,\n")
    #expect(
      mapped.messages.map(data) == [
        #"{"visitor_id":"v-a","customer_id":"12","session_id":"a/2{x}","channel":"web","#
          + #""campaign_id":"c12.0"}"#,
        #"{"visitor_id":"v-b","customer_id":"nobody","session_id":"b/3{x}","channel":"web"}"#,
      ])
  }

  @Test func `a long id can be hashed, a short one stays`() throws {
    let long = String(repeating: "x", count: 300)
    let mapping = simpleMapping("id: {column: id, hash: long}").components("  id: id\n").joined()
    let mapped = try map(mapping, "id,time\nshort,5\n\(long),5\n")
    #expect(mapped.messages[0].contains(#""id":"short""#))
    // printf 'x%.0s' $(seq 300) | sha256sum | cut -c-32
    #expect(mapped.messages[1].contains(#""id":"0d4e2ca9e9cbced7a7a5380eb29e1a37""#))
    #expect(try map(simpleMapping(""), "id,time\n\(long),5\n").rejects[0].reason.code == "id")
  }

  @Test func `columns are named by place as well`() throws {
    let mapped = try map(
      simpleMapping("visitor_id: 3\nitem_id: {column: 4}"), "id,time,a,a\n1,5,u,i\n")
    #expect(data(mapped.messages[0]) == #"{"visitor_id":"u","item_id":"i"}"#)
  }

  @Test func `own columns keep their form`() throws {
    let fields =
      "data: {n: {column: n, as: number}, i: {column: i, as: integer}, "
      + "b: {column: b, as: boolean}, t: t}"
    let mapped = try map(
      simpleMapping(fields),
      "id,time,n,i,b,t\n1,5,-1.50e3,7.0,True,x\n2,5,,,,\n3,5,x,1,1,1\n4,5,1,1.5,1,1\n"
        + "5,5,1,1,maybe,1\n")
    #expect(
      mapped.messages.map(data) == [#"{"n":-1.50e3,"i":7,"b":true,"t":"x"}"#, "{}"])
    #expect(mapped.rejects.map(\.reason.code) == ["data", "data", "data"])
    #expect(mapped.rejects[2].detail == "expected true or false in 'b', found 'maybe'")
  }

  @Test(
    arguments: [
      ("12.50", "1250"), ("0.1", "10"), ("-3", "-300"), ("+3.00", "300"), ("7.100", "710"),
      ("92233720368547758.07", "9223372036854775807"), (".5", nil), ("1,000.00", nil),
      ("1e3", nil), ("7.955", nil), ("92233720368547758.08", nil), ("abc", nil), ("1.", nil),
      ("-", nil), ("1.2.3", nil), (" 1", nil),
    ])
  func `prices become whole minor units`(text: String, units: String?) throws {
    let mapped = try map(simpleMapping("unit_price: p"), "id,time,p\n1,5,\"\(text)\"\n")
    #expect(mapped.messages.map(data) == (units.map { ["{\"unit_price\":\($0)}"] } ?? []))
    #expect(mapped.rejects.map(\.reason.code) == (units == nil ? ["unit_price"] : []))
  }

  @Test func `scale, separator, rounding, sign and factor of money are options`() throws {
    let mapped = try map(
      simpleMapping(
        """
        quantity: {column: q, sign: absolute}
        unit_price: {column: p, scale: 0, decimal_separator: ",", rounding: nearest}
        amount: {column: p, decimal_separator: ",", rounding: down, times: q, sign: negate}
        """, input: "format: csv, separator: ';'"),
      "id;time;q;p\n1;5;-2;1,999\n2;5;3;-0,5\n")
    #expect(
      mapped.messages.map(data) == [
        #"{"quantity":2,"unit_price":2,"amount":398}"#,
        #"{"quantity":3,"unit_price":-1,"amount":150}"#,
      ])
  }

  @Test func `quantities beyond 32 bits and with fractions are refused`() throws {
    let mapped = try map(
      simpleMapping("quantity: q"),
      "id,time,q\n1,5,2147483647\n2,5,2147483648\n3,5,1.5\n4,5,-2147483648\n")
    #expect(
      mapped.messages.map(data) == [#"{"quantity":2147483647}"#, #"{"quantity":-2147483648}"#])
    #expect(mapped.rejects.map(\.reason.code) == ["quantity", "quantity"])
  }

  @Test func `amounts multiplied beyond 64 bits are refused`() throws {
    let mapped = try map(
      simpleMapping("amount: {column: p, times: q}"),
      "id,time,p,q\n1,5,92233720368547758.07,2\n")
    #expect(mapped.rejects.map(\.reason.code) == ["amount"])
  }

  @Test func `a record can hold lines of items`() throws {
    let mapped = try map(
      simpleMapping("items: [{item_id: a, quantity: n, unit_price: p}, {item_id: b}]"),
      "id,time,a,n,p,b\n1,5,x,2,1.50,y\n2,5,x,,,\n")
    #expect(
      mapped.messages.map(data) == [
        #"{"items":[{"item_id":"x","quantity":2,"unit_price":150},{"item_id":"y"}]}"#,
        #"{"items":[{"item_id":"x"}]}"#,
      ])
    expectAccepted(mapped)
  }

  private static func topics(_ unknown: String) -> String {
    """
    source: /shop
    input: {format: csv}
    fields:
      id: id
      topic: {column: kind, map: {v: product.viewed, a: cart.item.added, x: ~}\(unknown)}
      time: {column: time, format: epoch_s}
    """
  }

  @Test(
    arguments: [
      ("", ["cart.item.added"], 1, 1), (", unknown: skip", ["cart.item.added"], 0, 2),
      (", unknown: keep", ["cart.item.added", "zoom"], 0, 1),
      (", unknown: keep, unknown_prefix: shop.", ["cart.item.added", "shop.zoom"], 0, 1),
    ])
  func `unknown values of a map follow its rule`(
    rule: String, topics: [String], rejects: Int, skipped: Int
  ) throws {
    let mapped = try map(Self.topics(rule), "id,kind,time\n1,a,5\n2,zoom,5\n3,x,5\n")
    #expect(mapped.topics.keys.sorted() == topics)
    #expect(mapped.rejects.count == rejects)
    #expect(mapped.result.skippedCount == skipped)
  }

  @Test func `rules skip records`() throws {
    let rules = """
      skip:
        - {column: k, equals: a}
        - {column: k, in: [b, "1"]}
        - {column: k, empty: true}
        - {column: k, prefix: [xx, yy]}
        - {column: k, suffix: "!"}
        - {column: id, in: ["1", "2", "3", "4", "5", "6", "7"], not: true}
      """
    let mapped = try map(
      simpleMapping("visitor_id: k", more: rules),
      "id,time,k\n1,5,a\n2,5,b\n3,5,1\n4,5,\n5,5,yyz\n6,5,no!\n7,5,kept\n8,5,kept\n")
    #expect(mapped.messages.map(data) == [#"{"visitor_id":"kept"}"#])
    #expect(mapped.result.skippedCount == 7)
    #expect(mapped.result.recordCount == 8)
  }

  @Test func `one record makes several events, or none if one fails`() throws {
    let yaml = """
      source: /shop
      fields:
        time: {column: time, format: epoch_s}
        order_id: order
        amount: total
      events:
        - {id: "{order}-o", topic: order.created, amount: ~}
        - {id: "{order}-p", topic: order.payment.succeeded, when: {column: paid, equals: yes}}
      """
    let mapped = try map(
      yaml, "order,time,total,paid\n1,5,2.50,yes\n2,5,2.50,no\n3,5,bad,yes\n4,5,1,yes\n")
    #expect(
      mapped.messages.map(data) == [
        #"{"order_id":"1"}"#, #"{"order_id":"1","amount":250}"#, #"{"order_id":"2"}"#,
        #"{"order_id":"4"}"#, #"{"order_id":"4","amount":100}"#,
      ])
    #expect(mapped.result.lineNumbers == [2, 2, 3, 5, 5])
    #expect(
      mapped.rejects.map { "\($0.lineNumber) \($0.reason.code) \($0.detail)" } == [
        "4 amount expected a plain number in 'total', found 'bad'"
      ])
    #expect(mapped.rejects[0].record == Array("3,5,bad,yes".utf8))
  }
}
