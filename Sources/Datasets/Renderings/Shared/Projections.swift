import Bytes

/// A value of an example (`place` is -1) or of one of its interactions.
typealias Projection =
  @Sendable (_ batch: ExampleBatch, _ example: Int, _ place: Int) -> FieldValue

/// The values that formats ask for, each under the one name it has here.
enum Projections {
  static let row: Projection = { batch, example, _ in .integer(batch.row[example]) }
  static let userNumber: Projection = { batch, example, _ in .integer(Int64(batch.user[example])) }
  static let unit: Projection = { batch, example, _ in .integer(batch.unit[example]) }
  static let itemNumber: Projection = { batch, _, place in .integer(Int64(batch.item[place])) }
  static let actionNumber: Projection = { batch, _, place in .integer(Int64(batch.action[place])) }
  static let weight: Projection = { batch, _, place in .float(batch.weight[place]) }
  static let time: Projection = { batch, _, place in .integer(batch.time[place]) }
  static let basket: Projection = { batch, _, place in .integer(Int64(batch.basket[place])) }
  static let isTarget: Projection = { batch, _, place in .integer(Int64(batch.isTarget[place])) }
  static let negative: Projection = { batch, _, place in .integer(Int64(batch.negatives[place])) }
  static let quantity: Projection = { batch, _, place in value(batch.quantity.at(place)) }
  static let unitPrice: Projection = { batch, _, place in value(batch.unitPrice.at(place)) }
  static let amount: Projection = { batch, _, place in value(batch.amount.at(place)) }

  private static func value(_ integer: Int64?) -> FieldValue {
    integer.map { .integer($0) } ?? .null
  }

  /// Whole seconds since 1970, rounded down.
  static let seconds: Projection = { batch, _, place in
    .integer(batch.time[place].dividedDown(1_000_000))
  }
  /// Whole milliseconds since 1970, rounded down.
  static let milliseconds: Projection = { batch, _, place in
    .integer(batch.time[place].dividedDown(1_000))
  }

  /// The item's number, with one past the highest for items out of the vocabulary.
  static func denseItem(_ contents: any DatasetContents) -> Projection {
    let stranger = Int64(contents.items.count) + 1
    return { batch, _, place in
      let item = batch.item[place]
      return .integer(item == ExampleBatch.outOfVocabulary ? stranger : Int64(item))
    }
  }

  static let userWord: Projection = { batch, example, _ in .text(batch.userWord[example]) }

  /// The item's word; null where it has none.
  static func itemWord(_ contents: any DatasetContents) -> Projection {
    let items = contents.items
    return { batch, _, place in
      batch.item[place] > 0 ? .text(items[batch.item[place]]) : .null
    }
  }

  static func actionName(_ contents: any DatasetContents) -> Projection {
    let names = contents.actions.map { Array($0.name.utf8)[...] }
    return { batch, _, place in .text(names[Int(batch.action[place])]) }
  }

  /// The action's bit.
  static func actionMask(_ contents: any DatasetContents) -> Projection {
    let masks = contents.actions.map(\.mask)
    return { batch, _, place in .integer(masks[Int(batch.action[place])]) }
  }

  /// `YYYY-MM-DD hh:mm:ss.ffffff`, UTC, as pandas parses without a zone.
  static let dateTime: Projection = { batch, _, place in
    var text: [UInt8] = []
    appendTime(batch.time[place], to: &text)
    text[10] = 0x20
    return .text(text.dropLast())
  }

  /// A column of examples or of interactions.
  static func column(_ index: Int, ofInteractions: Bool) -> Projection {
    { batch, example, place in
      let row = ofInteractions ? place : example
      switch ofInteractions ? batch.interactionColumns[index] : batch.columns[index] {
      case .integer(let column): return value(column.at(row))
      case .real(let values): return values[row].isNaN ? .null : .double(values[row])
      case .text(let column): return column[row].map { .text($0) } ?? .null
      }
    }
  }
}

extension Int64 {
  /// Divided and rounded towards minus infinity.
  func dividedDown(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self < 0 && quotient * divisor != self ? quotient - 1 : quotient
  }
}
