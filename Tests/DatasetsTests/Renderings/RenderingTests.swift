import ConfigurationFiles
import FilesTesting
import Testing

@testable import Datasets

/// A rendering as an argument of tests.
struct Format: CustomStringConvertible, Sendable {
  var kind: any Rendering.Type
  var description: String { kind.name }

  static let all = Renderings.all.map { Format(kind: $0) }
  /// Those for datasets of interactions, with a check of every value.
  static let strict = all.filter { $0.kind.name != "attribution" }
}

@Suite struct RenderedDatasets {
  private func contents(_ format: Format) -> SmallContents {
    format.kind.name == "attribution" ? .touches : .hostile
  }

  @Test(arguments: Format.all)
  func `a rendering reads back what it wrote`(_ format: Format) throws {
    let rendered = try Rendered(format.kind, contents(format))
    try rendered.check()
    #expect(!rendered.written.isEmpty)
    #expect(!format.kind.summary.isEmpty)
  }

  @Test(arguments: Format.all)
  func `equal contents give equal bytes, however they are batched`(_ format: Format) throws {
    let once = try Rendered(format.kind, contents(format))
    let other = contents(format)
    other.batchCount = 1
    let again = try Rendered(format.kind, other)
    #expect(once.written == again.written)
  }

  /// Data files: every bit of them is compared with the contents, but for what no reader looks at.
  @Test(arguments: Format.strict + Format.all.filter { $0.kind.name == "attribution" })
  func `a changed value is noticed`(_ format: Format) throws {
    let rendered = try Rendered(format.kind, contents(format))
    let endings = [".csv", ".tsv", ".txt", ".inter", ".jsonl", ".ndjson", ".tfrecord", ".npz"]
    let data = rendered.written.filter { file in
      endings.contains { file.path.hasSuffix($0) } && file.rowCount > 0
        && !file.path.hasSuffix("_file_list.txt")
    }
    var unnoticed: [String] = []
    for file in data {
      for byte in stride(from: 0, to: file.byteCount, by: max(1, file.byteCount / 24)) {
        let copy = try Rendered(format.kind, contents(format))
        copy.files.flip("/ledger/\(file.path)", byte: byte, bit: 0)
        do {
          try copy.check()
          unnoticed.append("\(file.path):\(byte)")
        } catch {}
      }
    }
    // The heads of files inside an archive are not read: its directory says the same.
    unnoticed.removeAll { $0.contains(".npz:") }
    #expect(unnoticed == [])
  }

  @Test(arguments: Format.strict)
  func `other contents are noticed`(_ format: Format) throws {
    let rendered = try Rendered(format.kind, .hostile)
    let row = rendered.contents.rows[0][0]
    rendered.contents.rows[0][0].steps.swapAt(2, 5)
    #expect(throws: (any Error).self) { try rendered.check() }
    rendered.contents.rows[0][0] = row
    try rendered.check()
  }

  @Test(arguments: Format.strict)
  func `a dataset without examples is a dataset`(_ format: Format) throws {
    let rendered = try Rendered(
      format.kind, SmallContents(users: [], items: [], rows: [[], [], []]))
    try rendered.check()
  }

  @Test func `touches are asked of a dataset that has them`() {
    #expect(throws: RenderingError.self) {
      try Rendered(AttributionRendering.self, .hostile)
    }
  }

  @Test func `an option that a format does not have is refused with the nearest name`() {
    let error = #expect(throws: ConfigurationError.self) {
      try Rendered(RecBoleRendering.self, .tiny, options: "max_lenght: 3")
    }
    #expect(error?.nearest == "max_length")
  }

  @Test func `interactions that a split repeats stand once in a flat file`() throws {
    let rendered = try Rendered(SASRecRendering.self, .hostile)
    let lines = rendered.text("demo.txt").split(separator: "\n").filter { $0.hasPrefix("2 ") }
    #expect(lines == ["2 1", "2 2", "2 2", "2 3", "2 4", "2 7", "2 8", "2 7"])
  }

  @Test func `RecBole keeps words by a prefix and percent signs`() throws {
    let text = try Rendered(RecBoleRendering.self, .hostile).text("demo/demo.inter")
    for word in ["i:NA\t", "i:null\t", "i:%22quoted\t", "i:tab%09here\t", "i:100%25\t", "\toov\t"] {
      #expect(text.contains(word), "\(word)")
    }
    #expect(!text.contains("\""))
  }
}

