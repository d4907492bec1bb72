import Bytes

/// A text on its way into a message.
struct ResolvedText {
  enum Status: UInt8 { case found, absent, skip, failed }

  var status: Status
  var base: UnsafePointer<UInt8>
  var count: Int
  var kind = Slot.Kind.text
  var fault = FieldFault.missing

  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }
}

enum ResolvedNumber {
  case value(Int64), absent, failed(FieldFault)
}

/// The time that was read last: rows of one order or session often repeat it.
struct LastTime {
  var bytes: [UInt8] = []
  var plan: Int32 = -1
  var microseconds: Int64 = 0
}

extension MessageWriter {
  @inline(__always)
  mutating func resolve(_ plan: UnsafePointer<TextPlan>) -> ResolvedText {
    if plan.pointee.isPlainColumn {
      let slot = values.slots[Int(plan.pointee.reference)]
      guard slot.count > 0, let base = slot.base else { return missing(.absent) }
      return ResolvedText(status: .found, base: base, count: slot.count, kind: slot.kind)
    }
    if plan.pointee.source == .constant, plan.pointee.map < 0, plan.pointee.hash == .never {
      let range = plan.pointee.constant
      return ResolvedText(
        status: .found, base: UnsafePointer(pool + Int(range.start)), count: Int(range.count))
    }
    return resolveSlowly(plan.pointee)
  }

  private func missing(
    _ status: ResolvedText.Status, _ fault: FieldFault = .missing
  ) -> ResolvedText {
    ResolvedText(status: status, base: UnsafePointer(pool), count: 0, fault: fault)
  }

  private func pooled(_ range: PoolRange) -> ResolvedText {
    ResolvedText(
      status: .found, base: UnsafePointer(pool + Int(range.start)), count: Int(range.count))
  }

  private mutating func resolveSlowly(_ plan: TextPlan) -> ResolvedText {
    var text = origin(plan)
    if text.status == .failed { return text }
    if text.status == .found, matches(text.bytes, anyOf: plan.nulls) { text = missing(.absent) }
    if text.status == .found, plan.strippedSuffix.count > 0 {
      let suffix = pooled(plan.strippedSuffix)
      if text.count >= suffix.count,
        isEqual(text.base + text.count - suffix.count, suffix.base, suffix.count)
      {
        text.count -= suffix.count
      }
      if text.count == 0 { text = missing(.absent) }
    }
    if text.status == .found, plan.map >= 0 {
      text = lookUp(text, plan)
      guard text.status == .found else { return text }
    }
    guard text.status == .found else {
      return plan.defaultValue.count >= 0 ? pooled(plan.defaultValue) : text
    }
    if plan.prefix.count > 0 { text = joined(plan.prefix, text) }
    let isLong = text.count > Limits.identifierByteCount
    if plan.hash == .always || (plan.hash == .long && isLong) { text = hashed(text) }
    return text
  }

  private mutating func origin(_ plan: TextPlan) -> ResolvedText {
    switch plan.source {
    case .constant: return pooled(plan.constant)
    case .column:
      let slot = values.slots[Int(plan.reference)]
      guard slot.count > 0, let base = slot.base else { return missing(.absent) }
      return ResolvedText(status: .found, base: base, count: slot.count, kind: slot.kind)
    case .template:
      composite.count = 0
      for index in Int(plan.pieces.start)..<Int(plan.pieces.end) {
        let piece = pieces[index]
        switch piece.kind {
        case .literal:
          composite.append(pool + Int(piece.literal.start), Int(piece.literal.count))
        case .line: composite.append(decimal: lineNumber)
        case .element: composite.append(decimal: elementNumber)
        case .reference:
          let slot = values.slots[Int(piece.reference)]
          guard slot.count > 0, let base = slot.base else { return missing(.absent) }
          guard slot.kind != .structure else { return missing(.failed, .notText) }
          composite.append(base, slot.count)
        }
      }
      return ResolvedText(
        status: .found, base: UnsafePointer(composite.base), count: composite.count)
    }
  }

  private mutating func lookUp(_ text: ResolvedText, _ plan: TextPlan) -> ResolvedText {
    let entries = maps[Int(plan.map)].entries
    var low = Int(entries.start)
    var high = Int(entries.end)
    while low < high {
      let middle = (low + high) / 2
      let entry = mapEntries[middle]
      let order = compare(text, entry.from)
      if order == 0 { return entry.to.count < 0 ? missing(.skip) : pooled(entry.to) }
      if order < 0 { high = middle } else { low = middle + 1 }
    }
    switch plan.unknown {
    case .reject: return missing(.failed, .unknownValue)
    case .skip: return missing(.skip)
    case .keep: return plan.unknownPrefix.count > 0 ? joined(plan.unknownPrefix, text) : text
    }
  }

  /// By length, then bytes: negative when the text stands before the entry.
  @inline(__always)
  private func compare(_ text: ResolvedText, _ range: PoolRange) -> Int {
    if text.count != Int(range.count) { return text.count - Int(range.count) }
    let other = pool + Int(range.start)
    for index in 0..<text.count where text.base[index] != other[index] {
      return Int(text.base[index]) - Int(other[index])
    }
    return 0
  }

  private mutating func joined(_ prefix: PoolRange, _ text: ResolvedText) -> ResolvedText {
    // The text may itself stand in the composite buffer, so it is moved rather than appended to.
    let total = Int(prefix.count) + text.count
    var whole = OutputBytes(capacity: total + 16)
    whole.append(pool + Int(prefix.start), Int(prefix.count))
    whole.append(text.base, text.count)
    swap(&whole, &composite)
    return ResolvedText(
      status: .found, base: UnsafePointer(composite.base), count: composite.count)
  }

