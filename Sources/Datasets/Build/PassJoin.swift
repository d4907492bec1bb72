/// What all passes know, actor by actor: a merge of their spools, which are all in the order of
/// actors.
final class PassJoin {
  /// An actor's records, one a pass that knows it, in a piece of memory.
  struct Block: Sendable {
    fileprivate(set) var bytes: [UInt8] = []
    /// By actor, then pass; empty where the pass does not know the actor.
    fileprivate var records: [Range<Int>] = []
    fileprivate let passCount: Int

    /// Hands over each actor with what each pass knows of it.
    func forEach(_ body: ([UInt8], [ActorUnits?]) throws -> Void) rethrows {
      try bytes.withUnsafeBytes { all in
        for first in stride(from: 0, to: records.count, by: passCount) {
          let known = records[first..<first + passCount].map { record -> ActorUnits? in
            if record.isEmpty { return nil }
            var reader = ByteReader(UnsafeRawBufferPointer(rebasing: all[record]))
            return reader.actorUnits()
          }
          try body(known.compactMap { $0 }.first?.actor ?? [], known)
        }
      }
    }
  }

  private struct Head {
    var record: [UInt8] = []
    var actor: [UInt8] = []
  }

  private var readers: [SpoolReader]
  private var heads: [Head?] = []

  init(_ spools: [Spool]) throws {
    readers = try spools.map { try $0.reader() }
    for reader in readers { heads.append(try PassJoin.read(reader)) }
  }

  private static func read(_ reader: SpoolReader) throws -> Head? {
    var head = Head()
    let isThere = try reader.next { record in
      head.record = Array(record)
      var bytes = ByteReader(record)
      head.actor = bytes.text()
    }
    return isThere ? head : nil
  }

  /// The next actors, or nil at the end.
  func next() throws -> Block? {
    var block = Block(passCount: readers.count)
    while block.bytes.count < Limits.blockByteCount, try add(to: &block) {}
    return block.records.isEmpty ? nil : block
  }

  private func add(to block: inout Block) throws -> Bool {
    var lowest: [UInt8]?
    for case let head? in heads
    where lowest.map({ head.actor.lexicographicallyPrecedes($0) }) ?? true {
      lowest = head.actor
    }
    guard let lowest else { return false }
    for place in heads.indices {
      let start = block.bytes.count
      if let head = heads[place], head.actor == lowest {
        block.bytes.append(contentsOf: head.record)
        heads[place] = try PassJoin.read(readers[place])
      }
      block.records.append(start..<block.bytes.count)
    }
    return true
  }
}

/// One actor's parts of all splits, as they wait on disk: each is taken apart when it is asked for.
///
/// - Shape: valid while the record stays in memory.
struct ActorParts {
  /// A part's split, and where its unit lies in the record.
  struct Part {
    var split: Int
    fileprivate var start: Int
  }

  private(set) var parts: [Part] = []
  private let record: UnsafeRawBufferPointer
  private let actorStart: Int

  /// Appends an actor's parts as a record.
  static func put(
    actor: [UInt8], parts: [Splitter.Part], to record: inout ByteWriter, unit: inout ByteWriter
  ) {
    record.put(UInt64(parts.count))
    for part in parts {
      unit.removeAll()
      unit.put(part.unit)
      record.put(UInt64(part.split))
      record.put(record: unit)
    }
    record.put(text: actor)
  }

  init(_ record: UnsafeRawBufferPointer) {
    self.record = record
    var reader = ByteReader(record)
    let count = Int(reader.number())
    parts.reserveCapacity(count)
    for _ in 0..<count {
      let split = Int(reader.number())
      let byteCount = Int(reader.number())
      parts.append(Part(split: split, start: reader.place))
      reader.place += byteCount
    }
    actorStart = reader.place
  }

  var actor: [UInt8] {
    var reader = ByteReader(record)
    reader.place = actorStart
    return reader.text()
  }

  func unit(_ part: Part) -> Unit {
    var reader = ByteReader(record)
    reader.place = part.start
    return reader.unit()
  }
}

/// The parts of some actors, and how much of each privacy lets stay.
struct PartBlock: Sendable {
  let records: RecordBlock
  /// How many interactions of each part may stay, in the order of parts; empty for all.
  fileprivate(set) var allowed: [Int32] = []

  /// Hands over each actor's parts, with the actor's number and that of its first part in the
  /// block.
  func forEach(_ body: (_ actor: Int, _ parts: ActorParts, _ first: Int) throws -> Void) rethrows {
    var first = 0
    try records.forEach { number, record in
      let parts = ActorParts(record)
      try body(number, parts, first)
      first += parts.parts.count
    }
  }

  /// A part's unit without what privacy cuts off.
  func unit(_ part: Int, _ unit: Unit) -> Unit {
    allowed.isEmpty ? unit : unit.with(Array(unit.drafts.prefix(Int(allowed[part]))))
  }
}

/// Reads parts block by block, the same blocks each time.
final class PartBlocks {
  private let records: SpoolReader
  private let lengths: SpoolReader?

  /// - Parameter lengths: a record a block, as `put` wrote them.
  init(_ parts: Spool, lengths: Spool?) throws {
    records = try parts.reader()
    self.lengths = try lengths?.reader()
  }

  func next() throws -> PartBlock? {
    guard let records = try records.nextBlock() else { return nil }
    var block = PartBlock(records: records)
    _ = try lengths?.next { bytes in
      var reader = ByteReader(bytes)
      while !reader.isAtEnd { block.allowed.append(Int32(truncatingIfNeeded: reader.signed())) }
    }
    return block
  }
}
