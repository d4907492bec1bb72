import Bytes
import Synchronization

/// Words to dense codes, shared by all threads of a build.
///
/// Codes depend on which thread came first, so nothing that is written may: they only find equal
/// words again.
/// - Cost: a look-up under a lock; memory grows with distinct words.
final class WordTable: Sendable {
  private struct State {
    var words = ByteStrings()
    /// Upper half: the hash's; lower half: code + 1, or 0 where the slot is free.
    var slots = [UInt64](repeating: 0, count: 1_024)
  }

  private static let seed: UInt64 = 0x6461_7461_7365_7473
  private let state = Mutex(State())

  var count: Int { state.withLock { $0.words.count } }

  /// All words by code, at this moment.
  var words: ByteStrings { state.withLock { $0.words } }

  func code(_ word: String.UTF8View) -> UInt32 { code(Array(word)[...]) }

  func code(_ word: ArraySlice<UInt8>) -> UInt32 {
    let hash = word.withUnsafeBytes { fastHash($0, seed: WordTable.seed) }
    return state.withLock { state in
      let mask = state.slots.count - 1
      var place = Int(truncatingIfNeeded: hash) & mask
      while state.slots[place] != 0 {
        if state.slots[place] >> 32 == hash >> 32 {
          let code = Int(state.slots[place] & 0xffff_ffff) - 1
          if state.words[code].elementsEqual(word) { return UInt32(code) }
        }
        place = (place + 1) & mask
      }
      let code = state.words.count
      state.words.append(word)
      state.slots[place] = (hash & ~0xffff_ffff) | UInt64(code + 1)
      if state.words.count * 2 > state.slots.count { WordTable.grow(&state) }
      return UInt32(code)
    }
  }

  private static func grow(_ state: inout State) {
    let count = state.slots.count * 2
    state.slots = [UInt64](repeating: 0, count: count)
    for code in 0..<state.words.count {
      let hash = state.words[code].withUnsafeBytes { fastHash($0, seed: seed) }
      var place = Int(truncatingIfNeeded: hash) & (count - 1)
      while state.slots[place] != 0 { place = (place + 1) & (count - 1) }
      state.slots[place] = (hash & ~0xffff_ffff) | UInt64(code + 1)
    }
  }
}