  /// The first 32 hex digits of SHA-256: as good as unique, and short enough for every id.
  private mutating func hashed(_ text: ResolvedText) -> ResolvedText {
    let digest = SHA256.hash(Array(text.bytes))
    composite.count = 0
    for byte in digest.prefix(16) {
      composite.append(hexDigit(byte >> 4))
      composite.append(hexDigit(byte & 15))
    }
    return ResolvedText(
      status: .found, base: UnsafePointer(composite.base), count: composite.count)
  }

  func matches(_ bytes: UnsafeBufferPointer<UInt8>, anyOf list: TableRange) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    for index in Int(list.start)..<Int(list.end) {
      let string = strings[index]
      if Int(string.count) == bytes.count,
        isEqual(base, pool + Int(string.start), bytes.count)
      {
        return true
      }
    }
    return false
  }

  mutating func time(_ plan: Int32) -> Int64? {
    let time = times[Int(plan)]
    let slot = values.slots[Int(time.reference)]
    guard slot.count > 0, let base = slot.base else {
      failure = .envelope("time", fault: .missing, reference: time.reference)
      return nil
    }
    guard var microseconds = instant(slot, base, plan, time) else {
      failure = .envelope("time", fault: .notTime, reference: time.reference)
      return nil
    }
    if time.plusReference >= 0 {
      let plus = values.slots[Int(time.plusReference)]
      guard plus.count > 0 else {
        failure = .envelope("time", fault: .missing, reference: time.plusReference)
        return nil
      }
      guard let added = parseEpoch(plus.bytes, unit: time.plusUnit) else {
        failure = .envelope("time", fault: .notNumber, reference: time.plusReference)
        return nil
      }
      // Both are far from the ends of 64 bits: each was checked against the years 1 to 9999.
      microseconds += added
    }
    guard microseconds >= TimeRange.first, microseconds <= TimeRange.last else {
      failure = .envelope("time", fault: .timeRange, reference: time.reference)
      return nil
    }
    return microseconds
  }

  private mutating func instant(
    _ slot: Slot, _ base: UnsafePointer<UInt8>, _ plan: Int32, _ time: TimePlan
  ) -> Int64? {
    if lastTime.plan == plan, lastTime.bytes.count == slot.count,
      lastTime.bytes.withUnsafeBufferPointer({ last in
        last.baseAddress.map { isEqual($0, base, slot.count) } ?? false
      })
    {
      return lastTime.microseconds
    }
    for index in Int(time.formats.start)..<Int(time.formats.end) {
      guard let microseconds = timeFormats[index].microseconds(slot.bytes) else { continue }
      lastTime.bytes.removeAll(keepingCapacity: true)
      lastTime.bytes.append(contentsOf: slot.bytes)
      lastTime.plan = plan
      lastTime.microseconds = microseconds
      return microseconds
    }
    return nil
  }

  mutating func number(_ pointer: UnsafePointer<NumberPlan>) -> ResolvedNumber {
    let plan = pointer.pointee
    var value = plan.constant
    if plan.reference >= 0 {
      let slot = values.slots[Int(plan.reference)]
      if slot.count <= 0 || matches(slot.bytes, anyOf: plan.nulls) {
        guard plan.hasDefault else { return .absent }
        value = plan.defaultValue
      } else {
        guard slot.kind == .text || slot.kind == .number,
          let parsed = parseDecimal(
            slot.bytes, scale: Int(plan.scale), separator: plan.separator,
            rounding: plan.rounding)
        else { return .failed(.notNumber) }
        value = parsed
      }
    }
    if plan.timesReference >= 0 {
      let slot = values.slots[Int(plan.timesReference)]
      guard slot.count > 0 else { return .absent }
      guard
        let factor = parseDecimal(
          slot.bytes, scale: 0, separator: plan.separator, rounding: .reject)
      else { return .failed(.notNumber) }
      let (product, overflow) = value.multipliedReportingOverflow(by: factor)
      if overflow { return .failed(.numberRange) }
      value = product
    }
    if plan.sign == .negate || (plan.sign == .absolute && value < 0) {
      guard value != Int64.min else { return .failed(.numberRange) }
      value = -value
    }
    guard value >= plan.minimum, value <= plan.maximum else { return .failed(.numberRange) }
    return .value(value)
  }

  func areAllTrue(_ range: TableRange) -> Bool {
    for index in Int(range.start)..<Int(range.end) where !isTrue(conditions[index]) {
      return false
    }
    return true
  }

  func isAnyTrue(_ range: TableRange) -> Bool {
    for index in Int(range.start)..<Int(range.end) where isTrue(conditions[index]) {
      return true
    }
    return false
  }

  private func isTrue(_ condition: Condition) -> Bool {
    let slot = values.slots[Int(condition.reference)]
    if condition.test == .empty { return (slot.count <= 0) != condition.isNegated }
    var found = false
    if slot.count > 0, let base = slot.base {
      for index in Int(condition.values.start)..<Int(condition.values.end) where !found {
        let string = strings[index]
        let count = Int(string.count)
        switch condition.test {
        case .equals: found = slot.count == count
        case .prefix, .suffix: found = slot.count >= count
        case .empty: break
        }
        let start = condition.test == .suffix ? slot.count - count : 0
        found = found && isEqual(base + start, pool + Int(string.start), count)
      }
    }
    return found != condition.isNegated
  }
}
