import Events
import Sequences

/// The contract's rules in sentences.
enum ExplainReasons {
  static func text(_ rule: ActorRule) -> String {
    switch rule {
    case .order(let id, let owner):
      "it names order \(plainText(id)), and the order decides: " + text(owner, of: "order")
    case .ownCustomer(let customer): "it names customer \(plainText(customer)) itself"
    case .visitor(let id, let rule):
      "it names visitor \(plainText(id)): " + text(rule)
    case .cart(let id, let owner):
      "it names only cart \(plainText(id)): " + text(owner, of: "cart")
    case .nobody: "it names nobody: no customer, no visitor, no order or cart with an owner"
    }
  }

  static func text(_ rule: OwnerRule, of what: String) -> String {
    switch rule {
    case .customer(let customer, let place):
      "the \(what)'s earliest event with a customer, \(text(place)), names \(plainText(customer))"
    case .visitor(let visitor, let place, let rule):
      "no event of the \(what) names a customer; the earliest with a visitor, \(text(place)), "
        + "names \(plainText(visitor)): \(text(rule))"
    case .cart(let cart, let place, let owner):
      "its events name nobody, but one, \(text(place)), names cart \(plainText(cart)): "
        + text(owner, of: "cart")
    case .constant(let visitors, let customers, let limit):
      "the \(what)'s id is a constant: at least \(visitors) visitors and \(customers) customers "
        + "are named with it, the limit is \(limit)"
    case .nobody: "no event of the \(what) names anybody"
    }
  }

  static func text(_ rule: VisitorRule) -> String {
    switch rule {
    case .noLogin: "nobody ever logged in there, so the visitor stands for itself"
    case .stitchingIsOff: "stitching is off, so the visitor stands for itself"
    case .sharedTerminal(let customers, let limit):
      "at least \(customers) customers logged in there and the limit is \(limit): a shared "
        + "terminal, so the visitor stands for itself"
    case .login(let login): "the last login up to then is " + text(login)
    case .firstLogin(let login):
      "no login up to then, so the first one afterwards counts: " + text(login)
    }
  }

  private static func text(_ login: ExplainedLogin) -> String {
    let customer = plainText(login.customer)
    switch login.origin {
    case .event: return "\(customer) by \(text(login.place))"
    case .order(let id): return "\(customer) by order \(plainText(id)), \(text(login.place))"
    case .cart(let id): return "\(customer) by cart \(plainText(id)), \(text(login.place))"
    }
  }

  /// An event in a sentence: `e-17 (order, 2026-03-01 10:00:00)`.
  static func text(_ place: EventPlace) -> String {
    "\(plainText(place.eventID)) (\(place.role.name), \(momentText(place.time)))"
  }

  static func text(_ start: SequenceStart) -> String {
    switch start {
    case .first: "nothing came before it"
    case .afterPurchase(let id): "after \(plainText(id)), which was bought"
    case .afterAbandonment(let id): "after \(plainText(id)), which was abandoned"
    }
  }

  static func text(_ end: SequenceEnd) -> String {
    switch end {
    case .purchase(let time): "bought at \(momentText(time))"
    case .abandonment(let silence, let patience, let untilHorizon):
      "silence of \(span(silence)) "
        + (untilHorizon ? "until the last event known" : "until the next event")
        + ", more than the patience of \(span(patience))"
    case .stillOpen(let silence, let patience):
      "silence of \(span(silence)) so far, within the patience of \(span(patience)): "
        + "too early to tell"
    }
  }

  /// What the outcome, level and reason say together.
  static func outcome(_ sequence: ExplainedSequence) -> String {
    var text = "\(sequence.outcome.name) (\(sequence.level.name)"
    if let reason = sequence.reason { text += ", \(reason.name)" }
    return text + ")"
  }
}

/// A moment for eyes: `2026-03-01 10:00:00`, with milliseconds when there are some.
func momentText(_ microseconds: Int64) -> String {
  let text = timeText(microseconds).split(separator: "T", maxSplits: 1).joined(separator: " ")
  guard let dot = text.lastIndex(of: ".") else { return text }
  let milliseconds = text[text.index(after: dot)...].prefix(3)
  return text[..<dot] + (milliseconds == "000" ? "" : "." + milliseconds)
}

/// A span of microseconds for eyes: `250 ms`, `42 s`, `3 min 20 s`, `25 h 0 min`, `7 d 2 h`.
func span(_ microseconds: Int64) -> String {
  let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
  if seconds == 0 { return rest == 0 ? "0 s" : "\(rest / 1000) ms" }
  if seconds < 60 { return "\(seconds) s" }
  if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
  if seconds < 172_800 { return "\(seconds / 3600) h \(seconds % 3600 / 60) min" }
  return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
}

/// Bytes of an id for a terminal: control characters cannot act there.
func plainText(_ bytes: [UInt8]) -> String {
  var text = ""
  for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
    if scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) {
      text += "\\u{" + String(scalar.value, radix: 16) + "}"
    } else {
      text.unicodeScalars.append(scalar)
    }
  }
  return text
}

/// Words in lines of at most `width` columns, each beginning with `indent` spaces.
func wrapped(_ text: String, indent: Int, width: Int = 80) -> [String] {
  let margin = String(repeating: " ", count: indent)
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    if !line.isEmpty && indent + line.count + 1 + word.count > width {
      lines.append(margin + line)
      line = ""
    }
    line += (line.isEmpty ? "" : " ") + word
  }
  if !line.isEmpty { lines.append(margin + line) }
  return lines
}
