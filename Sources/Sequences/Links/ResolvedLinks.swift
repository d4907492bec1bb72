import Threads

/// Whose everything is, once all events have been seen.
///
/// - Shape: actors are ranks, dense from 0, in the order of their bytes: all customers (`c:…`),
///   then all visitors (`v:…`). A customer's integer is its rank, a visitor's lacks the number of
///   customers.
/// - Cost: 4 bytes a visitor, order and cart, and the names and integers of ids that fit into
///   memory; the others lie in files.
/// - Concurrency: `@unchecked` because nothing changes after `init`.
final class ResolvedLinks: @unchecked Sendable {
  static let nobody = UInt32.max
  /// Set where a visitor's actor depends on the time; the rest is the index of a timeline.
  static let timelineBit: UInt32 = 1 << 31

  let shared: SharedStrings
  let acceptedCount: Int
  /// The `as_of` option, else the latest time of any accepted event of the ledger.
  let horizon: Int64
  let customers: SortedTexts
  let visitors: SortedTexts
  /// The integers of ids, by `LinkKind`.
  let kinds: [IDUnits]
  /// A rank, or `timelineBit` and the index of a timeline.
  let visitorActors: [UInt32]
  let orderOwners: [UInt32]
  let cartOwners: [UInt32]
  let timelines: Timelines
  /// What owners and actors were found by, where somebody asks for it.
  let reasons: LinkReasons?

  init(
    shared: consuming SharedStrings, acceptedCount: Int, horizon: Int64, customers: SortedTexts,
    visitors: SortedTexts, kinds: [IDUnits], visitorActors: [UInt32], orderOwners: [UInt32],
    cartOwners: [UInt32], timelines: Timelines, reasons: LinkReasons?
  ) {
    self.shared = shared
    self.acceptedCount = acceptedCount
    self.horizon = horizon
    self.customers = customers
    self.visitors = visitors
    self.kinds = kinds
    self.visitorActors = visitorActors
    self.orderOwners = orderOwners
    self.cartOwners = cartOwners
    self.timelines = timelines
    self.reasons = reasons
  }

  /// About what all of this takes in memory.
  var byteCount: Int {
    let integers = visitorActors.count + orderOwners.count + cartOwners.count
    return kinds.reduce(0) { $0 + $1.byteCount } + customers.byteCount + visitors.byteCount
      + timelines.byteCount + integers * MemoryLayout<UInt32>.stride
  }

  var actorCount: Int { customers.count + visitors.count }

  /// An actor's name where names are kept in memory.
  func actor(_ rank: UInt32) -> ActorName {
    let index = Int(rank)
    if index < customers.count {
      return ActorName(letter: UInt8(ascii: "c"), text: customers[rank])
    }
    return ActorName(
      letter: UInt8(ascii: "v"), text: visitors[UInt32(index - customers.count)])
  }
}

/// What owners and actors were found by.
struct LinkReasons {
  let orders: LinkTable
  let carts: LinkTable
  let visitorFacts: [VisitorFacts]
}

/// An actor's bytes without the prefix, and the prefix's letter.
struct ActorName {
  var letter: UInt8
  var text: UnsafeRawBufferPointer

  var slice: TextSlice {
    TextSlice(
      start: text.baseAddress?.assumingMemoryBound(to: UInt8.self), count: text.count,
      flags: textFlags(text))
  }

  /// As it is written in rows.
  var written: [UInt8] { [letter, UInt8(ascii: ":")] + text }
}

/// Reads the names of actors whose ranks ascend; a name stands until the next one is read.
struct ActorNameReader: ~Copyable {
  private let customerCount: UInt32
  private var customers: TextReader
  private var visitors: TextReader

  init(_ links: ResolvedLinks) {
    customerCount = UInt32(links.customers.count)
    customers = TextReader(links.customers)
    visitors = TextReader(links.visitors)
  }

  mutating func name(_ rank: UInt32) throws -> ActorName {
    rank < customerCount
      ? ActorName(letter: UInt8(ascii: "c"), text: try customers.text(rank))
      : ActorName(letter: UInt8(ascii: "v"), text: try visitors.text(rank - customerCount))
  }
}