@Suite struct GoldenRenderings {
  @Test func `RecBole`() throws {
    let rendered = try Rendered(RecBoleRendering.self, .tiny)
    #expect(
      rendered.text("demo/demo.inter") == """
        user_id:token\titem_id:token\taction:token\tweight:float\ttimestamp:float\ttime_us:token
        u:A\ti:10\tview\t1\t0\t1760000000000000
        u:A\ti:10\tcart_add\t3\t60\t1760000060000000
        u:A\ti:10\tpurchase\t10\t120\t1760000120000000
        u:B\ti:11\tview\t1\t0\t1760000000000000
        u:B\ti:12\tview\t1\t30\t1760000030000000
        u:B\ti:12\tpayment_failure\t0.5\t90\t1760000090000000

        """)
    #expect(
      rendered.text("demo-split/demo-split.train.inter") == """
        session_id:token\titem_id_list:token_seq\titem_id:token
        s:1\ti:10\ti:10
        s:1\ti:10 i:10\ti:10
        s:2\ti:11\ti:12
        s:2\ti:11 i:12\ti:12

        """)
  }

  @Test func `SASRec and GRU4Rec`() throws {
    #expect(
      try Rendered(SASRecRendering.self, .tiny).text("demo.txt") == "1 1\n1 1\n1 1\n2 2\n2 3\n2 3\n"
    )
    #expect(
      try Rendered(GRU4RecRendering.self, .tiny).text("demo_train_full.txt") == """
        SessionId\tItemId\tTime
        1\t1\t1760000000
        1\t1\t1760000060
        1\t1\t1760000120
        2\t2\t1760000000
        2\t3\t1760000030
        2\t3\t1760000090

        """)
  }

  @Test func `OTTO`() throws {
    #expect(
      try Rendered(OTTORendering.self, .tiny).text("train.jsonl") == """
        {"session":1,"events":[{"aid":1,"ts":1760000000000,"type":"clicks"},\
        {"aid":1,"ts":1760000060000,"type":"carts"},{"aid":1,"ts":1760000120000,"type":"orders"}]}
        {"session":2,"events":[{"aid":2,"ts":1760000000000,"type":"clicks"},\
        {"aid":3,"ts":1760000030000,"type":"clicks"}]}

        """)
    let rendered = try Rendered(OTTORendering.self, .hostile)
    #expect(
      rendered.text("validation_labels.jsonl") == """
        {"session":12,"labels":{"clicks":7,"carts":[7]}}

        """)
  }

  @Test func `HSTU and KuaiRand`() throws {
    #expect(
      try Rendered(HSTURendering.self, .tiny).text("train.csv") == """
        index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps
        0,1,"1,1,1","1,2,64","1760000000,1760000060,1760000120"
        1,2,"2,3,3","1,1,32","1760000000,1760000030,1760000090"

        """)
    #expect(
      try Rendered(KuaiRandRendering.self, .tiny).text("train.csv").split(separator: "\n")[1]
        == #"1,"[1,1,1]","[1760000000000,1760000060000,1760000120000]","[1,2,64]","#
        + #""[0,0,0]","[0,0,0]""#
    )
  }

  @Test func `Merlin's schema`() throws {
    let text = try Rendered(MerlinRendering.self, .tiny).text("schema.pbtxt")
    #expect(
      text.contains(
        """
        feature {
          name: "item_id-list"
          value_count {
            min: 1
            max: 3
          }
          type: INT
          int_domain {
            name: "item_id-list"
            min: 0
            max: 5
            is_categorical: true
          }
          annotation {
            tag: "item_id"
        """))
  }

  @Test func `Personalize and Google`() throws {
    #expect(
      try Rendered(PersonalizeRendering.self, .tiny).text("interactions.csv").split(
        separator: "\n")[1]
        == "A,10,1760000000,View,1")
    let text = try Rendered(GoogleRetailRendering.self, .hostile).text("user-events.ndjson")
    let basket =
      #""productDetails":[{"product":{"id":"None"},"quantity":1},"#
      + #"{"product":{"id":"nan"},"quantity":1}],"#
      + #""purchaseTransaction":{"revenue":20.04,"currencyCode":"EUR"}}"#
    #expect(text.contains(basket))
  }

  @Test(arguments: [
    ("JPY", 1_500, "1500"), ("KWD", 1_500, "1.500"), ("CLF", 12, "0.0012"), ("EUR", 7, "0.07"),
    ("EUR", -7, "-0.07"), ("krw", 0, "0"), ("XYZ", 123_456, "1234.56"),
  ])
  func `Google's revenue has as many digits as its currency`(
    _ currency: String, _ amount: Int64, _ written: String
  ) throws {
    let contents = SmallContents.tiny
    contents.interactionColumns = [
      DatasetColumn("currency", .text, .context, "The currency.")
    ]
    contents.rows[0][0].steps[2] = SmallContents.Step(1, 2, 120, amount: amount, texts: [currency])
    let rendered = try Rendered(GoogleRetailRendering.self, contents)
    try rendered.check()
    #expect(
      rendered.text("user-events.ndjson").contains(
        #""revenue":\#(written),"currencyCode":"\#(currency)""#))
    contents.rows[0][0].steps[2].amount = amount + 1
    #expect(throws: RenderingError.self) { try rendered.check() }
  }

  @Test func `a purchase whose sum does not fit is none of Google's`() throws {
    let contents = SmallContents.tiny
    contents.rows[0][0].steps[1] = SmallContents.Step(1, 2, 120, basket: 0, amount: Int64.max)
    contents.rows[0][0].steps[2] = SmallContents.Step(2, 2, 120, basket: 0, amount: 1)
    let rendered = try Rendered(GoogleRetailRendering.self, contents, options: "currency: EUR")
    try rendered.check()
    #expect(!rendered.text("user-events.ndjson").contains("purchase-complete"))
  }

  @Test func `paths`() throws {
    #expect(
      try Rendered(AttributionRendering.self, .touches).text("paths-train.csv") == """
        path,total_conversions,total_conversion_value,total_null
        a %3E b,0,0,1
        email > search,1,4999,0

        """)
  }
}
