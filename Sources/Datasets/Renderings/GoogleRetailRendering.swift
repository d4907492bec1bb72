import Bytes
package import ConfigurationFiles
import Events

/// Google's retail user events, one JSON object a line, for import.
///
/// - Shape: `user-events.ndjson` (a fold: `<name>-fold-1.ndjson`); views carry one product, a
///   purchase its basket's lines. The option `currency` names a currency where the events tell
///   none.
package struct GoogleRetailRendering: Rendering {
  package static let name = "google-retail"
  package static let summary = "Google retail user events, NDJSON for import"

  private let currency: String?

  package init(options: ConfigurationNode?) throws(ConfigurationError) {
    currency = try options.text("currency", default: nil, of: Self.name)
  }

  package func cannotCarry(_ contents: any DatasetContents) -> [String] {
    var lines = [
      "Splits: all of a dataset's interactions are here once.",
      "Actions but view, cart_add, cart_remove and purchase: it has no place for checkouts, "
        + "declined "
        + "payments or refunds.",
      "Visitor ids of more than 128 bytes: SHA-256 in hexadecimal stands for them.",
      "Items out of the vocabulary, weights, negatives. Products must be in the catalogue "
        + "there, or "
        + "events stay unjoined.",
    ]
    if currency == nil && column("currency", contents) == nil {
      lines.append(
        "Purchases: they need a currency and the events tell none; set the option `currency`.")
    }
    return lines
  }

  private func column(_ name: String, _ contents: any DatasetContents) -> Int? {
    contents.interactionColumns.firstIndex { $0.name == name && $0.kind == .text }
  }

  private static func type(_ action: String) -> String? {
    switch action {
    case "view": "detail-page-view"
    case "cart_add": "add-to-cart"
    case "cart_remove": "remove-from-cart"
    case "purchase": "purchase-complete"
    default: nil
    }
  }

  /// One event: places of one action, one time and, for purchases, one basket.
  private struct Event {
    var type: String
    var places: [Int]
    var currency: ArraySlice<UInt8>?
    /// What the lines are worth together, in the currency's minor units.
    var revenue: Int64 = 0
  }

  private func events(
    _ batch: ExampleBatch, _ places: Range<Int>, _ contents: any DatasetContents
  ) -> [Event] {
    let currencyColumn = column("currency", contents)
    var events: [Event] = []
    for place in places where batch.item[place] > 0 {
      guard let type = GoogleRetailRendering.type(contents.actions[Int(batch.action[place])].name)
      else { continue }
      guard type == "purchase-complete" else {
        events.append(Event(type: type, places: [place], currency: nil))
        continue
      }
      let told = currencyColumn.flatMap { batch.interactionColumns[$0].text(place) }
      guard let unit = told ?? currency.map({ Array($0.utf8)[...] }) else { continue }
      if let last = events.last, last.type == type, let other = last.places.first,
        batch.basket[place] >= 0, batch.basket[other] == batch.basket[place]
      {
        events[events.count - 1].places.append(place)
      } else {
        events.append(Event(type: type, places: [place], currency: unit))
      }
    }
    return events.compactMap { event in
      guard event.currency != nil else { return event }
      var event = event
      for amount in event.places.compactMap({ batch.amount.at($0) }) {
        let (sum, overflow) = event.revenue.addingReportingOverflow(amount)
        // As in the contract, a sum that does not fit is none, and a purchase needs one.
        if overflow { return nil }
        event.revenue = sum
      }
      return event
    }
  }

  private static func visitor(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    word.count <= 128 ? word : Array(hexadecimal(SHA256.hash(Array(word))).utf8)[...]
  }

  /// A currency's amount in whole units, with as many digits behind the point as it has.
  private static func decimal(_ minor: Int64, _ currency: ArraySlice<UInt8>) -> String {
    let digits = minorDigits(ofCurrency: currency)
    let text = "\(minor.magnitude)"
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    let whole = padded.dropLast(digits)
    return (minor < 0 ? "-" : "") + whole + (digits > 0 ? "." + padded.suffix(digits) : "")
  }

  /// The minor units that an amount in whole units spells.
  private static func minor(_ spelling: String, _ currency: ArraySlice<UInt8>) -> Int64? {
    let parts = spelling.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? Array(parts[1]) : []
    guard parts.count <= 2, fraction.count == minorDigits(ofCurrency: currency) else { return nil }
    return readInteger((Array(parts[0]) + fraction)[...])
  }

  private func append(
    _ event: Event, _ batch: ExampleBatch, _ example: Int, _ contents: any DatasetContents,
    to text: inout [UInt8]
  ) {
    text.append("{\"eventType\":\"\(event.type)\",\"visitorId\":")
    appendJSON(GoogleRetailRendering.visitor(batch.userWord[example]), to: &text)
    text.append(",\"eventTime\":\"")
    appendTime(batch.time[event.places[0]], to: &text)
    text.append("\"")
    if contents.recipe.shape.unit == .session {
      text.append(",\"sessionId\":\"\(batch.unit[example])\"")
    }
    text.append(",\"productDetails\":[")
    for (index, place) in event.places.enumerated() {
      if index > 0 { text.append(",") }
      text.append("{\"product\":{\"id\":")
      appendJSON(contents.items[batch.item[place]], to: &text)
      text.append("}")
      if let quantity = batch.quantity.at(place) { text.append(",\"quantity\":\(quantity)") }
      text.append("}")
    }
    text.append("]")
    if let currency = event.currency {
      let revenue = GoogleRetailRendering.decimal(event.revenue, currency)
      text.append(",\"purchaseTransaction\":{\"revenue\":\(revenue)")
      text.append(",\"currencyCode\":")
      appendJSON(currency, to: &text)
      text.append("}")
    }
    text.append("}\n")
  }

  private func runs(_ contents: any DatasetContents) -> [[FlatFile]] {
    contents.runs(whole: { $0 == contents.recipe.name ? "user-events.ndjson" : "\($0).ndjson" })
  }

  package func write(_ contents: any DatasetContents, into output: RenderingOutput) throws {
    for run in runs(contents) {
      var fresh = FreshPlaces(users: contents.users)
      for part in run {
        try output.file(part.path) { file in
          for split in part.splits {
            fresh.beginSplit()
            try contents.forEachBatch(of: split) { batch in
              for example in 0..<batch.count {
                for event in events(batch, fresh.take(example, of: batch), contents) {
                  append(event, batch, example, contents, to: &file.text)
                  file.rowCount += 1
                }
                try file.flushIfLarge()
              }
            }
          }
        }
      }
    }
    try output.describe(contents, GoogleRetailRendering.name)
  }

  package func check(_ contents: any DatasetContents, _ written: RenderingInput) throws {
    for run in runs(contents) {
      var fresh = FreshPlaces(users: contents.users)
      for part in run {
        let reader = try TextReader(written, part.path)
        for split in part.splits {
          fresh.beginSplit()
          try contents.forEachBatch(of: split) { batch in
            for example in 0..<batch.count {
              for event in events(batch, fresh.take(example, of: batch), contents) {
                try expect(event, batch, example, contents, reader)
              }
            }
          }
        }
        try reader.expectEnd()
      }
    }
    try written.expectDescription(contents)
  }

  private func expect(
    _ event: Event, _ batch: ExampleBatch, _ example: Int, _ contents: any DatasetContents,
    _ reader: TextReader
  ) throws {
    let line = try reader.line().flatMap { JSONValue(parsing: $0) }
    let products = line?["productDetails"]?.elements ?? []
    let ids = products.map { $0["product"]?["id"]?.bytes }
    let quantities = products.map { $0["quantity"]?.integer }
    let time = line?["eventTime"]?.bytes.flatMap { $0.withUnsafeBytes { parseRFC3339($0) } }
    let visitor = batch.userWord[example]
    guard line?["eventType"]?.text == event.type, time == batch.time[event.places[0]],
      visitor.count > 128 || line?["visitorId"]?.bytes == Array(visitor),
      ids == event.places.map({ Array(contents.items[batch.item[$0]]) }),
      quantities == event.places.map({ batch.quantity.at($0) })
    else { throw reader.misread("a \(event.type) of \(event.places.count) products", "another") }
    guard let currency = event.currency else { return }
    let transaction = line?["purchaseTransaction"]
    guard transaction?["currencyCode"]?.bytes == Array(currency),
      case .number(let spelling)? = transaction?["revenue"],
      GoogleRetailRendering.minor(spelling, currency) == event.revenue
    else { throw reader.misread("a revenue of \(event.revenue) minor units", "another") }
  }
}
