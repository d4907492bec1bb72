/// Commented recipes to begin with.
package enum RecipeTemplate {
  /// A recipe for a task; what is commented out shows the default.
  package static func text(_ task: Recipe.Task, formats: [String]) -> String {
    """
    # A dataset of the task '\(task.rawValue)'. All keys: schemas/recipe.schema.json.
    #   daybook plan  THIS.yaml --ledger DIR                 what it would make
    #   daybook build THIS.yaml --ledger DIR --output DIR    make it
    name: \(task.rawValue)
    task: \(task.rawValue)   # \(meaning(task))

    \(count(task))
    \(shape(task))
    split:
      by: global-time      # session-by-day, leave-one-out, actor-holdout, rolling-origin
      test: 7d             # the last 7 days
      validation: 7d       # the 7 days before; 0d for none
      straddlers: trim     # units across a cut: trim, drop, by-end
      # horizon: 2026-03-31   # nothing later exists; by default the latest event
      # seed: 1
      # leave-one-out lets train see what came later: it needs allow: [L1, L6, L7]
      # actor-holdout has no cut in time: it needs allow: [L1, L6], and L14 for shared devices

    \(extra(task))
    privacy:
      profile: internal    # partner and public hide more, and need a key
      # key: {environment: DAYBOOK_KEY}   # pseudonyms by HMAC-SHA-256
      # round_time: 1m
      # people_per_item: 20               # items of fewer people become 'rare'
      # people_per_prefix: 5              # paths end where fewer people's begin alike
      # consent: {granted: consent.granted, withdrawn: consent.withdrawn}

    # sequence: {session_gap: 30m}        # the options of sequences

    formats: [\(defaults(formats))]   # of: \(formats.joined(separator: ", "))
    # allow: []            # leaks that you accept, L1 to L15

    """
  }

  private static func defaults(_ formats: [String]) -> String {
    Recipe.defaultFormats(of: formats).map(\.name).joined(separator: ", ")
  }

  private static func meaning(_ task: Recipe.Task) -> String {
    switch task {
    case .nextItem: "what comes next, from what came before"
    case .interactions: "user, item, time; each interaction once"
    case .sequences: "the paths as they are, with their outcome"
    case .checkoutOutcome: "what was known when checkout began, and what came of it"
    case .abandonment: "each time somebody gave up, and whether they came back"
    case .touchpoints: "ads and channels up to a purchase, or to nothing"
    }
  }

  private static func count(_ task: Recipe.Task) -> String {
    let actions =
      switch task {
      case .nextItem, .interactions:
        "  actions: {view: 1, cart_add: 3, purchase: 10}   # names and weights, in this order"
      case .touchpoints: "  # actions: [ad, view]   # events that may be a touch; all human ones"
      default: "  # actions: [view, cart_add]   # steps that are listed; all of them"
      }
    return """
      count:
      \(actions)
        refunds: net         # or ignore: count what was refunded all the same
        refund_window: 30d   # how long a purchase may be refunded
        immature: keep       # or drop what is too young to be final
        bot_events_per_hour: 600
        # repeats: collapse  # of the same item and action in a row
        # test_orders: [TEST-*]
        # test_customers: [staff-*]

      """
  }

  private static func shape(_ task: Recipe.Task) -> String {
    switch task {
    case .nextItem, .interactions:
      """
      shape:
        unit: actor          # session, sequence
        min_length: 2
        max_length: 200      # the newest are kept; 0 for all
        expand: none         # prefixes, windows
        targets: all         # last, first, random
        item_support: 1      # least interactions in train, to a fixed point
        user_support: 1
        # time: [delta, weekday, hour]
        # zone: Europe/Berlin

      """
    default:
      """
      shape:
        max_length: 200      # the newest steps are kept; 0 for all
        # zone: Europe/Berlin

      """
    }
  }

  private static func extra(_ task: Recipe.Task) -> String {
    switch task {
    case .nextItem, .interactions:
      """
      vocabulary:
        cold: drop           # items that train does not have: drop, oov, keep
        stable: true         # numbers go on from the last build

      # negatives: {count: 10, by: popularity, seed: 1}

      """
    case .checkoutOutcome:
      """
      label:
        horizon: 1d          # how long after checkout began an outcome may come

      """
    case .abandonment:
      """
      label:
        level: cart          # browse, cart, checkout, payment: the least to count

      """
    case .touchpoints:
      """
      label:
        lookback: 30d        # how far before a purchase a touch may lie
        horizon: 30d         # when a path without purchase is final

      """
    case .sequences: ""
    }
  }
}
