import CKernels
import Testing

@Suite struct MatchingKernels {
  @Test func `the forms of each kernel agree`() {
    var samples = MessageSamples(seed: 23)
    for _ in 0..<2000 {
      // Few different bytes, so that matches, quotes and key ends are frequent and of all lengths.
      let count = 64 + samples.below(400)
      let alphabet: [UInt8] = [34, 34, 58, 58, 97, 97, 97, 97]
      let letters = samples.below(2) == 0 ? 8 : 2
      var bytes = (0..<count).map { _ in alphabet[samples.below(letters)] }
      if samples.below(2) == 0 { for place in 40..<count { bytes[place] = bytes[place - 37] } }
      let limit = count - 32
      let position = 1 + samples.below(limit - 1)
      let distance = samples.below(2) == 0 ? min(37, position) : 1 + samples.below(position)
      let lowest = samples.below(position + 1)
      bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        #expect(
          daybook_match_end(base, position, distance, count)
            == daybook_match_end_portable(base, position, distance, count))
        #expect(
          daybook_match_start(base, position, distance, lowest)
            == daybook_match_start_portable(base, position, distance, lowest))
        let quote = daybook_next_quote_portable(base, position, limit)
        let found = daybook_next_quote(base, position, limit)
        #expect(quote == limit ? found >= limit : found == quote)
        var fast = [UInt32](repeating: 0, count: count / 2 + 16)
        var plain = fast
        var slow = fast
        let fastCount = daybook_value_starts(base, lowest, limit, &fast)
        let slowCount = daybook_value_starts_portable(base, lowest, limit, &slow)
        let plainCount = daybook_value_starts_baseline(base, lowest, limit, &plain)
        #expect(fastCount == slowCount && plainCount == slowCount)
        #expect(plain[..<plainCount] == slow[..<slowCount])
        #expect(fast[..<fastCount] == slow[..<slowCount])
      }
    }
  }
}
