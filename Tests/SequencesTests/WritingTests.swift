import Bytes
import CKernels
import Events
import Testing
import Threads

@testable import Sequences

/// Fast ways of writing beside plain ones.
@Suite struct Writing {
  private var random = SeededNumbers(state: 7)

  private func text(_ body: (inout ByteCursor) -> Void) -> String {
    var bytes = OutputBytes(capacity: 256)
    bytes.reserve(256)
    bytes.write(body)
    return String(decoding: bytes.bytes, as: UTF8.self)
  }

  @Test mutating func `of numbers gives the digits that Swift gives`() {
    var numbers: [Int64] = [0, 9, 10, 99, 100, 101, .max, .min, -1, -10]
    var power: Int64 = 1
    for _ in 0..<18 {
      power *= 10
      numbers += [power - 1, power, power + 1, -power]
    }
    for _ in 0..<2_000 {
      let word = random.next()
      numbers.append(Int64(bitPattern: word) >> Int64(random.next() % 64))
    }
    for number in numbers { #expect(text { $0.put(decimal: number) } == "\(number)") }
  }

  @Test mutating func `of hex gives 16 lower-case digits`() {
    for value in [0, 1, .max, 0x0123_4567_89ab_cdef] + (0..<500).map({ _ in random.next() }) {
      let plain = String(value, radix: 16)
      #expect(
        text { $0.put(hex: value) }
          == String(repeating: "0", count: 16 - plain.count) + plain)
    }
  }

  @Test mutating func `of times reads back as the same time`() {
    var days = DayCache()
    for round in 0..<2_000 {
      let span = UInt64(TimeRange.last - TimeRange.first)
      // Every other time lies near the one before, as in rows.
      let near: Int64 = 1_750_000_000_000_000 + Int64(random.next() % 400_000_000_000)
      let far = TimeRange.first + Int64(random.next() % span)
      let time = round % 2 == 0 ? near : far
      var bytes = OutputBytes(capacity: 64)
      bytes.reserve(32)
      bytes.write { days.write(time, to: &$0) }
      #expect(bytes.count == 27)
      #expect(parseRFC3339(bytes.bytes) == time)
    }
  }

  @Test mutating func `finds the same flags as the byte-wise twin`() {
    let interesting: [UInt8] = [0x22, 0x5c, 0x2c, 0x0a, 0x0d, 0x1f, 0x00, 0x20, 0x7f, 0x80, 0xff]
    for length in 0..<70 {
      for _ in 0..<20 {
        var bytes = (0..<length).map { _ in UInt8(0x30 + random.next() % 64) }
        for index in bytes.indices where random.next() % 40 == 0 {
          bytes[index] = interesting[Int(random.next() % UInt64(interesting.count))]
        }
        bytes.append(0)
        bytes.withUnsafeBufferPointer { bytes in
          guard let base = bytes.baseAddress else { return }
          #expect(
            daybook_text_flags(base, length) == daybook_text_flags_portable(base, length))
        }
      }
    }
  }

  @Test func `knows the raw value of every role`() {
    let codes = [
      RoleCode.ad, RoleCode.search, RoleCode.view, RoleCode.identify, RoleCode.cart,
      RoleCode.cartAdd, RoleCode.cartRemove, RoleCode.cartClear, RoleCode.checkout,
      RoleCode.order, RoleCode.paymentAttempt, RoleCode.paymentFailure, RoleCode.paymentSuccess,
      RoleCode.fulfilment, RoleCode.refund, RoleCode.cancel, RoleCode.machine, RoleCode.other,
    ]
    #expect(codes == Role.allCases.map(\.rawValue))
  }

  @Test mutating func `looks many strings up as it looks up one`() {
    var table = InternTable()
    var strings = ByteStrings()
    for _ in 0..<5_000 {
      let length = Int(random.next() % 24)
      strings.append((0..<length).map { _ in UInt8(0x61 + random.next() % 3) })
    }
    let codes = table.internAll(strings)
    for index in 0..<strings.count {
      Array(strings[index]).withUnsafeBytes { string in
        #expect(table.find(string) == codes[index])
      }
    }
  }
}

/// A seeded generator (SplitMix64).
struct SeededNumbers {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}

@Suite struct `Parts in order` {
  @Test(arguments: [1, 3]) func `reach every output in their order, early ones too`(
    threads: Int
  ) throws {
    let pool = WorkerPool(threadCount: threads)
    let written = Locked([[String]](repeating: [], count: 2))
    let handedBack = Locked([Int]())
    let parts = OrderedParts<Int>(limit: 2, outputCount: 2) { part, output, isLast in
      written.with { $0[output].append("\(part)\(isLast ? "." : "")") }
    } recycle: { part in
      handedBack.with { $0.append(part) }
    }
    try pool.run(50) { index in
      if index % 7 == 0 { try parts.writeEarly(index, index) }
      try parts.submit(index, index)
    }
    let expected = (0..<50).flatMap { $0 % 7 == 0 ? ["\($0)", "\($0)."] : ["\($0)."] }
    #expect(written.with { $0 } == [expected, expected])
    #expect(handedBack.with { $0.sorted() } == Array(0..<50))
  }

  /// Who writes to a slow output keeps nothing back while others go on: there are never more parts
  /// than may wait and are worked on.
  @Test func `come back one by one`() throws {
    let (threads, limit, count) = (3, 4, 60)
    let monitor = Monitor()
    let submitted = Locked(0)
    let alive = Locked((now: 0, most: 0))
    let parts = OrderedParts<Int>(limit: limit, outputCount: 1) { part, _, _ in
      // The next part is always there before this one is written: one thread writes them all.
      monitor.locked {
        while submitted.with({ $0 }) < min(part + 2, count) { monitor.wait() }
      }
    } recycle: { _ in
      alive.with { $0.now -= 1 }
    }
    try WorkerPool(threadCount: threads).run(count) { index in
      alive.with {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      monitor.locked {
        submitted.with { $0 += 1 }
        monitor.wakeAll()
      }
      try parts.submit(index, index)
    }
    #expect(alive.with { $0.now } == 0)
    #expect(alive.with { $0.most } <= limit + threads)
  }
}
