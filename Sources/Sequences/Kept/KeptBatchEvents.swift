import Bytes
import Events
import Files

/// The events of a batch's components that are computed with.
struct KeptBatchEvents: ~Copyable {
  let roots: [UInt32]
  /// By place among `roots`: what is computed anew.
  private(set) var cuts: [KeptCut] = []
  /// All events as runs, and logins of closed pasts, which only tell whose events are.
  private(set) var runs: [any EventRun] = []
  private(set) var logins: [any EventRun] = []
  /// The place among `roots` of each row's component, and each row's effective time.
  private(set) var locals: [UInt32] = []
  private(set) var times: [Int64] = []
  /// The records, by component: first the new ones.
  private(set) var records = OutputBytes(capacity: 1 << 10)
  private(set) var starts: [Int] = [0]
  private(set) var newByteCounts: [Int] = []

  var rowCount: Int { locals.count }

  /// A component's records.
  func records(of local: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: records.base + starts[local], count: starts[local + 1] - starts[local])
  }

  init(
    _ update: KeptUpdate, _ roots: [UInt32], _ batch: Int, _ store: PartitionStore
  ) throws {
    self.roots = roots
    let places = update.batches.localOf
    let new = try SortedEvents(store, batch, rootCount: roots.count) { places[Int($0)] }
    let strings = TableView(update.state.strings)
    var reader = KeptEventReader(strings, count: update.state.strings.count)
    var past = KeptEventReader(strings, count: update.state.strings.count)
    for (local, root) in roots.enumerated() {
      let range = new.starts[local]..<new.starts[local + 1]
      append(UnsafeRawBufferPointer(rebasing: new.bytes.bytes[range]))
      newByteCounts.append(range.count)
      try addOld(root, update, &reader)
      if let names = update.state.components.names(of: update.facts(root)), cuts[local] != .whole {
        past.appendLogins(of: names)
      }
      starts.append(records.count)
      while locals.count < reader.rowCount { locals.append(UInt32(truncatingIfNeeded: local)) }
    }
    reader.finish()
    past.finish()
    runs = reader.runs
    logins = past.runs
    times = reader.times
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    records.reserve(bytes.count)
    records.put(start.assumingMemoryBound(to: UInt8.self), bytes.count)
  }

  /// Reads what a component's cut asks for, and more where its events say that the cut is none.
  private mutating func addOld(
    _ root: UInt32, _ update: KeptUpdate, _ reader: inout KeptEventReader
  ) throws {
    let facts = update.facts(root)
    let cut = facts.cut
    let first = starts[starts.count - 1]
    let middle = records.count
    func read(_ part: inout OutputBytes, _ isWanted: (EventChunk) -> Bool) throws {
      var chunk = OutputBytes(capacity: 1 << 10)
      try update.state.components.forEachChunk(of: root) { old in
        guard isWanted(old) else { return }
        try update.folder.read(old, into: &chunk)
        part.reserve(chunk.count)
        part.put(UnsafePointer(chunk.base), chunk.count)
      }
    }
    if facts.oldRowCount > 0 && cut != .new {
      try read(&records) { cut == .whole || !$0.isClosed }
    }
    if cut == .whole {
      reader.expectAny()
    } else {
      reader.expect(update.state.components.names(of: facts)?.customer)
    }
    reader.append(
      UnsafeRawBufferPointer(rebasing: records.bytes[first...]))
    let isCut =
      cut == .whole || !reader.namesAnother
      && (!facts.flags.contains(.namesOld) || containsOld(first, middle, update))
    reader.expectAny()
    cuts.append(isCut ? cut : .whole)
    if isCut { return }
    let end = records.count
    try read(&records) { cut == .new || $0.isClosed }
    reader.append(UnsafeRawBufferPointer(rebasing: records.bytes[end...]))
  }

  /// Whether the orders and carts that new records name, and that there were, are in the open part.
  private func containsOld(_ first: Int, _ middle: Int, _ update: KeptUpdate) -> Bool {
    var known: Set<UInt64> = []
    let all = records.bytes
    KeptEventLinks.forEach(in: UnsafeRawBufferPointer(rebasing: all[middle...])) { links, _ in
      if let cart = links.cart { known.insert(cart) }
      if let order = links.order { known.insert(order) }
    }
    var isInside = true
    KeptEventLinks.forEach(in: UnsafeRawBufferPointer(rebasing: all[first..<middle])) { links, _ in
      for hash in [links.cart, links.order] {
        guard let hash, !known.contains(hash) else { continue }
        if update.isOld(hash) { isInside = false }
      }
    }
    return isInside
  }
}

extension KeptEventReader {
  /// Takes in records that lie one after the other.
  mutating func append(_ records: UnsafeRawBufferPointer) {
    guard let base = records.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    var offset = 0
    while offset < records.count { offset += append(base + offset) }
  }

  /// Takes in the logins that names tell of: events that have nothing but a visitor and a customer.
  mutating func appendLogins(of names: ComponentNames) {
    let customer = names.customer
    var record = OutputBytes(capacity: 256)
    func put(_ text: UnsafeRawBufferPointer) {
      record.put(varint: UInt64(text.count))
      if let start = text.baseAddress {
        record.put(start.assumingMemoryBound(to: UInt8.self), text.count)
      }
    }
    let fields =
      1 << UInt32(IDColumn.visitorID.rawValue) | 1 << UInt32(KeptField.customerIndex) as UInt32
    names.forEachVisitor { visitor in
      record.count = 0
      record.reserve(KeptField.headerByteCount + 32 + visitor.count + customer.count)
      record.put(raw: UInt32(0))
      record.put(raw: UInt32(0))
      record.put(raw: fields)
      record.put(raw: Int64(0))
      // No topic, no source, no id.
      for _ in 0..<5 { record.put(0) }
      put(visitor)
      put(customer)
      _ = append(UnsafePointer(record.base))
    }
  }
}
