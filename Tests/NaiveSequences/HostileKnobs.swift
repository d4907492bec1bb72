/// How often each family of hostile things comes, in percent.
package struct HostileKnobs {
  /// Times at exactly a span of the options after another event, and a microsecond to either side.
  package var boundaries = 30
  /// Equal times, so that ranks, ids and sources decide.
  package var ties = 15
  /// Paths that name a customer beside the visitor.
  package var logins = 25
  /// Ids shared by more visitors or customers than the hub limit.
  package var hubs = 10
  /// An order, cart or item of another event instead of the path's own.
  package var crossings = 15
  /// Events that carry no id of a person at all.
  package var nobody = 7
  /// Lines, negative quantities, zero, absent item ids.
  package var cartArithmetic = 30
  /// Successes without order, amount or payment id, told twice, in other currencies.
  package var strangePayments = 40
  /// Fulfilments, refunds, cancels and machine events.
  package var aftermath = 20
  /// Amounts near the ends of 64 bits and quantities near those of 32.
  package var hugeNumbers = 5
  /// Lines of the recorded form, also with `recorded_at` before `time`.
  package var recorded = 20
  /// Junk ids, empty strings, nulls.
  package var junkIDs = 8
  /// Ids written as JSON numbers.
  package var numberIDs = 8
  /// Composed and decomposed letters, long code points, odd spaces.
  package var unicode = 10
  /// Topics that only the user's table names, or that no table names.
  package var otherTopics = 12
  /// Fragments of paths that belong together, rather than single events.
  package var scripts = 60
  /// Spaces, escapes, shuffled and repeated keys, other forms of the same time.
  package var textForms = 15
  /// Lines told again byte for byte.
  package var redeliveries = 5
  /// Known ids with another body, or in another wrapper: here the order of arrival matters.
  package var conflicts = 0
  /// Lines that break a rule.
  package var rejects = 0
  /// CR LF, blank lines, a byte-order mark.
  package var fileForms = 0

  /// The default mixture.
  package init() {}

  /// Nothing hostile in the writing: one text for one message.
  static var plain: HostileKnobs {
    var knobs = HostileKnobs()
    knobs.textForms = 0
    return knobs
  }

  /// A mixture of its own for each seed: every family off, rare, usual or frequent.
  ///
  /// Conflicts, rejects and file forms stay off: turn them on where arrival order is fixed.
  package init(seed: UInt64) {
    var random = SplitMix64(seed: seed ^ 0x6B6E_6F62)
    func level(_ usual: Int) -> Int {
      random.pick([0, usual / 3 + 1, usual, usual, min(90, usual * 3)])
    }
    boundaries = level(30)
    ties = level(15)
    logins = level(25)
    hubs = level(10)
    crossings = level(15)
    nobody = level(7)
    cartArithmetic = level(30)
    strangePayments = level(40)
    aftermath = level(20)
    hugeNumbers = level(5)
    recorded = level(20)
    junkIDs = level(8)
    numberIDs = level(8)
    unicode = level(10)
    otherTopics = level(12)
    scripts = level(60)
    textForms = level(15)
    redeliveries = level(5)
  }

  /// The same knobs with everything on that only makes sense for a file read in its order.
  package func withFileTroubles() -> HostileKnobs {
    var knobs = self
    knobs.conflicts = 8
    knobs.rejects = 12
    knobs.fileForms = 20
    return knobs
  }
}
