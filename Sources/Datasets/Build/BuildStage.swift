import Bytes
import Mappings
import Sequences

/// The stages of one build, in order: passes, splits, fitting, examples, numbers.
struct BuildStage {
  let recipe: Recipe
  let plan: SplitPlan
  let horizon: Int64
  let clock: LocalClock
  let inputs: BuildInputs
  let work: BuildDirectory
  let resources: SequenceResources
  private let items = WordTable()
  private var funnel = FilterFunnel()
  private var orders: OrderCuts
  /// Users in the order of their first examples.
  private var actors = ByteStrings()
  private var firstTimes: [Int64] = []
  private var ordinals: [[UInt8]: Int32] = [:]
  /// False where examples are only counted.
  private let keepsExamples: Bool

  init(
    recipe: Recipe, plan: SplitPlan, horizon: Int64, clock: LocalClock, inputs: BuildInputs,
    work: BuildDirectory, resources: SequenceResources, keepsExamples: Bool
  ) {
    self.keepsExamples = keepsExamples
    self.recipe = recipe
    self.plan = plan
    orders = OrderCuts(plan)
    self.horizon = horizon
    self.clock = clock
    self.inputs = inputs
    self.work = work
    self.resources = resources
  }

  mutating func run(version: String) throws -> DatasetBuild {
    var survey = TimeSurvey(plan, horizon: horizon, isHorizonNamed: recipe.split.horizon != nil)
    try survey.scan(inputs.runs)
    var (spools, passFunnels) = try runPasses()
    for place in passFunnels.indices { passFunnels[place][.lateEvents] = survey.late[place] }
    let parts = try split(spools)
    for spool in spools { try spool.remove() }
    let fitting = try Fitting(recipe, plan, items, parts)
    var finalizer = Finalizer(recipe, plan, fitting, orders)
    var stores: [ExampleStore] = []
    for index in plan.splits.indices {
      stores.append(try finish(index, parts, fitting, &finalizer))
    }
    try parts.remove()
    funnel.add(finalizer.funnel)
    funnel[.coldUsers] = coldUsers(stores)
    let warnings = EmptySplits(
      plan: plan, survey: survey, exampleCounts: stores.map(\.counts.examples),
      passFunnels: passFunnels, funnel: funnel
    ).warnings()
    if stores.allSatisfy({ $0.counts.examples == 0 }) {
      throw BuildError.nothing(why: warnings.map(\.text).joined(separator: "; "))
    }
    let contents = number(stores, finalizer, version: version)
    return DatasetBuild(
      recipe: recipe, plan: plan, contents: contents, passFunnels: passFunnels, funnel: funnel,
      isInTrain: finalizer.isInTrain, firstSeen: finalizer.firstSeen, work: work, survey: survey,
      warnings: warnings)
  }

  // Passes: what was known at each time of knowledge.

  private func runPasses() throws -> ([Spool], [FilterFunnel]) {
    var spools: [Spool] = []
    var funnels: [FilterFunnel] = []
    for (place, knowledge) in plan.passes.enumerated() {
      var options = recipe.sequence
      // Without a horizon of its own a recipe means all that is known now.
      let isLast = knowledge == horizon
      options.asOf = isLast && recipe.split.horizon == nil ? nil : knowledge
      let spool = try work.spool("pass-\(place)")
      let shared = SharedFunnel()
      let context = UnitContext(
        recipe, knowledge: knowledge, clock: clock, items: items, funnel: shared)
      var topics: [[UInt8]] = []
      if let consent = recipe.privacy.consent {
        topics = [Array(consent.granted.utf8), Array(consent.withdrawn.utf8)]
      }
      let counts = try computeHistories(
        of: inputs.runs, options: options, topics: topics, resources: resources,
        makeWorker: { UnitWorker(context) }, sink: { try spool.append(framed: $0) })
      try spool.finish()
      var total = shared.total
      total[.events] = counts.accepted
      total[.unattributed] = counts.unattributed
      spools.append(spool)
      funnels.append(total)
    }
    return (spools, funnels)
  }

  private mutating func split(_ spools: [Spool]) throws -> Spool {
    let parts = try work.spool("parts")
    let splitter = Splitter(recipe: recipe, plan: plan)
    var join = try PassJoin(spools)
    while let (actor, known) = try join.next() {
      let own = splitter.split(actor, known, &funnel)
      for part in own where plan.splits[part.split].split.purpose != .train {
        orders.want(part.unit.drafts, of: part.split)
      }
      if !own.isEmpty { try parts.append(ActorParts.encoded(actor: actor, parts: own)) }
    }
    try parts.finish()
    return parts
  }

  // Examples.

