// Which columns a task's examples and interactions have, in the order of a unit's cells.

/// A column of interactions that is computed from a draft.
enum InteractionField: Equatable {
  case session, order, isMature, channel, campaign, creative, delta, weekday, hour

  var column: DatasetColumn {
    switch self {
    case .session:
      DatasetColumn("session", .integer, .context, "The actor's session, numbered from 0.")
    case .order: DatasetColumn("order_id", .text, .context, "The order of a purchase.")
    case .isMature:
      DatasetColumn("mature", .boolean, .context, "Whether a purchase can no longer be refunded.")
    case .channel: DatasetColumn("channel", .text, .feature, "The channel told on the event.")
    case .campaign: DatasetColumn("campaign_id", .text, .feature, "The campaign told on it.")
    case .creative: DatasetColumn("creative_id", .text, .feature, "The creative told on it.")
    case .delta:
      DatasetColumn(
        "delta_s", .integer, .feature, "Seconds since the interaction before it; 0 for the first.")
    case .weekday:
      DatasetColumn("weekday", .integer, .feature, "1 Monday to 7 Sunday, on clocks of the zone.")
    case .hour: DatasetColumn("hour", .integer, .feature, "0 to 23, on clocks of the zone.")
    }
  }
}

extension Recipe {
  /// The columns of interactions, without those that privacy drops.
  var interactionFields: [InteractionField] {
    var fields: [InteractionField] = [.session]
    switch task {
    case .nextItem, .interactions: fields += [.order, .isMature]
    case .sequences, .abandonment, .checkoutOutcome: fields += [.order, .channel]
    case .touchpoints: fields += [.channel, .campaign, .creative]
    }
    for feature in shape.timeFeatures {
      switch feature {
      case .absolute: break
      case .delta: fields.append(.delta)
      case .weekday: fields.append(.weekday)
      case .hour: fields.append(.hour)
      }
    }
    return fields.filter { !privacy.dropped.contains($0.column.name) }
  }

  /// All columns of the task's examples, in the order of cells; privacy drops some later.
  var taskColumns: [DatasetColumn] {
    switch task {
    case .nextItem, .interactions:
      shape.unit == .sequence ? [TaskColumns.sequenceID] : []
    case .sequences: TaskColumns.sequences
    case .checkoutOutcome: TaskColumns.checkout
    case .abandonment: TaskColumns.abandonment
    case .touchpoints: TaskColumns.touchpoints
    }
  }
}

/// The columns of tasks.
enum TaskColumns {
  static let sequenceID = DatasetColumn(
    "sequence_id", .text, .context, "The sequence that the example is of.")

  static let sequences = [
    sequenceID,
    DatasetColumn("outcome", .text, .label, "purchased, abandoned, or open: too early to tell."),
    DatasetColumn("level", .text, .label, "How far it came: browse, cart, checkout, payment."),
    DatasetColumn("reason", .text, .label, "Why it was abandoned."),
    DatasetColumn("started_at", .time, .feature, "The first step."),
    DatasetColumn("ended_at", .time, .label, "The last step that came while it was open."),
    DatasetColumn("abandoned_at", .time, .label, "When patience ended."),
    DatasetColumn("purchased_at", .time, .label, "The first payment that succeeded."),
    DatasetColumn("recovered_at", .time, .label, "When an abandoned one was bought after all."),
    DatasetColumn("recovery", .text, .label, "recovered, lost, or censored: too early to tell."),
    DatasetColumn("sessions", .integer, .context, "Sessions among its human steps."),
    DatasetColumn("attempts", .integer, .context, "Payment attempts."),
    DatasetColumn("failures", .integer, .context, "Payments that failed."),
    DatasetColumn("channel", .text, .feature, "The first channel told."),
    DatasetColumn("campaign_id", .text, .feature, "The first campaign told."),
    DatasetColumn("currency", .text, .context, "The currency of the money columns."),
    DatasetColumn("paid", .integer, .label, "What was paid, in minor units."),
    DatasetColumn("refunded", .integer, .label, "What was refunded, in minor units."),
    DatasetColumn("net", .integer, .label, "Paid less refunded, in minor units."),
    DatasetColumn("mature", .boolean, .context, "Whether the outcome can no longer change."),
  ]

