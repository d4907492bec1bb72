package import ConfigurationFiles
package import Mappings
package import Sequences

/// What a dataset is: parsed from a YAML or JSON file, every key with a default but the task.
///
/// - Units: spans and times in microseconds.
/// - Source: schemas/recipe.schema.json, docs/formats/dataset.md.
package struct Recipe: Sendable, Equatable {
  package enum Task: String, Sendable, CaseIterable {
    case nextItem = "next-item"
    case interactions
    case sequences
    case checkoutOutcome = "checkout-outcome"
    case abandonment
    case touchpoints
  }

  /// The dataset's folder name.
  package var name = "dataset"
  package var task: Task
  package var count = CountRules()
  package var shape = ShapeRules()
  package var split = SplitRules()
  package var label = LabelRules()
  package var negatives: NegativeRules?
  package var privacy = PrivacyRules()
  package var vocabulary = VocabularyRules()
  /// The contract's own options, under `sequence`; `as_of` is the build's to set.
  package var sequence = SequenceOptions()
  package var formats: [FormatChoice] = []
  /// Leaks that the maker accepts: `L1` to `L15`.
  package var allowedLeaks: [String] = []
  /// For cards.
  package var license: String?
  package var title: String?

  package init(task: Task) {
    self.task = task
  }
}

/// A rendering by name, with options of its own.
package struct FormatChoice: Sendable, Equatable {
  package var name: String
  /// What stands under the format's name, for its rendering to read; nil for its defaults.
  package var options: ConfigurationNode?

  package init(name: String, options: ConfigurationNode? = nil) {
    self.name = name
    self.options = options
  }
}

/// What counts as an interaction, and how much.
package struct CountRules: Sendable, Equatable {
  package enum Refunds: String, Sendable, CaseIterable {
    /// A refunded purchase counts as far as it was kept; not at all when nothing was.
    case net
    /// Purchases count as if nothing came back.
    case ignore
  }
  package enum Immature: String, Sendable, CaseIterable { case keep, drop }
  package enum Repeats: String, Sendable, CaseIterable { case keep, collapse }

  /// Actions in the order of their codes: names of roles, or `purchase` for paid lines; the
  /// number is the weight.
  package var actions: [ActionWeight] = CountRules.defaultActions
  package var refunds = Refunds.net
  /// How long a purchase may still be refunded.
  package var refundWindow: Int64 = 30 * Span.day
  package var immature = Immature.keep
  /// Consecutive interactions with the same item and action.
  package var repeats = Repeats.keep
  /// Orders and customers that are tests: names, or beginnings that end in `*`.
  package var testOrders: [String] = []
  package var testCustomers: [String] = []
  /// An actor with more human events within an hour is a suspected bot and left out; 0 for nobody.
  package var botEventsPerHour = 600

  package static let defaultActions = [
    ActionWeight(name: "view", weight: 1), ActionWeight(name: "cart_add", weight: 3),
    ActionWeight(name: "purchase", weight: 10),
  ]

  package init() {}
}

/// An action that counts and its weight.
package struct ActionWeight: Sendable, Equatable {
  package var name: String
  package var weight: Float

  package init(name: String, weight: Float) {
    self.name = name
    self.weight = weight
  }
}

/// How interactions become examples.
package struct ShapeRules: Sendable, Equatable {
  package enum Unit: String, Sendable, CaseIterable { case actor, session, sequence }
  package enum Expand: String, Sendable, CaseIterable { case none, prefixes, windows }
  package enum Targets: String, Sendable, CaseIterable { case last, all, first, random }
  package enum TimeFeature: String, Sendable, CaseIterable { case absolute, delta, weekday, hour }

  package var unit = Unit.actor
  package var minLength = 2
  /// The newest this many inputs are kept; 0 for all.
  package var maxLength = 200
  package var expand = Expand.none
  /// How far a window moves.
  package var stride = 1
  package var targets = Targets.all
  /// Least interactions of a user and of an item in train, to a fixed point.
  package var userSupport = 1
  package var itemSupport = 1
  package var timeFeatures: [TimeFeature] = [.absolute]
  /// What local clocks show, for `weekday` and `hour`: UTC's unless a zone is named.
  package var clock = LocalClock()

  package init() {}
}