  private mutating func finish(
    _ index: Int, _ parts: Spool, _ fitting: Fitting, _ finalizer: inout Finalizer
  ) throws -> ExampleStore {
    let split = plan.splits[index].split
    let store = try work.store(keepsExamples ? "examples-\(index)" : nil)
    let words = items.words
    var sampler: NegativeSampler?
    if let rules = recipe.negatives, split.purpose != .train {
      sampler = NegativeSampler(
        rules, popularity: finalizer.popularity[split.fold], firstSeen: finalizer.firstSeen,
        words: (0..<words.count).map { Array(words[$0]) })
    }
    var place = 0
    try parts.forEachActor { actor in
      var units: [Unit] = []
      var own: Set<UInt32> = []
      for part in actor.parts {
        defer { place += 1 }
        guard part.split == index || sampler != nil else { continue }
        let unit = actor.unit(part)
        if part.split == index {
          let allowed = fitting.allowed(unit, place)
          let count = unit.drafts.count - allowed.drafts.count
          if count > 0 { funnel[.rarePrefixes] += count }
          units.append(allowed)
        }
        if sampler != nil { for draft in unit.drafts { own.insert(fitting.item(draft)) } }
      }
      guard !units.isEmpty else { return }
      var examples =
        split.purpose == .train
        ? finalizer.train(units, split: index) : finalizer.later(units, split: index)
      guard !examples.isEmpty else { return }
      if let sampler {
        for number in examples.indices {
          examples[number].negatives = sampler.sample(
            examples[number].unit, actor: actor.actor, example: number, own: own)
        }
      }
      try store.append(examples, user: ordinal(actor.actor, examples))
    }
    try store.finish()
    return store
  }

  private mutating func ordinal(_ actor: [UInt8], _ examples: [StoredExample]) -> Int32 {
    let first = examples.reduce(Int64.max) { min($0, $1.unit.firstTime) }
    if let known = ordinals[actor] {
      firstTimes[Int(known)] = min(firstTimes[Int(known)], first)
      return known
    }
    let ordinal = Int32(actors.count)
    ordinals[actor] = ordinal
    actors.append(actor)
    firstTimes.append(first)
    return ordinal
  }

  private func coldUsers(_ stores: [ExampleStore]) -> Int {
    var cold = 0
    let folds = Set(plan.splits.map(\.split.fold))
    for fold in folds {
      var trained: Set<Int32> = []
      var later: Set<Int32> = []
      for (index, planned) in plan.splits.enumerated() where planned.split.fold == fold {
        let users = stores[index].users.map(\.ordinal)
        if planned.split.purpose == .train {
          trained.formUnion(users)
        } else {
          later.formUnion(users)
        }
      }
      cold += later.subtracting(trained).count
    }
    return cold
  }

  // Numbers.

  private func number(
    _ stores: [ExampleStore], _ finalizer: Finalizer, version: String
  ) -> BuiltContents {
    let pseudonyms = Pseudonyms(recipe.privacy, key: inputs.key)
    let masking = { (time: Int64) -> Int64 in
      let step = recipe.privacy.timeRounding
      guard step > 0 else { return time }
      let rest = time % step
      return time - (rest < 0 ? rest + step : rest)
    }
    let words = items.words
    let written = (0..<words.count).map { pseudonyms.item(words[$0]) }
    var itemGrower = VocabularyGrower(inputs.baseItems)
    var isAdded = [Bool](repeating: false, count: words.count)
    for fold in finalizer.isInTrain {
      var entries: [(word: [UInt8], firstSeen: Int64)] = []
      for code in fold.indices where fold[code] && !isAdded[code] {
        isAdded[code] = true
        entries.append((written[code], masking(finalizer.firstSeen[code])))
      }
      itemGrower.add(entries)
    }
    if recipe.vocabulary.cold == .keep {
      var entries: [(word: [UInt8], firstSeen: Int64)] = []
      for code in isAdded.indices where !isAdded[code] && finalizer.firstSeen[code] != Int64.max {
        isAdded[code] = true
        entries.append((written[code], masking(finalizer.firstSeen[code])))
      }
      itemGrower.add(entries)
    }
    itemGrower.retireUnused(at: horizon)
    var userGrower = VocabularyGrower(inputs.baseUsers)
    let names = (0..<actors.count).map { pseudonyms.user(Array(actors[$0])) }
    userGrower.add(names.indices.map { (names[$0], masking(firstTimes[$0])) })
    userGrower.retireUnused(at: horizon)
    if pseudonyms.isActive {
      // The order of examples must not tell the order of the names behind pseudonyms.
      for store in stores {
        store.sortUsers { names[Int($0)].lexicographicallyPrecedes(names[Int($1)]) }
      }
    }
    return BuiltContents(
      recipe, plan, version: version, horizon: horizon, stores: stores, clock: clock,
      actors: actors, userNumbers: names.map { userGrower.number($0) ?? 0 },
      itemNumbers: written.indices.map { code in
        isAdded[code]
          ? itemGrower.number(written[code]) ?? ExampleBatch.outOfVocabulary
          : ExampleBatch.outOfVocabulary
      },
      items: itemGrower.vocabulary, users: userGrower.vocabulary, pseudonyms: pseudonyms,
      work: work)
  }
}
