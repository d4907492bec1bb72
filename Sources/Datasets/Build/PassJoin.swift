/// What all passes know, actor by actor: a merge of their spools, which are all in the order of
/// actors.
struct PassJoin {
  private var readers: [SpoolReader]
  private var heads: [ActorUnits?] = []

  init(_ spools: [Spool]) throws {
    readers = try spools.map { try $0.reader() }
    for reader in readers { heads.append(try PassJoin.read(reader)) }
  }

  private static func read(_ reader: SpoolReader) throws -> ActorUnits? {
    guard let record = try reader.next() else { return nil }
    var bytes = ByteReader(record)
    return bytes.actorUnits()
  }

  /// The next actor with what each pass knows of it, or nil at the end.
  mutating func next() throws -> (actor: [UInt8], known: [ActorUnits?])? {
    var lowest: [UInt8]?
    for head in heads {
      guard let head else { continue }
      if lowest.map({ head.actor.lexicographicallyPrecedes($0) }) ?? true { lowest = head.actor }
    }
    guard let lowest else { return nil }
    var known: [ActorUnits?] = []
    for place in heads.indices {
      if let head = heads[place], head.actor == lowest {
        known.append(head)
        heads[place] = try PassJoin.read(readers[place])
      } else {
        known.append(nil)
      }
    }
    return (lowest, known)
  }
}

/// One actor's parts of all splits, as they wait on disk: each is taken apart when it is asked for.
struct ActorParts {
  /// A part's split, and where its unit lies in the record.
  struct Part {
    var split: Int
    fileprivate var start: Int
  }

  let actor: [UInt8]
  private(set) var parts: [Part] = []
  private let record: [UInt8]

  static func encoded(actor: [UInt8], parts: [Splitter.Part]) -> [UInt8] {
    var writer = ByteWriter()
    writer.put(text: actor)
    writer.put(UInt64(parts.count))
    for part in parts {
      var unit = ByteWriter()
      unit.put(part.unit)
      writer.put(UInt64(part.split))
      writer.put(text: unit.bytes)
    }
    return writer.bytes
  }

  init(_ record: [UInt8]) {
    self.record = record
    var reader = ByteReader(record)
    actor = reader.text()
    let count = reader.number()
    for _ in 0..<count {
      let split = Int(reader.number())
      let byteCount = Int(reader.number())
      parts.append(Part(split: split, start: reader.place))
      reader.place += byteCount
    }
  }

  func unit(_ part: Part) -> Unit {
    var reader = ByteReader(record)
    reader.place = part.start
    return reader.unit()
  }
}

extension Spool {
  /// Hands over every actor's parts in order.
  func forEachActor(_ body: (ActorParts) throws -> Void) throws {
    let reader = try reader()
    while let record = try reader.next() { try body(ActorParts(record)) }
  }
}
