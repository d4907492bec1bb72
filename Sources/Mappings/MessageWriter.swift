import Bytes

/// Why a record became no events.
enum RecordFailure {
  /// A field could not be made: its reason code in the plan's pool, and what was wrong.
  case field(code: PoolRange, fault: FieldFault, reference: Int32)
  case envelope(StaticString, fault: FieldFault, reference: Int32)
  /// A nested array of lines is not one.
  case lines
}

enum FieldFault: Sendable {
  case missing, unknownValue, notText, notTime, timeRange, notNumber, numberRange, notBoolean
  case tooLong, controlCharacter
}

enum EventOutcome { case written, skipped, failed }

/// Writes the messages of a record by a plan.
///
/// - Shape: a message is `{"specversion":"1.0","id":…,"source":…,"type":…,"time":…,"data":{…}}`
///   without spaces, the members of `data` in the contract's order and then in the mapping's;
///   absent values are left out. Each message ends with LF.
struct MessageWriter: ~Copyable {
  let pool: UnsafeMutablePointer<UInt8>
  let strings: UnsafeMutablePointer<PoolRange>
  let pieces: UnsafeMutablePointer<Piece>
  let conditions: UnsafeMutablePointer<Condition>
  let texts: UnsafeMutablePointer<TextPlan>
  let times: UnsafeMutablePointer<TimePlan>
  let numbers: UnsafeMutablePointer<NumberPlan>
  let lines: UnsafeMutablePointer<LinePlan>
  let fields: UnsafeMutablePointer<FieldPlan>
  let events: UnsafeMutablePointer<EventPlan>
  let maps: UnsafeMutablePointer<ValueMap>
  let mapEntries: UnsafeMutablePointer<ValueMap.Entry>
  let eventCount: Int
  let skips: TableRange
  let nulls: TableRange
  let timeFormats: [TimeFormat]
  let groups: [JSONGroup]
  let paths: JSONPaths
  var values: RecordValues
  var out = OutputBytes(capacity: 1 << 20)
  var composite = OutputBytes(capacity: 1 << 12)
  var failure = RecordFailure.lines
  var lastTime = LastTime()
  var lineNumber: Int64 = 0
  var elementNumber: Int64 = 0

  init(_ plan: Plan) {
    pool = permanentCopy(plan.pool)
    strings = permanentCopy(plan.strings)
    pieces = permanentCopy(plan.pieces)
    conditions = permanentCopy(plan.conditions)
    texts = permanentCopy(plan.texts)
    times = permanentCopy(plan.times)
    numbers = permanentCopy(plan.numbers)
    lines = permanentCopy(plan.lines)
    fields = permanentCopy(plan.fields)
    events = permanentCopy(plan.events)
    maps = permanentCopy(plan.maps)
    mapEntries = permanentCopy(plan.mapEntries)
    eventCount = plan.events.count
    skips = plan.skips
    nulls = plan.nulls
    timeFormats = plan.timeFormats
    groups = plan.groups
    paths = JSONPaths(plan)
    values = RecordValues(slotCount: plan.references.count)
  }

  deinit {
    pool.deallocate()
    strings.deallocate()
    pieces.deallocate()
    conditions.deallocate()
    texts.deallocate()
    times.deallocate()
    numbers.deallocate()
    lines.deallocate()
    fields.deallocate()
    events.deallocate()
    maps.deallocate()
    mapEntries.deallocate()
  }

  /// Writes all events of the record whose values are in the slots, or none of them.
  ///
  /// - Shape: gives the number of messages, or nil when one could not be made (see `failure`).
  mutating func writeEvents() -> Int? {
    if isAnyTrue(skips) { return 0 }
    let start = out.count
    var written = 0
    for index in 0..<eventCount {
      let event = events[index]
      guard areAllTrue(event.conditions) else { continue }
      let eventStart = out.count
      switch write(event) {
      case .written: written += 1
      case .skipped: out.count = eventStart
      case .failed:
        out.count = start
        return nil
      }
    }
    return written
  }

