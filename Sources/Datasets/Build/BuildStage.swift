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
  private let orders: OrderCuts
  /// Users in the order of their first examples.
  private var actors = ByteStrings()
  private var firstTimes: [Int64] = []
  /// Each actor's ordinal, by its number among the parts; -1 for none.
  private var ordinals: [Int32] = []
  private var trained = TrainedItems(folds: 0, items: 0)
  /// False where examples are only counted.
  private let keepsExamples: Bool

  init(
    recipe: Recipe, plan: SplitPlan, horizon: Int64, clock: LocalClock, inputs: BuildInputs,
    work: BuildDirectory, resources: SequenceResources, keepsExamples: Bool
  ) {
    self.keepsExamples = keepsExamples
    self.recipe = recipe
    self.plan = plan
    orders = OrderCuts(plan, work)
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
    let fitting = try Fitting(recipe, plan, items, parts, work, resources.pool)
    trained = TrainedItems(folds: fitting.isSupported.count, items: fitting.itemMap.count)
    var stores: [ExampleStore] = []
    for index in plan.splits.indices { stores.append(try finish(index, fitting)) }
    try parts.remove()
    funnel[.coldUsers] = coldUsers(stores)
    let warnings = EmptySplits(
      plan: plan, survey: survey, exampleCounts: stores.map(\.counts.examples),
      passFunnels: passFunnels, funnel: funnel
    ).warnings()
    if stores.allSatisfy({ $0.counts.examples == 0 }) {
      throw BuildError.nothing(why: warnings.map(\.text).joined(separator: "; "))
    }
    let contents = number(stores, version: version)
    return DatasetBuild(
      recipe: recipe, plan: plan, contents: contents, passFunnels: passFunnels, funnel: funnel,
      firstSeen: trained.firstSeen, work: work, survey: survey,
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

  /// What a thread needs while it parts actors.
  private final class SplitWorker {
    var record = ByteWriter()
    var unit = ByteWriter()
    var all = ByteWriter(capacity: Limits.blockByteCount)
    var funnel = FilterFunnel()
  }

  private mutating func split(_ spools: [Spool]) throws -> Spool {
    let parts = try work.spool("parts")
    let splitter = Splitter(recipe: recipe, plan: plan)
    let isTrain = plan.splits.map { $0.split.purpose == .train }
    let join = try PassJoin(spools)
    let orders = self.orders
    let workers = try BlockWork.run(
      resources.pool, next: join.next, makeWorker: SplitWorker.init,
      { worker, block in
        worker.all.removeAll()
        var wanted: [(split: Int, key: UInt64)] = []
        var keys: [UInt64] = []
        block.forEach { actor, known in
          let own = splitter.split(actor, known, &worker.funnel)
          if own.isEmpty { return }
          for part in own where !isTrain[part.split] {
            keys.removeAll(keepingCapacity: true)
            part.unit.drafts.filter(\.isTarget).appendBaskets(to: &keys)
            for key in keys { wanted.append((part.split, key)) }
          }
          worker.record.removeAll()
          ActorParts.put(actor: actor, parts: own, to: &worker.record, unit: &worker.unit)
          worker.all.put(record: worker.record)
        }
        return (bytes: worker.all.bytes, wanted: wanted)
      },
      take: { made in
        try parts.append(framed: made.bytes)
        try orders.want(made.wanted)
      })
    for worker in workers { funnel.add(worker.funnel) }
    try parts.finish()
    return parts
  }

  // Examples.

  /// What a thread needs while it makes a split's examples.
  private final class FinishWorker {
    var finalizer: Finalizer
    let writer: ExampleWriter
    var funnel = FilterFunnel()

    init(_ finalizer: Finalizer, keepsExamples: Bool) {
      self.finalizer = finalizer
      writer = ExampleWriter(items: finalizer.firstSeen.count, keepsExamples: keepsExamples)
    }

    func finish(
      _ block: PartBlock, _ sampler: NegativeSampler?, isTrain: Bool
    ) -> FinishedExamples {
      let (index, fitting) = (finalizer.split, finalizer.fitting)
      block.forEach { number, actor, first in
        var units: [Unit] = []
        var own: Set<UInt32> = []
        for (offset, part) in actor.parts.enumerated() {
          guard part.split == index || sampler != nil else { continue }
          let unit = actor.unit(part)
          if part.split == index {
            let allowed = block.unit(first + offset, unit)
            let count = unit.drafts.count - allowed.drafts.count
            if count > 0 { funnel[.rarePrefixes] += count }
            units.append(allowed)
          }
          if sampler != nil { for draft in unit.drafts { own.insert(fitting.item(draft)) } }
        }
        guard !units.isEmpty else { return }
        var examples = isTrain ? finalizer.train(units) : finalizer.later(units)
        guard !examples.isEmpty else { return }
        let name = actor.actor
        if let sampler {
          for number in examples.indices {
            examples[number].negatives = sampler.sample(
              examples[number].unit, actor: name, example: number, own: own)
          }
        }
        writer.append(examples, actor: number, name: name)
      }
      var made = writer.take()
      made.orders = finalizer.takeOrders()
      return made
    }
  }

  private mutating func finish(_ index: Int, _ fitting: Fitting) throws -> ExampleStore {
    let split = plan.splits[index].split
    let isTrain = split.purpose == .train
    let store = try work.store(keepsExamples ? "examples-\(index)" : nil)
    var sampler: NegativeSampler?
    if let rules = recipe.negatives, !isTrain {
      let words = items.words
      sampler = NegativeSampler(
        rules, popularity: trained.popularity[split.fold], firstSeen: trained.firstSeen,
        words: (0..<words.count).map { Array(words[$0]) })
    }
    let blocks = try fitting.blocks()
    let (recipe, plan, orders, trained) = (self.recipe, self.plan, self.orders, self.trained)
    let keepsExamples = self.keepsExamples
    let workers = try BlockWork.run(
      resources.pool, next: blocks.next,
      makeWorker: {
        FinishWorker(
          Finalizer(recipe, plan, fitting, split: index, trained, orders),
          keepsExamples: keepsExamples)
      }, { $0.finish($1, sampler, isTrain: isTrain) },
      take: { made in
        try store.append(made, ordinals: ordinals(of: made.users))
        try orders.take(made.orders, of: index)
      })
    try orders.finish(index)
    var isSeen = [Bool](repeating: false, count: fitting.itemMap.count)
    for worker in workers {
      funnel.add(worker.funnel)
      funnel.add(worker.finalizer.funnel)
      self.trained.add(worker.finalizer)
      for item in isSeen.indices where worker.writer.isItemSeen[item] { isSeen[item] = true }
    }
    try store.finish(items: isSeen.count { $0 })
    return store
  }

  /// Users' ordinals, in the order of their first examples.
  private mutating func ordinals(of users: [FinishedExamples.User]) -> [Int32] {
    users.map { user in
      while ordinals.count <= user.actor { ordinals.append(-1) }
      let known = ordinals[user.actor]
      if known >= 0 {
        firstTimes[Int(known)] = min(firstTimes[Int(known)], user.firstTime)
        return known
      }
      let ordinal = Int32(actors.count)
      ordinals[user.actor] = ordinal
      actors.append(user.name)
      firstTimes.append(user.firstTime)
      return ordinal
    }
  }

  /// Users of later splits that their fold's train does not have.
  private func coldUsers(_ stores: [ExampleStore]) -> Int {
    var cold = 0
    for fold in Set(plan.splits.map(\.split.fold)) {
      var flags = UserFlags()
      for (index, planned) in plan.splits.enumerated() where planned.split.fold == fold {
        for user in stores[index].users {
          flags.set(user.ordinal, isTrain: planned.split.purpose == .train)
        }
      }
      cold += flags.coldCount
    }
    return cold
  }

  // Numbers.

  private func number(
    _ stores: [ExampleStore], version: String
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
    for fold in trained.popularity {
      var entries: [(word: [UInt8], firstSeen: Int64)] = []
      for code in fold.indices where fold[code] > 0 && !isAdded[code] {
        isAdded[code] = true
        entries.append((written[code], masking(trained.firstSeen[code])))
      }
      itemGrower.add(entries)
    }
    if recipe.vocabulary.cold == .keep {
      var entries: [(word: [UInt8], firstSeen: Int64)] = []
      for code in isAdded.indices where !isAdded[code] && trained.firstSeen[code] != Int64.max {
        isAdded[code] = true
        entries.append((written[code], masking(trained.firstSeen[code])))
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
      work: work, pool: resources.pool)
  }
}