/// How examples are parted into train, validation and test.
package struct SplitRules: Sendable, Equatable {
  package enum Method: String, Sendable, CaseIterable {
    case globalTime = "global-time"
    case sessionByDay = "session-by-day"
    case leaveOneOut = "leave-one-out"
    case actorHoldout = "actor-holdout"
    case rollingOrigin = "rolling-origin"
  }
  package enum Straddlers: String, Sendable, CaseIterable {
    case trim, drop
    case byEnd = "by-end"
  }

  package var method = Method.globalTime
  package var test: Int64 = 7 * Span.day
  package var validation: Int64 = 7 * Span.day
  /// Nothing after it exists for the dataset; by default the latest time of any event.
  package var horizon: Int64?
  package var straddlers = Straddlers.trim
  /// Rolling origins.
  package var folds = 3
  package var step: Int64 = 7 * Span.day
  /// Shares of actors held out, in percent.
  package var testPercent = 10
  package var validationPercent = 10
  package var seed: Int64 = 1

  package init() {}
}

/// What outcomes are asked, for tasks with labels.
package struct LabelRules: Sendable, Equatable {
  /// How long after its start an outcome may come: checkouts, and touches before a conversion.
  package var horizon: Int64 = 7 * Span.day
  /// How far before a conversion a touch may lie.
  package var lookback: Int64 = 30 * Span.day
  /// The least level of an abandoned sequence that is an episode.
  package var level = Level.cart

  package init() {}
}

/// Items sampled beside the targets.
package struct NegativeRules: Sendable, Equatable {
  package enum Method: String, Sendable, CaseIterable { case popularity, uniform }

  package var count = 10
  package var method = Method.popularity
  package var seed: Int64 = 1

  package init() {}
}

/// How numbers are given to items and users.
package struct VocabularyRules: Sendable, Equatable {
  package enum Cold: String, Sendable, CaseIterable {
    /// Interactions with items that train does not have are left out, and counted.
    case drop
    /// They stay, without a number (`ExampleBatch.outOfVocabulary`).
    case oov
    /// Their items get numbers after train's.
    case keep
  }

  package var cold = Cold.drop
  /// Numbers go on from the newest published build of the same name.
  package var isStable = true

  package init() {}
}

/// What leaves the house.
package struct PrivacyRules: Sendable, Equatable {
  package enum Profile: String, Sendable, CaseIterable { case `internal`, partner, `public` }
  package enum Key: Sendable, Equatable {
    case file(String)
    case environment(String)
  }

  package var profile = Profile.internal
  /// Pseudonyms by HMAC-SHA-256 with this key; nil writes ids as they are.
  package var key: Key?
  /// Columns that are left out.
  package var dropped: [String] = []
  /// Times are rounded down to this; 0 leaves them.
  package var timeRounding: Int64 = 0
  /// Each user's times are moved by up to this, by the key; 0 leaves them.
  package var timeShift: Int64 = 0
  /// Amounts and prices are rounded down to a multiple of this; 0 leaves them.
  package var amountRounding: Int64 = 0
  /// Items of fewer people become one item called `rare`; 0 keeps them.
  package var peoplePerItem = 0
  /// An example ends before the first interaction that fewer people's paths begin alike with;
  /// 0 keeps them.
  package var peoplePerPrefix = 0
  /// Topics by which people agree and withdraw; only who agreed last is in the dataset.
  package var consent: ConsentTopics?

  package init() {}
}

/// Topics of consent.
package struct ConsentTopics: Sendable, Equatable {
  package var granted: String
  package var withdrawn: String

  package init(granted: String, withdrawn: String) {
    self.granted = granted
    self.withdrawn = withdrawn
  }
}

/// Lengths of time in microseconds.
enum Span {
  static let minute: Int64 = 60_000_000
  static let hour: Int64 = 3_600_000_000
  static let day: Int64 = 86_400_000_000
}