  static let checkout =
    [
      sequenceID,
      DatasetColumn("checkout_at", .time, .context, "When checkout began."),
    ] + history + [
      DatasetColumn("outcome", .text, .label, "purchased, abandoned or open within the horizon."),
      DatasetColumn("level", .text, .label, "How far an abandoned one came."),
      DatasetColumn("reason", .text, .label, "Why it was abandoned."),
      DatasetColumn("purchased_at", .time, .label, "The purchase within the horizon."),
      DatasetColumn("mature", .boolean, .context, "Whether the horizon was observed in full."),
    ]

  static let abandonment =
    [
      sequenceID,
      DatasetColumn("level", .text, .feature, "How far it came."),
      DatasetColumn("reason", .text, .feature, "Why it was abandoned."),
      DatasetColumn("started_at", .time, .context, "The first step."),
      DatasetColumn("ended_at", .time, .context, "The last step before it was abandoned."),
      DatasetColumn("abandoned_at", .time, .context, "When patience ended."),
    ] + history + [
      DatasetColumn("recovery", .text, .label, "recovered, lost, or censored: too early to tell."),
      DatasetColumn("recovered_at", .time, .label, "When it was bought after all."),
      DatasetColumn("mature", .boolean, .context, "Whether the recovery can no longer change."),
    ]

  /// What was known of the sequence and the actor when the example's moment came.
  static let history = [
    DatasetColumn("hour", .integer, .feature, "0 to 23, on clocks of the zone."),
    DatasetColumn("weekday", .integer, .feature, "1 Monday to 7 Sunday, on clocks of the zone."),
    DatasetColumn("seconds_in_sequence", .integer, .feature, "Since the sequence's first step."),
    DatasetColumn("sessions", .integer, .feature, "Sessions of the sequence until then."),
    DatasetColumn("views", .integer, .feature, "Views in the sequence until then."),
    DatasetColumn("searches", .integer, .feature, "Searches in the sequence until then."),
    DatasetColumn("cart_adds", .integer, .feature, "Items put into the cart until then."),
    DatasetColumn("cart_items", .integer, .feature, "Distinct items in the cart then."),
    DatasetColumn("cart_quantity", .integer, .feature, "Pieces in the cart then."),
    DatasetColumn("cart_value", .integer, .feature, "Their worth in minor units, if all told."),
    DatasetColumn("attempts", .integer, .feature, "Payment attempts of the sequence until then."),
    DatasetColumn("failures", .integer, .feature, "Failed payments of the sequence until then."),
    DatasetColumn("channel", .text, .feature, "The sequence's first channel."),
    DatasetColumn("campaign_id", .text, .feature, "The sequence's first campaign."),
    DatasetColumn("earlier_purchases", .integer, .feature, "The actor's payments before."),
    DatasetColumn("earlier_failures", .integer, .feature, "The actor's failed payments before."),
    DatasetColumn("earlier_refunds", .integer, .feature, "Refunds the actor had before."),
    DatasetColumn("seconds_since_purchase", .integer, .feature, "Since the payment before."),
  ]

  static let touchpoints = [
    DatasetColumn("path", .text, .feature, "The touches' channels, joined by ' > '."),
    DatasetColumn("touches", .integer, .feature, "How many touches there are."),
    DatasetColumn("conversion", .boolean, .label, "Whether a purchase followed; null: too early."),
    DatasetColumn("converted_at", .time, .label, "The purchase."),
    DatasetColumn("value", .integer, .label, "Paid less refunded, in minor units."),
    DatasetColumn("currency", .text, .context, "The value's currency."),
    DatasetColumn("mature", .boolean, .context, "Whether the value can no longer change."),
    DatasetColumn("observed_through", .time, .context, "The latest time that was known."),
  ]
}
