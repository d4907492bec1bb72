import CZstd

/// Seeded inputs of the message compressor's tests.
struct MessageSamples {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func hex(_ count: Int) -> String {
    let digits = String(next(), radix: 16)
    return String((String(repeating: "0", count: 16) + digits).suffix(count))
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
  }

  /// One event of a small shop: ids, visitors that come again, prices, three shapes.
  mutating func message(number: Int) -> String {
    let topics = ["product.viewed", "product.viewed", "cart.item.added", "order.created"]
    let topic = topics[below(topics.count)]
    let second = String(10 + number / 7 % 50)
    var text = #"{"specversion":"1.0","id":"e-\#(hex(16))","source":"/storefront","#
    text += #""type":"\#(topic)","time":"2026-03-01T00:00:\#(second).\#(100 + below(900))Z","#
    text += #""data":{"visitor_id":"v-\#(String(below(400) &* 7919, radix: 16))","#
    switch topic {
    case "product.viewed":
      let item = below(3000)
      text += #""item_id":"sku-\#(item)","unit_price":\#(500 + item * 37 % 20000),"#
    case "cart.item.added": text += #""cart_id":"cart-\#(hex(12))","quantity":\#(1 + below(3)),"#
    default: text += #""lines":[{"item_id":"sku-\#(below(3000))"}],"note":"a \"b\" \\","#
    }
    return text + #""currency":"USD"}}"#
  }

  /// Messages back to back, cut at `count` bytes.
  mutating func messages(_ count: Int) -> [UInt8] {
    var page: [UInt8] = []
    page.reserveCapacity(count + 512)
    var number = 0
    while page.count < count {
      page += Array(message(number: number).utf8)
      number += 1
    }
    return Array(page[..<count])
  }

  /// The same bytes with some changed, cut out, told again or swapped for others.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0..<(1 + below(40)) {
      guard result.count > 200 else { break }
      let place = below(result.count - 100)
      let length = 1 + below(min(result.count - place, 1 << below(17)))
      switch below(5) {
      case 0: result[place] = UInt8(truncatingIfNeeded: next())
      case 1: result[place] = [34, 58, 44, 123, 0][below(5)]
      case 2: result.removeSubrange(place..<min(place + length, result.count - 100))
      case 3: result.insert(contentsOf: result[place..<place + length], at: below(result.count))
      default: result.replaceSubrange(place..<place + 1, with: self.bytes(1 + below(300)))
      }
    }
    return result
  }
}

/// What libzstd makes of the frame; nothing when it refuses or the size is not the expected one.
func decompressed(_ frame: [UInt8], count: Int) -> [UInt8]? {
  var result = [UInt8](repeating: 0, count: count + 1)
  let room = result.count
  let size = result.withUnsafeMutableBytes { target in
    frame.withUnsafeBytes { ZSTD_decompress(target.baseAddress, room, $0.baseAddress, $0.count) }
  }
  guard ZSTD_isError(size) == 0, size == count else { return nil }
  result.removeLast()
  return result
}

func levelOneCount(_ bytes: [UInt8]) -> Int {
  var room = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
  let size = room.count
  return room.withUnsafeMutableBytes { target in
    bytes.withUnsafeBytes { ZSTD_compress(target.baseAddress, size, $0.baseAddress, $0.count, 1) }
  }
}