  private mutating func write(_ event: EventPlan) -> EventOutcome {
    out.append("{\"specversion\":\"1.0\",\"id\":\"")
    var outcome = identifier(event.id, "id", maximum: Limits.identifierByteCount)
    guard outcome == .written else { return outcome }
    out.append("\",\"source\":\"")
    outcome = identifier(event.source, "source", maximum: Limits.recordByteCount)
    guard outcome == .written else { return outcome }
    out.append("\",\"type\":\"")
    outcome = identifier(event.topic, "type", maximum: Limits.identifierByteCount)
    guard outcome == .written else { return outcome }
    out.append("\",\"time\":\"")
    guard let time = time(event.time) else { return .failed }
    out.append(time: time)
    out.append("\",\"data\":{")
    let dataStart = out.count
    for index in Int(event.fields.start)..<Int(event.fields.end) {
      let field = fields[index]
      guard field.conditions.isEmpty || areAllTrue(field.conditions) else { continue }
      let before = out.count
      if before > dataStart { out.append(UInt8(ascii: ",")) }
      out.append(pool + Int(field.key.start), Int(field.key.count))
      let valueStart = out.count
      let outcome = write(field)
      guard outcome == .written else { return outcome }
      if out.count == valueStart { out.count = before }
    }
    out.append("}}\n")
    return .written
  }

  /// A member of the envelope: required, bounded, without control characters.
  @inline(__always)
  private mutating func identifier(
    _ plan: Int32, _ name: StaticString, maximum: Int
  ) -> EventOutcome {
    let text = resolve(texts + Int(plan))
    guard text.status == .found else {
      if text.status == .skip { return .skipped }
      let fault: FieldFault = text.status == .absent ? .missing : text.fault
      failure = .envelope(name, fault: fault, reference: texts[Int(plan)].reference)
      return .failed
    }
    guard text.kind != .structure else {
      failure = .envelope(name, fault: .notText, reference: texts[Int(plan)].reference)
      return .failed
    }
    guard text.count > 0, text.count <= maximum else {
      failure = .envelope(
        name, fault: text.count == 0 ? .missing : .tooLong,
        reference: texts[Int(plan)].reference)
      return .failed
    }
    if out.append(escaping: text.base, text.count) {
      failure = .envelope(
        name, fault: .controlCharacter, reference: texts[Int(plan)].reference)
      return .failed
    }
    return .written
  }

  /// Writes a field's value, or nothing when it is absent.
  private mutating func write(_ field: FieldPlan) -> EventOutcome {
    switch field.kind {
    case .number:
      let number = number(numbers + Int(field.plan))
      switch number {
      case .absent: break
      case .value(let value): out.append(decimal: value)
      case .failed(let fault):
        failure = .field(
          code: field.code, fault: fault, reference: numbers[Int(field.plan)].reference)
        return .failed
      }
      return .written
    case .lines: return write(lines: field)
    default: break
    }
    let text = resolve(texts + Int(field.plan))
    switch text.status {
    case .absent: return .written
    case .skip: return .skipped
    case .failed:
      failure = .field(
        code: field.code, fault: text.fault, reference: texts[Int(field.plan)].reference)
      return .failed
    case .found: break
    }
    if let fault = write(text, as: field.kind) {
      failure = .field(code: field.code, fault: fault, reference: texts[Int(field.plan)].reference)
      return .failed
    }
    return .written
  }

  @inline(__always)
  private mutating func write(_ text: ResolvedText, as kind: FieldPlan.Kind) -> FieldFault? {
    switch kind {
    case .any where text.kind == .text, .text:
      if kind == .text, text.kind == .structure { return .notText }
      out.append(UInt8(ascii: "\""))
      out.append(escaping: text.base, text.count)
      out.append(UInt8(ascii: "\""))
    case .any:
      out.append(minifying: text.base, text.count)
    case .numberText:
      guard isJSONNumber(text.bytes) else { return .notNumber }
      out.append(text.base, text.count)
    case .wholeText:
      guard
        let value = parseDecimal(
          text.bytes, scale: 0, separator: UInt8(ascii: "."), rounding: .reject)
      else { return .notNumber }
      out.append(decimal: value)
    case .booleanText:
      guard let value = truth(text) else { return .notBoolean }
      out.append(value ? "true" : "false")
    case .number, .lines: break
    }
    return nil
  }

  private func truth(_ text: ResolvedText) -> Bool? {
    func equals(_ word: StaticString) -> Bool {
      guard word.utf8CodeUnitCount == text.count else { return false }
      for index in 0..<text.count where text.base[index] | 0x20 != word.utf8Start[index] | 0x20 {
        return false
      }
      return true
    }
    if equals("true") || equals("1") || equals("yes") || equals("y") { return true }
    if equals("false") || equals("0") || equals("no") || equals("n") { return false }
    return nil
  }
}
