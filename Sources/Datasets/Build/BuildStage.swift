import Bytes
import Sequences

/// The stages of one build, in order: passes, splits, fitting, examples, numbers.
struct BuildStage {
  let recipe: Recipe
  let plan: SplitPlan
  let horizon: Int64
  let inputs: BuildInputs
  let work: BuildDirectory
  let resources: SequenceResources
  private let items = WordTable()
  private var funnel = FilterFunnel()
  private let orders: OrderCuts
  private let pseudonyms: Pseudonyms
  /// Users' names, in the order of their first examples, and the first times of each by ordinal.
  private let names: Spool
  private let firstTimes: KeyRuns
  private var userCount = 0
  /// Each actor's ordinal, by its number among the parts; -1 for none.
  private var ordinals: [Int32] = []
  private var trained = TrainedItems(folds: 0, items: 0)
  /// False where examples are only counted.
  private let keepsExamples: Bool

  init(
    recipe: Recipe, plan: SplitPlan, horizon: Int64, inputs: BuildInputs, work: BuildDirectory,
    resources: SequenceResources, keepsExamples: Bool
  ) throws {
    pseudonyms = Pseudonyms(recipe.privacy, key: inputs.key)
    names = try work.spool("names")
    firstTimes = KeyRuns(work, "first-times")
    self.keepsExamples = keepsExamples
    self.recipe = recipe
    self.plan = plan
    orders = OrderCuts(plan, work)
    self.horizon = horizon
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
    funnel[.coldUsers] = try coldUsers(stores)
    let warnings = EmptySplits(
      plan: plan, survey: survey, exampleCounts: stores.map(\.counts.examples),
      passFunnels: passFunnels, funnel: funnel
    ).warnings()
    if stores.allSatisfy({ $0.counts.examples == 0 }) {
      throw BuildError.nothing(why: warnings.map(\.text).joined(separator: "; "))
    }
    let (contents, vocabularies) = try number(stores, version: version)
    return DatasetBuild(
      recipe: recipe, plan: plan, contents: contents, vocabularies: vocabularies,
      passFunnels: passFunnels, funnel: funnel,
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
        recipe, knowledge: knowledge, items: items, funnel: shared)
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
      // What a pass has freed would stand beside what the next stage takes.
      returnFreedMemory()
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
    var actorCount = 0
    let workers = try BlockWork.run(
      resources.pool, next: join.next, makeWorker: SplitWorker.init,
      { worker, block in
        worker.all.removeAll()
        var wanted: [(split: Int, key: UInt64)] = []
        var keys: [UInt64] = []
        var actors = 0
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
          actors += 1
        }
        return (bytes: worker.all.bytes, actors: actors, wanted: wanted)
      },
      take: { made in
        try parts.append(framed: made.bytes)
        actorCount += made.actors
        try orders.want(made.wanted)
      })
    for worker in workers { funnel.add(worker.funnel) }
    try parts.finish()
    ordinals = Array(repeating: -1, count: actorCount)
    return parts
  }

  // Examples.

  /// What a thread needs while it makes a split's examples.
  private final class FinishWorker {
    var finalizer: Finalizer
    let writer: ExampleWriter
    private let pseudonyms: Pseudonyms
    var funnel = FilterFunnel()

    init(_ finalizer: Finalizer, _ pseudonyms: Pseudonyms, keepsExamples: Bool) {
      self.finalizer = finalizer
      self.pseudonyms = pseudonyms
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
        // The order of examples must not tell the order of the names behind pseudonyms.
        writer.append(
          examples, actor: number, name: name,
          rank: pseudonyms.isActive ? pseudonyms.user(name) : [])
      }
      var made = writer.take()
      made.orders = finalizer.takeOrders()
      return made
    }
  }

  private mutating func finish(_ index: Int, _ fitting: Fitting) throws -> ExampleStore {
    let split = plan.splits[index].split
    let isTrain = split.purpose == .train
    let store = try work.store(index, keepsExamples: keepsExamples)
    var sampler: NegativeSampler?
    if let rules = recipe.negatives, !isTrain {
      sampler = NegativeSampler(
        rules, popularity: trained.popularity[split.fold], firstSeen: trained.firstSeen,
        words: items.words)
    }
    let blocks = try fitting.blocks()
    let (recipe, plan, orders, trained) = (self.recipe, self.plan, self.orders, self.trained)
    let (pseudonyms, keepsExamples) = (self.pseudonyms, self.keepsExamples)
    let workers = try BlockWork.run(
      resources.pool, next: blocks.next,
      makeWorker: {
        FinishWorker(
          Finalizer(recipe, plan, fitting, split: index, trained, orders), pseudonyms,
          keepsExamples: keepsExamples)
      }, { $0.finish($1, sampler, isTrain: isTrain) },
      take: { made in
        try store.append(made, ordinals: try ordinals(of: made.users))
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
  private mutating func ordinals(of users: [FinishedExamples.User]) throws -> [Int32] {
    var name = ByteWriter()
    var own: [Int32] = []
    for user in users {
      if ordinals[user.actor] < 0 {
        ordinals[user.actor] = Int32(userCount)
        userCount += 1
        name.removeAll()
        name.put(text: user.name)
        try names.append(name)
      }
      let ordinal = ordinals[user.actor]
      try firstTimes.append(UInt64(ordinal), KeyRuns.value(ofTime: user.firstTime))
      own.append(ordinal)
    }
    return own
  }

  /// Users of later splits that their fold's train does not have.
  private func coldUsers(_ stores: [ExampleStore]) throws -> Int {
    var cold = 0
    for fold in Set(plan.splits.map(\.split.fold)) {
      var flags = UserFlags()
      for (index, planned) in plan.splits.enumerated() where planned.split.fold == fold {
        let users = try stores[index].sortedUsers()
        while let user = try users.next() {
          flags.set(user.ordinal, isTrain: planned.split.purpose == .train)
        }
      }
      cold += flags.coldCount
    }
    return cold
  }

  // Numbers.

  private mutating func number(
    _ stores: [ExampleStore], version: String
  ) throws -> (contents: BuiltContents, vocabularies: [MadeVocabulary]) {
    ordinals = []
    let (items, words, itemNumbers) = try numberedItems()
    let (users, userNumbers) = try numberedUsers()
    let contents = BuiltContents(
      recipe, plan, version: version, horizon: horizon, stores: stores,
      userNumbers: userNumbers, itemNumbers: itemNumbers, items: words, users: users.summary,
      pseudonyms: pseudonyms, work: work, pool: resources.pool)
    return (contents, [items, users])
  }

  private func masked(_ time: Int64) -> Int64 {
    let step = recipe.privacy.timeRounding
    guard step > 0 else { return time }
    let rest = time % step
    return time - (rest < 0 ? rest + step : rest)
  }

  /// Items of train get their numbers first, fold by fold.
  private func numberedItems() throws -> (
    made: MadeVocabulary, vocabulary: Vocabulary, numbers: [Int32]
  ) {
    let words = items.words
    var grower = try VocabularyGrower("items", inputs.baseItems, work)
    for code in 0..<words.count {
      var rank = trained.popularity.firstIndex { $0[code] > 0 }
      if rank == nil, recipe.vocabulary.cold == .keep, trained.firstSeen[code] != Int64.max {
        rank = trained.popularity.count
      }
      guard let rank else { continue }
      try grower.add(
        pseudonyms.item(words[code]), code: code, rank: rank,
        firstSeen: masked(trained.firstSeen[code]))
    }
    var vocabulary = Vocabulary(name: "items")
    let (made, numbers) = try grower.finish(codes: words.count, retiringAt: horizon) {
      vocabulary.append($0.word, firstSeen: $0.firstSeen, retiredAt: $0.retiredAt)
    }
    return (made, vocabulary, numbers.map { $0 > 0 ? $0 : ExampleBatch.outOfVocabulary })
  }

  private func numberedUsers() throws -> (made: MadeVocabulary, numbers: [Int32]) {
    try names.finish()
    let names = try self.names.reader()
    let times = try firstTimes.sorted()
    var grower = try VocabularyGrower("users", inputs.baseUsers, work)
    // A user has several times where it is in several splits; the first one comes first.
    var ordinal = -1
    while let entry = try times.next() {
      if entry.key == UInt64(bitPattern: Int64(ordinal)) { continue }
      ordinal += 1
      _ = try names.next { bytes in
        var name = ByteReader(bytes)
        try grower.add(
          pseudonyms.user(name.text()), code: ordinal,
          firstSeen: masked(KeyRuns.time(ofValue: entry.value)))
      }
    }
    try firstTimes.removeAll()
    try self.names.remove()
    return try grower.finish(codes: userCount, retiringAt: horizon)
  }
}
