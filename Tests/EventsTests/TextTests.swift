import Bytes
import CKernels
import Events
import Testing

/// Numbers and strings as output writes them, and the byte kernels.
@Suite struct TextForms {
  @Test(arguments: [0, 1, 9, 10, -1, -10, 99, 100, Int64.max, Int64.min, 1_000_000_007])
  func `a whole number is written in decimal`(value: Int64) {
    var text: [UInt8] = []
    appendDecimal(value, to: &text)
    #expect(String(decoding: text, as: UTF8.self) == "\(value)")
  }

  @Test func `a string escapes only what must be`() {
    var text: [UInt8] = []
    Array("a\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}é😀".utf8).withUnsafeBytes {
      appendJSONString($0, to: &text)
    }
    #expect(
      String(decoding: text, as: UTF8.self)
        == #""a\"\\/\b\f\n\r\t\u0000\u001f"# + "\u{7f}é😀\"")
    var empty: [UInt8] = []
    [UInt8]().withUnsafeBytes { appendJSONString($0, to: &empty) }
    #expect(empty == Array("\"\"".utf8))
  }
}

/// The SIMD kernels beside their portable twins.
@Suite struct Kernels {
  @Test func `both scans find the same end of a string`() {
    var random = SplitMix64(seed: 1)
    for length in 0..<140 {
      for _ in 0..<20 {
        var bytes = (0..<length).map { _ in UInt8.random(in: 0x20...0xff, using: &random) }
        let stops: [UInt8] = [0x22, 0x5c, 0, 0x1f, 0x0a]
        bytes.append(stops.randomElement(using: &random) ?? 0)
        bytes += (0..<64).map { _ in UInt8.random(in: 0...0xff, using: &random) }
        bytes.withUnsafeBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return }
          let expected = buffer.firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c }
          #expect(daybook_string_stop(base) - base == expected)
          #expect(daybook_string_stop_portable(base) - base == expected)
        }
      }
    }
  }

  private func check(_ bytes: [UInt8], _ isValid: Bool) {
    if daybook_is_utf8(bytes, bytes.count) != (isValid ? 1 : 0)
      || daybook_is_utf8_portable(bytes, bytes.count) != (isValid ? 1 : 0)
    {
      Issue.record("judged wrongly: \(bytes)")
    }
  }

  /// The standard library's own validation.
  private func isValid(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

  @Test func `every pair of bytes and every edge of longer sequences is judged rightly`() {
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        check([first, second], isValid([first, second]))
      }
    }
    let edges: [UInt8] = [
      0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
      0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ]
    for a in edges { for b in edges { for c in edges {
      check([a, b, c], isValid([a, b, c]))
      for d in edges where a >= 0xe0 { check([a, b, c, d], isValid([a, b, c, d])) }
    } } }
  }

  @Test func `a fault is seen in every place of a block`() {
    let bad: [[UInt8]] = [
      [0x80], [0xc0, 0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xff],
    ]
    let good = Array("é€😀".utf8)
    for length in [0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 200] {
      for place in stride(from: 0, through: length, by: length > 70 ? 3 : 1) {
        let before = [UInt8](repeating: 0x61, count: place)
        let after = [UInt8](repeating: 0x61, count: length - place)
        check(before + good + after, true)
        for fault in bad {
          check(before + fault + after, false)
          check(good + before + fault + after + good, false)
        }
      }
    }
  }

  @Test func `both validators agree on random mixtures`() {
    var random = SplitMix64(seed: 2)
    let pieces: [[UInt8]] = ["a", "é", "€", "😀", "\u{d7ff}", "\u{e000}", "\u{10ffff}"].map {
      Array($0.utf8)
    }
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...60, using: &random) {
        bytes += pieces.randomElement(using: &random) ?? []
      }
      if Bool.random(using: &random), !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      check(bytes, isValid(bytes))
    }
  }
}
