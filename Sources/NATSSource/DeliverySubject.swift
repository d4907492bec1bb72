/// What a delivered message's reply subject says:
/// `$JS.ACK.<stream>.<durable>.<deliveries>.<stream seq>.<consumer seq>.<time ns>.<pending>`; newer
/// servers may put a domain and an account behind `ACK`, and one more token at the end.
struct DeliverySubject: Equatable {
  var streamSequence: UInt64
  /// Counts this consumer's deliveries, redeliveries included, without gaps: a gap means that a
  /// delivery was lost on its way.
  var consumerSequence: UInt64
  var timeNanoseconds: Int64
  /// Messages the server still has for the consumer.
  var pendingCount: UInt64

  /// Reads a reply subject; nil when it is not one of a delivery.
  ///
  /// - Cost: one pass over the text, no allocation: done for every message.
  init?(_ text: UnsafePointer<CChar>) {
    guard Self.begins(text, "$JS.ACK.") else { return nil }
    let numbers = withUnsafeTemporaryAllocation(of: Int.self, capacity: Self.mostTokens + 1) {
      starts -> (UInt64, UInt64, UInt64, UInt64)? in
      var count = 1
      var index = 0
      starts[0] = 0
      while text[index] != 0 {
        if text[index] == Self.dot {
          if count == Self.mostTokens { return nil }
          starts[count] = index + 1
          count += 1
        }
        index += 1
      }
      starts[count] = index + 1
      let first: Int
      switch count {
      case 9: first = 5
      case 11, 12: first = 7
      default: return nil
      }
      func number(_ token: Int) -> UInt64? {
        Self.number(text, starts[token], starts[token + 1] - 1)
      }
      guard let stream = number(first), let consumer = number(first + 1),
        let time = number(first + 2), let pending = number(first + 3)
      else { return nil }
      return (stream, consumer, time, pending)
    }
    guard let numbers else { return nil }
    streamSequence = numbers.0
    consumerSequence = numbers.1
    timeNanoseconds = Int64(clamping: numbers.2)
    pendingCount = numbers.3
  }

  private static let mostTokens = 12
  private static let dot = CChar(UInt8(ascii: "."))

  private static func begins(_ text: UnsafePointer<CChar>, _ prefix: StaticString) -> Bool {
    for index in 0..<prefix.utf8CodeUnitCount
    where UInt8(bitPattern: text[index]) != prefix.utf8Start[index] { return false }
    return true
  }

  private static func number(_ text: UnsafePointer<CChar>, _ start: Int, _ end: Int) -> UInt64? {
    guard end > start, end - start <= 20 else { return nil }
    var value: UInt64 = 0
    // Nineteen digits always fit.
    let safeEnd = min(end, start + 19)
    for index in start..<safeEnd {
      let digit = UInt8(bitPattern: text[index]) &- UInt8(ascii: "0")
      if digit > 9 { return nil }
      value = value &* 10 &+ UInt64(digit)
    }
    for index in safeEnd..<end {
      let digit = UInt8(bitPattern: text[index]) &- UInt8(ascii: "0")
      if digit > 9 { return nil }
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }
}
