import Bytes
import MessageSources

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds a subject's code in a batch without making a string for every message.
struct SubjectCodes {
  private struct Known {
    var subject: [UInt8]
    var code: UInt32
    var generation: Int
  }

  /// The subject of the message before, which most messages share with it.
  private var last = Known(subject: [], code: 0, generation: -1)
  private static let mostSubjects = 16_384
  private var known: [UInt64: Known] = [:]
  private var generation = 0

  /// Codes are a batch's own: each pull begins anew.
  mutating func beginPull() {
    generation += 1
    if known.count > Self.mostSubjects { known.removeAll() }
  }

  /// - Cost: one comparison for the subject of the message before, else one hash and one look-up;
  ///   no allocation for a subject that came before.
  mutating func code(of subject: UnsafeRawBufferPointer, in batch: inout MessageBatch) -> UInt32 {
    if last.generation == generation, isSame(last.subject, subject) { return last.code }
    let hash = fastHash(subject, seed: 0)
    if let entry = known[hash], entry.generation == generation,
      isSame(entry.subject, subject)
    {
      last = entry
      return entry.code
    }
    let bytes = Array(subject)
    last = Known(subject: bytes, code: batch.code(forSubject: bytes), generation: generation)
    known[hash] = last
    return last.code
  }

  private func isSame(_ known: [UInt8], _ subject: UnsafeRawBufferPointer) -> Bool {
    known.withUnsafeBytes { known in
      guard known.count == subject.count else { return false }
      guard let base = known.baseAddress, let other = subject.baseAddress else { return true }
      return memcmp(base, other, known.count) == 0
    }
  }
}
