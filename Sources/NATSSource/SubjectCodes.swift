import Bytes
import MessageSources

/// Finds a subject's code in a batch without making a string for every message.
struct SubjectCodes {
  private struct Known {
    var subject: [UInt8]
    var code: UInt32
    var generation: Int
  }

  private static let mostSubjects = 16_384
  private var known: [UInt64: Known] = [:]
  private var generation = 0

  /// Codes are a batch's own: each pull begins anew.
  mutating func beginPull() {
    generation += 1
    if known.count > Self.mostSubjects { known.removeAll() }
  }

  /// - Cost: one hash and one look-up, no allocation for a subject that came before.
  mutating func code(of subject: UnsafeRawBufferPointer, in batch: inout MessageBatch) -> UInt32 {
    let hash = fastHash(subject, seed: 0)
    if let entry = known[hash], entry.generation == generation,
      entry.subject.elementsEqual(subject)
    {
      return entry.code
    }
    let bytes = Array(subject)
    let code = batch.code(forSubject: bytes)
    known[hash] = Known(subject: bytes, code: code, generation: generation)
    return code
  }
}
