/// The JSON paths that a mapping names, as a tree for each group of values.
struct JSONPaths: ~Copyable {
  struct Node {
    var firstChild: Int32 = 0
    var childCount: Int32 = 0
    /// The slot that takes the value found here, or -1.
    var reference: Int32 = -1
  }

  struct Child {
    var keyStart: Int32
    var keyCount: Int32
    var node: Int32
  }

  let nodes: UnsafeMutablePointer<Node>
  let children: UnsafeMutablePointer<Child>
  let keys: UnsafeMutablePointer<UInt8>
  /// The root node of each group.
  let roots: [Int]

  init(_ plan: Plan) {
    var builder = Builder()
    roots = plan.groups.indices.map { group in
      var branch = Branch()
      for (place, reference) in plan.references.enumerated() where reference.group == group {
        let path = reference.name.split(separator: ".").map { Array($0.utf8) }
        branch.insert(path[...], reference: Int32(place))
      }
      return builder.add(branch)
    }
    nodes = permanentCopy(builder.nodes)
    children = permanentCopy(builder.children)
    keys = permanentCopy(builder.keys)
  }

  deinit {
    nodes.deallocate()
    children.deallocate()
    keys.deallocate()
  }

  private struct Branch {
    var reference: Int32 = -1
    var children: [(key: [UInt8], branch: Branch)] = []

    mutating func insert(_ path: ArraySlice<[UInt8]>, reference: Int32) {
      guard let key = path.first else { return self.reference = reference }
      if let place = children.firstIndex(where: { $0.key == key }) {
        children[place].branch.insert(path.dropFirst(), reference: reference)
      } else {
        var branch = Branch()
        branch.insert(path.dropFirst(), reference: reference)
        children.append((key, branch))
      }
    }
  }

  private struct Builder {
    var nodes: [Node] = []
    var children: [Child] = []
    var keys: [UInt8] = []

    mutating func add(_ branch: Branch) -> Int {
      let own = branch.children.map { child in
        let node = add(child.branch)
        keys += child.key
        return Child(
          keyStart: Int32(keys.count - child.key.count), keyCount: Int32(child.key.count),
          node: Int32(node))
      }
      nodes.append(
        Node(
          firstChild: Int32(children.count), childCount: Int32(own.count),
          reference: branch.reference))
      children += own
      return nodes.count - 1
    }
  }
}

/// A copy of an array's plain values that stays in one place.
func permanentCopy<Element: BitwiseCopyable>(
  _ array: [Element]
) -> UnsafeMutablePointer<Element> {
  let copy = UnsafeMutablePointer<Element>.allocate(capacity: max(1, array.count))
  array.withUnsafeBufferPointer { buffer in
    if let base = buffer.baseAddress { copy.initialize(from: base, count: buffer.count) }
  }
  return copy
}
