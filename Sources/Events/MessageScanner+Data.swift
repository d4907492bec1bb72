import Bytes
import CKernels

extension MessageScanner {
  /// The value of `data`: an object with the columns, or null.
  @inline(__always)
  mutating func scanData(_ value: BytePointer) -> BytePointer? {
    guard value.pointee == UInt8(ascii: "{") else { return skipNoObject(value) }
    var place = json.skipWhitespace(value + 1)
    if place.pointee == UInt8(ascii: "}") { return place + 1 }
    while true {
      var field = Field.unknown
      guard let value = scanKey(place, &field) else { return nil }
      let next: BytePointer?
      switch field {
      case .visitorID, .customerID, .sessionID, .cartID, .orderID, .paymentID, .itemID, .channel,
        .campaignID, .creativeID, .currency:
        next = scanColumn(field, value)
      case .quantity, .unitPrice, .amount: next = scanNumberColumn(field, value)
      case .items: next = scanItems(value)
      default: next = json.skipValue(value, depth: 2)
      }
      guard let next else { return nil }
      if next.pointee == UInt8(ascii: ",") {
        place = next + 1
        continue
      }
      place = json.skipWhitespace(next)
      if place.pointee == UInt8(ascii: "}") { return place + 1 }
      guard place.pointee == UInt8(ascii: ",") else { return json.fail(.syntax, place) }
      place += 1
    }
  }

  @inline(never)
  private mutating func skipNoObject(_ value: BytePointer) -> BytePointer? {
    if value.pointee != UInt8(ascii: "n") { note(.wrongType, .data) }
    return json.skipValue(value, depth: 1)
  }

  /// One of the string columns of `data`.
  @inline(__always)
  private mutating func scanColumn(_ field: Field, _ value: BytePointer) -> BytePointer? {
    var text = ScannedText()
    guard let next = scanText(value, isID: field.isID, depth: 2, &text) else { return nil }
    if text.isAtFault { note(.wrongType, field) } else { faults &= ~field.bit }
    let column = Int(field.rawValue &- Field.visitorID.rawValue)
    rows.setText(StagedRows.ids &+ column, text.start, text.length)
    if text.length != TextColumn.absent { rows.usedColumns |= 1 &<< UInt32(column) }
    return next
  }

  /// A string, or a number taken as the text it is written with; null, empty and junk are absent.
  @inline(__always)
  private mutating func scanText(
    _ value: BytePointer, isID: Bool, depth: Int, _ text: inout ScannedText
  ) -> BytePointer? {
    let next: BytePointer
    var start: BytePointer
    var count: Int
    if value.pointee == UInt8(ascii: "\"") {
      guard let after = json.skipString(value + 1) else { return nil }
      next = after
      start = value + 1
      count = after - value - 2
      if json.hasEscape {
        let decoded = unescaped.append(value + 1, after - 1)
        text.start = UInt32(truncatingIfNeeded: unescapedOrigin + decoded.start)
        start = BytePointer(unescaped.bytes + decoded.start)
        count = decoded.count
      } else {
        text.start = UInt32(truncatingIfNeeded: start - base)
      }
    } else if value.pointee == UInt8(ascii: "-") || value.pointee &- 0x30 <= 9 {
      guard let after = json.skipNumber(value) else { return nil }
      next = after
      start = value
      count = after - value
      text.start = UInt32(truncatingIfNeeded: value - base)
    } else {
      text.isAtFault = value.pointee != UInt8(ascii: "n")
      return json.skipValue(value, depth: depth)
    }
    if count == 0 { return next }
    // The longest junk word has nine letters, so only spaces can hide one in a longer id.
    if isID, count <= 9 || start[0] == 0x20 || start[count - 1] == 0x20, isJunkID(start, count) {
      return next
    }
    text.length = UInt32(truncatingIfNeeded: count)
    return next
  }

  /// `quantity`, `unit_price` or `amount` of the event.
  @inline(__always)
  private mutating func scanNumberColumn(_ field: Field, _ value: BytePointer) -> BytePointer? {
    var number = ScannedNumber()
    guard let next = scanNumber(value, isInt32: field == .quantity, depth: 2, &number) else {
      return nil
    }
    if number.fault != .none { note(number.fault, field) } else { faults &= ~field.bit }
    switch field {
    case .quantity:
      rows.quantities[rows.count] = Int32(truncatingIfNeeded: number.value)
      rows.setFlag(StagedRows.hasQuantity, number.isPresent)
    case .unitPrice:
      rows.setLong(StagedRows.unitPrice, number.value)
      rows.setFlag(StagedRows.hasUnitPrice, number.isPresent)
    default:
      rows.setLong(StagedRows.amount, number.value)
      rows.setFlag(StagedRows.hasAmount, number.isPresent)
    }
    return next
  }

