/// A value found at a path: bytes of the object, or unescaped text that lies beside it.
///
/// - Shape: valid until the next capture.
package struct CapturedValue {
  /// What the value is in JSON; null counts as no value at all.
  package enum Kind: Sendable { case absent, text, number, boolean, structure }

  package let kind: Kind
  package let bytes: UnsafeBufferPointer<UInt8>
}

/// Takes values at fixed paths out of one JSON object after the other, in one strict pass each.
///
/// - Shape: group 0 holds dotted paths of the object itself; every further group those of the
///   elements of some array. Where a key is repeated the last one counts.
package struct PathCapture: ~Copyable {
  private let paths: JSONPaths
  private var values: RecordValues
  private let firstSlots: [Int]

  /// - Parameter groups: the paths of each group; a value is asked for by its place in them.
  package init(groups: [[String]]) {
    var plan = Plan()
    plan.groups = Array(repeating: JSONGroup(), count: groups.count)
    var firstSlots: [Int] = []
    for (group, names) in groups.enumerated() {
      firstSlots.append(plan.references.count)
      for name in names {
        plan.references.append(
          ColumnReference(name: name, index: -1, group: group, line: 0, column: 0))
      }
    }
    self.firstSlots = firstSlots
    paths = JSONPaths(plan)
    values = RecordValues(slotCount: plan.references.count)
  }

  /// Reads exactly one JSON object, with white space around it; false when it is anything else.
  package mutating func capture(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    values.begin(byteCount: text.count)
    guard let base = text.baseAddress else { return false }
    var cursor = JSONCursor(base, from: 0, to: text.count)
    cursor.skipSpace()
    guard cursor.capture(paths.roots[0], paths, &values) else { return false }
    cursor.skipSpace()
    return cursor.index == text.count
  }

  /// The value at a path of a group.
  package func value(_ place: Int, group: Int = 0) -> CapturedValue {
    let slot = values.slots[firstSlots[group] + place]
    guard slot.count >= 0 else {
      return CapturedValue(kind: .absent, bytes: UnsafeBufferPointer(start: nil, count: 0))
    }
    let kind: CapturedValue.Kind =
      switch slot.kind {
      case .text: .text
      case .number: .number
      case .boolean: .boolean
      case .structure: .structure
      }
    return CapturedValue(kind: kind, bytes: slot.bytes)
  }

  /// Goes through the elements of a captured array, filling the group's values for each.
  ///
  /// - Parameter body: gets the element's bytes, and whether it is an object whose values are
  ///   ready; it may look at the values of earlier groups too.
  /// - Errors: false when the value is not an array.
  package mutating func forEachElement(
    of array: CapturedValue, group: Int,
    _ body: (_ capture: inout PathCapture, _ element: UnsafeBufferPointer<UInt8>, _ isObject: Bool)
      -> Void
  ) -> Bool {
    guard array.kind == .structure, let base = array.bytes.baseAddress else { return false }
    var cursor = JSONCursor(base, from: 0, to: array.bytes.count)
    guard cursor.take("[") else { return false }
    cursor.skipSpace()
    if cursor.take("]") { return true }
    let mark = values.scratchCount
    while true {
      cursor.skipSpace()
      values.rewind(to: mark)
      clear(paths.roots[group])
      let start = cursor.index
      var element = JSONCursor(base, from: start, to: array.bytes.count)
      let isObject = element.capture(paths.roots[group], paths, &values)
      guard cursor.skipValue() else { return false }
      body(&self, UnsafeBufferPointer(rebasing: array.bytes[start..<cursor.index]), isObject)
      cursor.skipSpace()
      guard cursor.take(",") else { return true }
    }
  }

  private func clear(_ node: Int) {
    let entry = paths.nodes[node]
    if entry.reference >= 0 { values.slots[Int(entry.reference)] = .absent }
    for place in entry.firstChild..<entry.firstChild + entry.childCount {
      clear(Int(paths.children[Int(place)].node))
    }
  }
}
