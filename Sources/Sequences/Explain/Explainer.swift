import Bytes
package import Events
import Files
import Threads

/// Explains whose an order, sequence, event, visitor or customer is, and its sequences.
///
/// Reads the runs several times; made for people, not for bulk.
/// - Errors: what runs and the file system throw. A subject that nothing names gives no events.
package func explain(
  _ subject: ExplanationSubject, in runs: [any EventRun], options: SequenceOptions,
  resources: SequenceResources
) throws -> Explanation {
  let stages = SequenceStages(runs: runs, options: options, resources: resources)
  let spills = Spills(resources)
  let result: Result<Explanation, any Error>
  do {
    let links = try stages.links(spills.logins)
    let explainer = Explainer(stages: stages, links: links, spill: spills.records)
    result = .success(try explainer.explain(subject))
  } catch {
    result = .failure(error)
  }
  try spills.remove()
  return try result.get()
}

/// One explanation in the making.
struct Explainer {
  let stages: SequenceStages
  let links: ResolvedLinks
  let spill: SpillFile

  var options: SequenceOptions { stages.options }

  func explain(_ subject: ExplanationSubject) throws -> Explanation {
    var explanation = Explanation(horizon: links.horizon)
    var found: [Match]
    if case .sequence(let id) = subject {
      explanation.actors = try actors(try actor(ofSequence: id), marking: subject, events: [])
      let offsets = Explainer.offsets(ofSubjectsIn: explanation.actors)
      found = try matches { offsets.contains($0.firstLedgerOffset + Int64($1)) }
    } else {
      found = try matches { names(subject, $0, $1) }
    }
    found.sort { isBefore($0.event.place, $1.event.place) }
    let logins = try Logins(of: visitors(of: found), self)
    for match in found {
      var event = match.event
      event.rule = rule(of: match, logins)
      if match.order != InternTable.absent,
        links.orderOwners[Int(match.order)] == ResolvedLinks.nobody
      {
        event.orderWithoutOwner = orderRule(match.order, logins)
      }
      explanation.events.append(event)
    }
    if case .sequence = subject { return explanation }
    let ranks = Set(found.map(\.actor)).subtracting([ResolvedLinks.nobody])
    explanation.actors = try actors(
      ranks.sorted(), marking: subject, events: Set(found.map(\.event.ledgerOffset)))
    return explanation
  }

  /// An event that the subject names, with its integers.
  struct Match {
    var event: ExplainedEvent
    var actor: UInt32
    var order: UInt32
    var customer: UInt32
    var visitor: UInt32
    var cart: UInt32
  }

  /// Where the events of the sequences that the subject names are recorded.
  private static func offsets(ofSubjectsIn actors: [ExplainedActor]) -> Set<Int64> {
    var offsets: Set<Int64> = []
    for sequence in actors.flatMap(\.sequences) where sequence.isSubject {
      offsets.formUnion((sequence.steps + sequence.aftermath).map(\.ledgerOffset))
    }
    return offsets
  }

  private func matches(
    _ isNamed: (_ batch: EventColumns, _ row: Int) -> Bool
  ) throws -> [Match] {
    let roles = RoleTable(userLines: options.roles)
    var found: [Match] = []
    for run in stages.runs {
      try run.scan { batch in
        for row in 0..<batch.count where exists(batch, row) && isNamed(batch, row) {
          found.append(match(batch, row, roles))
        }
      }
    }
    return found
  }

  func exists(_ batch: EventColumns, _ row: Int) -> Bool {
    guard let asOf = options.asOf else { return true }
    return time(batch, row) <= asOf && batch.recordedAt[row] <= asOf
  }

  func time(_ batch: EventColumns, _ row: Int) -> Int64 {
    effectiveTime(occurredAt: batch.occurredAt[row], recordedAt: batch.recordedAt[row])
  }

  private func names(_ subject: ExplanationSubject, _ batch: EventColumns, _ row: Int) -> Bool {
    switch subject {
    case .order(let id): value(batch[.orderID], row) == id
    case .visitor(let id): value(batch[.visitorID], row) == id
    case .customer(let id): value(batch[.customerID], row) == id
    case .event(let id): batch.eventID[row].elementsEqual(id)
    case .sequence: false
    }
  }

  private func match(_ batch: EventColumns, _ row: Int, _ roles: RoleTable) -> Match {
    let event = ExplainedEvent(
      place: place(batch, row, roles), topic: value(batch.topic, row) ?? [],
      ledgerOffset: batch.firstLedgerOffset + Int64(row), rule: .nobody)
    var match = Match(
      event: event, actor: ResolvedLinks.nobody,
      order: code(batch[.orderID], row) { links.orders.ids.find($0) },
      customer: code(batch[.customerID], row) { links.customers.find($0) },
      visitor: code(batch[.visitorID], row) { links.visitors.find($0) },
      cart: code(batch[.cartID], row) { links.carts.ids.find($0) })
    match.actor = actor(of: match)
    if match.actor != ResolvedLinks.nobody { match.event.actor = links.written(match.actor) }
    return match
  }

  /// Rule 4 of the contract's §3.
  private func actor(of match: Match) -> UInt32 {
    if match.order != InternTable.absent {
      let owner = links.orderOwners[Int(match.order)]
      if owner != ResolvedLinks.nobody { return owner }
    }
    if match.customer != InternTable.absent {
      return links.customerRanks[Int(match.customer)]
    }
    if match.visitor != InternTable.absent {
      let actor = links.visitorActors[Int(match.visitor)]
      return links.resolve(actor, at: match.event.place.time)
    }
    return match.cart == InternTable.absent
      ? ResolvedLinks.nobody : links.cartOwners[Int(match.cart)]
  }

  func place(_ batch: EventColumns, _ row: Int, _ roles: RoleTable) -> EventPlace {
    EventPlace(
      time: time(batch, row), role: roles.role(ofTopic: value(batch.topic, row) ?? []),
      eventID: Array(batch.eventID[row]), source: value(batch.source, row) ?? [])
  }

  func value(_ column: CodedStrings, _ row: Int) -> [UInt8]? {
    let code = column.codes[row]
    return code == CodedStrings.absent ? nil : Array(column.dictionary[Int(code)])
  }

  func code(
    _ column: CodedStrings, _ row: Int, _ find: (UnsafeRawBufferPointer) -> UInt32
  ) -> UInt32 {
    guard let text = value(column, row) else { return InternTable.absent }
    return text.withUnsafeBytes { find($0) }
  }
}

func isBefore(_ left: EventPlace, _ right: EventPlace) -> Bool {
  if left.time != right.time { return left.time < right.time }
  if left.role != right.role { return left.role < right.role }
  if left.eventID != right.eventID {
    return left.eventID.lexicographicallyPrecedes(right.eventID)
  }
  return left.source.lexicographicallyPrecedes(right.source)
}

extension ResolvedLinks {
  /// An actor as it is written in rows.
  func written(_ rank: UInt32) -> [UInt8] {
    let (letter, name) = actor(rank)
    return [letter, UInt8(ascii: ":")] + name
  }
}