  /// A whole number or null.
  @inline(__always)
  mutating func scanNumber(
    _ value: BytePointer, isInt32: Bool, depth: Int, _ number: inout ScannedNumber
  ) -> BytePointer? {
    let isNegative = value.pointee == UInt8(ascii: "-")
    let first = isNegative ? value + 1 : value
    var place = first
    var magnitude: Int64 = 0
    while place.pointee &- 0x30 <= 9 {
      magnitude = magnitude &* 10 &+ Int64(place.pointee &- 0x30)
      place += 1
    }
    let byte = place.pointee
    let isPlain = byte != UInt8(ascii: ".") && byte | 0x20 != UInt8(ascii: "e")
    let digitCount = place - first
    // Up to nine digits fit 32 bits, up to 18 fit 64; a leading zero is left to the slow way.
    guard isPlain, digitCount >= 1, digitCount <= (isInt32 ? 9 : 18),
      first.pointee != 0x30 || digitCount == 1
    else { return scanUncommonNumber(value, isInt32: isInt32, depth: depth, &number) }
    number.value = isNegative ? -magnitude : magnitude
    number.isPresent = 1
    return place
  }

  @inline(never)
  private mutating func scanUncommonNumber(
    _ value: BytePointer, isInt32: Bool, depth: Int, _ number: inout ScannedNumber
  ) -> BytePointer? {
    guard value.pointee == UInt8(ascii: "-") || value.pointee &- 0x30 <= 9 else {
      if value.pointee != UInt8(ascii: "n") { number.fault = .wrongType }
      return json.skipValue(value, depth: depth)
    }
    guard let next = json.skipNumber(value) else { return nil }
    switch wholeNumber(value, next) {
    case .fraction: number.fault = .fraction
    case .outOfRange: number.fault = .outOfRange
    case .value(let whole):
      if isInt32 && Int32(exactly: whole) == nil {
        number.fault = .outOfRange
      } else {
        number.value = whole
        number.isPresent = 1
      }
    }
    return next
  }

  /// `items`: an array of objects, each a line.
  private mutating func scanItems(_ value: BytePointer) -> BytePointer? {
    lines.count = committedLineCount
    faults &= ~Field.items.bit
    rows.setFlag(StagedRows.hasLines, 0)
    guard value.pointee == UInt8(ascii: "[") else {
      if value.pointee != UInt8(ascii: "n") { note(.wrongType, .items) }
      return json.skipValue(value, depth: 2)
    }
    rows.setFlag(StagedRows.hasLines, 1)
    var place = json.skipWhitespace(value + 1)
    if place.pointee == UInt8(ascii: "]") { return place + 1 }
    while true {
      let next: BytePointer?
      if place.pointee == UInt8(ascii: "{") {
        next = scanLine(place)
      } else {
        note(.wrongType, .items)
        next = json.skipValue(place, depth: 3)
      }
      guard let next else { return nil }
      place = json.skipWhitespace(next)
      if place.pointee == UInt8(ascii: "]") { return place + 1 }
      guard place.pointee == UInt8(ascii: ",") else { return json.fail(.syntax, place) }
      place = json.skipWhitespace(place + 1)
    }
  }

  /// One element of `items`.
  private mutating func scanLine(_ opening: BytePointer) -> BytePointer? {
    lines.begin()
    let line = lines.count
    var itemFault = Fault.none
    var quantityFault = Fault.none
    var priceFault = Fault.none
    var place = json.skipWhitespace(opening + 1)
    while place.pointee != UInt8(ascii: "}") {
      var field = Field.unknown
      guard let value = scanKey(place, &field) else { return nil }
      var after: BytePointer?
      switch field {
      case .itemID:
        var text = ScannedText()
        after = scanText(value, isID: true, depth: 4, &text)
        itemFault = text.isAtFault ? .wrongType : .none
        lines.starts[line] = text.start
        lines.lengths[line] = text.length
      case .quantity:
        var number = ScannedNumber()
        after = scanNumber(value, isInt32: true, depth: 4, &number)
        quantityFault = number.fault
        lines.quantities[line] = Int32(truncatingIfNeeded: number.value)
        lines.hasQuantity[line] = number.isPresent
      case .unitPrice:
        var number = ScannedNumber()
        after = scanNumber(value, isInt32: false, depth: 4, &number)
        priceFault = number.fault
        lines.unitPrices[line] = number.value
        lines.hasUnitPrice[line] = number.isPresent
      default: after = json.skipValue(value, depth: 4)
      }
      guard let after else { return nil }
      place = json.skipWhitespace(after)
      if place.pointee == UInt8(ascii: ",") {
        place = json.skipWhitespace(place + 1)
        if place.pointee == UInt8(ascii: "}") { return json.fail(.syntax, place) }
      } else if place.pointee != UInt8(ascii: "}") {
        return json.fail(.syntax, place)
      }
    }
    for fault in [itemFault, quantityFault, priceFault] where fault != .none {
      note(fault, .items)
    }
    lines.count = line + 1
    return place + 1
  }
}

/// A string value as a place in the batch's text; absent unless `length` is set.
struct ScannedText {
  var start: UInt32 = 0
  var length = TextColumn.absent
  var isAtFault = false
}

/// A whole number, or what kept it from being one.
struct ScannedNumber {
  var value: Int64 = 0
  var isPresent: UInt8 = 0
  var fault = Fault.none
}

extension Field {
  /// Whether junk words stand for "absent" here: the columns whose names end in `_id`.
  @inline(__always) var isID: Bool { self != .channel && self != .currency }
}
