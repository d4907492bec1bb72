import Mappings

/// Tells by the body which vocabulary a message is of that is not the contract's form.
///
/// Subjects are not asked: two vocabularies share them on Hanzo's event plane.
struct Recognition: ~Copyable {
  enum Vocabulary { case commerce, event, call }

  private enum Path: Int, CaseIterable {
    case specversion, signal, org, id, name, time, organization, timestamp, type
    case messageID, user, anonymous, previous, batch

    static let names = [
      "specversion", "signal", "org", "id", "name", "time", "organization_id", "timestamp", "type",
      "messageId", "userId", "anonymousId", "previousId", "batch",
    ]
  }

  private static let callTypes = ["track", "page", "screen", "identify", "alias", "group"]
  private var capture = PathCapture(groups: [Path.names, ["type"]])

  /// The vocabulary, or nil: then the contract's verdict stands.
  mutating func vocabulary(of message: UnsafeBufferPointer<UInt8>) -> Vocabulary? {
    guard capture.capture(message), !has(.specversion) else { return nil }
    if isText(.org) && (has(.signal) || has(.id) && has(.name) && has(.time)) { return .event }
    if isText(.organization) && isText(.type) && has(.timestamp) { return .commerce }
    if isCall(capture.value(Path.type.rawValue)) {
      let isOne = has(.messageID) || has(.user) || has(.anonymous) || has(.previous)
      return isOne ? .call : nil
    }
    let batch = capture.value(Path.batch.rawValue)
    guard batch.kind == .structure else { return nil }
    var isBatch = false
    let isArray = capture.forEachElement(of: batch, group: 1) { capture, _, isObject in
      if isObject, Recognition.isCall(capture.value(0, group: 1)) { isBatch = true }
    }
    return isArray && isBatch ? .call : nil
  }

  private func has(_ path: Path) -> Bool { capture.value(path.rawValue).kind != .absent }

  private func isText(_ path: Path) -> Bool { capture.value(path.rawValue).kind == .text }

  private func isCall(_ type: CapturedValue) -> Bool { Recognition.isCall(type) }

  private static func isCall(_ type: CapturedValue) -> Bool {
    type.kind == .text && callTypes.contains { type.bytes.elementsEqual($0.utf8) }
  }
}
