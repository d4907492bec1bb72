import Bytes
package import Events
import Files
import Threads

/// Explains whose an order, sequence, event, visitor or customer is, and its sequences.
///
/// Made for people, not for bulk: looks up the rows that decide (`DecidingRows`) and reckons with
/// these alone. A sequence's id is a hash of what only a walk knows, so it takes reading all runs,
/// several times, and so does a subject with very many rows.
/// - Errors: what runs and the file system throw. A subject that nothing names gives no events.
package func explain(
  _ subject: ExplanationSubject, in runs: [any EventRun], options: SequenceOptions,
  resources: SequenceResources
) throws -> Explanation {
  if let found = try explainByLookUp(subject, in: runs, options, resources) { return found }
  return try explainByScan(subject, in: runs, options: options, resources: resources)
}

/// The same by reading everything.
package func explainByScan(
  _ subject: ExplanationSubject, in runs: [any EventRun], options: SequenceOptions,
  resources: SequenceResources
) throws -> Explanation {
  let stages = SequenceStages(runs: runs, options: options, resources: resources)
  return try withExplainer(stages) { try $0.explain(subject) }
}

/// The same from the rows that decide; nil where these cannot be looked up.
private func explainByLookUp(
  _ subject: ExplanationSubject, in runs: [any EventRun], _ options: SequenceOptions,
  _ resources: SequenceResources
) throws -> Explanation? {
  let search = RowSearch(runs, resources.pool)
  let rows = DecidingRows(search, runCount: runs.count, options: options)
  switch subject {
  case .sequence: return nil
  case .event(let id): rows.want(.eventID, id)
  case .order(let id): rows.want(.id(.orderID), id)
  case .visitor(let id): rows.want(.id(.visitorID), id)
  case .customer(let id): rows.want(.id(.customerID), id)
  }
  var stages = SequenceStages(runs: [], options: options, resources: resources)
  var isFound = false
  if options.asOf == nil {
    let latest = Locked<Int64?>(nil)
    func findRows() throws -> Int {
      isFound = try rows.gather()
      return 0
    }
    try resources.pool.run(1, while: findRows) { _ in
      let time = try search.latestTime()
      latest.with { $0 = time }
    }
    stages.latestTime = latest.with { $0 }
  } else {
    isFound = try rows.gather()
  }
  while isFound {
    stages.runs = rows.runs()
    let found = try withExplainer(stages) { explainer in
      let owners = try explainer.owningCustomers(of: subject)
      let isNew = owners.map { rows.wantCustomer($0) }
      return isNew.contains(true) ? nil : try explainer.explain(subject)
    }
    if let found { return found }
    isFound = try rows.gather()
  }
  return nil
}

private func withExplainer<Result>(
  _ stages: SequenceStages, _ body: (Explainer) throws -> Result
) throws -> Result {
  let spills = Spills(stages.resources)
  let result: Swift.Result<Result, any Error>
  do {
    let links = try stages.links(spills.links, keeping: .reasons)
    guard let reasons = links.reasons else { preconditionFailure("reasons were asked for") }
    result = .success(
      try body(
        Explainer(stages: stages, links: links, reasons: reasons, spill: spills.records)))
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
  let reasons: LinkReasons
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

  /// The customers whose a subject's events are.
  func owningCustomers(of subject: ExplanationSubject) throws -> [[UInt8]] {
    let actors = Set(try matches { names(subject, $0, $1) }.map(\.actor))
    return actors.subtracting([ResolvedLinks.nobody]).sorted().compactMap { rank in
      let name = links.actor(rank)
      return name.letter == UInt8(ascii: "c") ? Array(name.text) : nil
    }
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
      order: code(batch[.orderID], row) { reasons.orders.ids.find($0) },
      customer: code(batch[.customerID], row) { links.customers.find($0) },
      visitor: code(batch[.visitorID], row) { links.visitors.find($0) },
      cart: code(batch[.cartID], row) { reasons.carts.ids.find($0) })
    match.actor = actor(of: match)
    if match.actor != ResolvedLinks.nobody { match.event.actor = links.actor(match.actor).written }
    return match
  }

  /// Rule 4 of the contract's §3.
  private func actor(of match: Match) -> UInt32 {
    if match.order != InternTable.absent {
      let owner = links.orderOwners[Int(match.order)]
      if owner != ResolvedLinks.nobody { return owner }
    }
    if match.customer != InternTable.absent {
      return match.customer
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
