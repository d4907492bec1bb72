import Files

/// What a simulated disk holds: every name and byte twice, as written and as durable.
struct DiskState: Sendable {
  /// - Concurrency: `@unchecked` because files are touched under the disk's mutex only.
  final class File: @unchecked Sendable {
    var written: [UInt8] = []
    var durable: [UInt8] = []
  }

  enum Entry: Sendable {
    case file(File)
    case directory

    func isSame(as other: Entry?) -> Bool {
      switch (self, other) {
      case (.file(let left), .file(let right)): left === right
      case (.directory, .directory): true
      default: false
      }
    }
  }

  struct Directory: Sendable {
    var written: [String: Entry] = [:]
    var durable: [String: Entry] = [:]
  }

  var directories: [String: Directory] = [:]
  var lockedPaths: Set<String> = []
  /// Paths with shares in their lock, and how many.
  var sharedPaths: [String: Int] = [:]
  var faults: [Int: SimulatedFileSystem.Fault]
  var callCount = 0
  var calls: [String] = []
  var hasCrashed = false
  private var randomState: UInt64
  /// Directories that were renamed since the last start.
  private var moves: [(path: String, newPath: String)] = []

  init(directory: String, seed: UInt64, faults: [Int: SimulatedFileSystem.Fault]) {
    self.faults = faults
    randomState = seed
    directories[""] = Directory()
    var path = ""
    for name in directory.split(separator: "/") {
      directories[path]?.written[String(name)] = .directory
      directories[path]?.durable[String(name)] = .directory
      path += "/" + name
      directories[path] = Directory()
    }
  }

  /// SplitMix64: the same seed tears the same bytes.
  mutating func random(below bound: Int) -> Int {
    randomState &+= 0x9e37_79b9_7f4a_7c15
    var mixed = randomState
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return Int((mixed ^ mixed >> 31) % UInt64(max(bound, 1)))
  }

  /// Counts a call and throws what the schedule has for it.
  mutating func call(_ operation: String, _ path: String) throws(FileError) {
    if hasCrashed { throw crashed(operation, path) }
    let fault = faults[callCount]
    callCount += 1
    calls.append("\(operation) \(path)")
    switch fault {
    case .crash:
      hasCrashed = true
      throw crashed(operation, path)
    case .noSpace where ["write", "create", "make directory", "synchronise"].contains(operation):
      throw simulatedError(operation, path, .noSpace, "no space left on device")
    case .failure: throw simulatedError(operation, path, .other(code: 5), "input/output error")
    case .shortRead where operation == "read":
      throw simulatedError(operation, path, .shortRead, "the file ends before")
    default: return
    }
  }

  private func crashed(_ operation: String, _ path: String) -> FileError {
    simulatedError(operation, path, .other(code: 0), "the machine has stopped")
  }

  func file(_ path: String) -> File? {
    let (parent, name) = split(path)
    if case .file(let file)? = directories[parent]?.written[name] { return file }
    return nil
  }

  mutating func makeDirectory(_ path: String) throws(FileError) {
    if directories[path] != nil { return }
    let (parent, name) = split(path)
    try makeDirectory(parent)
    if directories[parent]?.written[name] != nil {
      throw simulatedError("make directory", path, .exists, "a file is there")
    }
    directories[parent]?.written[name] = .directory
    directories[path] = Directory()
  }

  mutating func create(_ path: String) throws(FileError) -> File {
    let (parent, name) = split(path)
    guard let directory = directories[parent] else {
      throw simulatedError("create", path, .notFound, "no such directory")
    }
    if directory.written[name] != nil {
      throw simulatedError("create", path, .exists, "file exists")
    }
    let file = File()
    directories[parent]?.written[name] = .file(file)
    return file
  }

  mutating func rename(_ path: String, to newPath: String) throws(FileError) {
    let (parent, name) = split(path)
    let (newParent, newName) = split(newPath)
    guard let entry = directories[parent]?.written[name], directories[newParent] != nil
    else { throw simulatedError("rename", path, .notFound, "no such file or directory") }
    if case .directory = entry {
      guard directories[newParent]?.written[newName] == nil else {
        throw simulatedError("rename", newPath, .exists, "the name is taken")
      }
      copyTree(path, to: newPath)
      directories = directories.filter { !isBelow($0.key, path) }
      moves.append((path, newPath))
    }
    directories[parent]?.written[name] = nil
    directories[newParent]?.written[newName] = entry
  }

  private func isBelow(_ path: String, _ top: String) -> Bool {
    path == top || path.hasPrefix(top + "/")
  }

  private mutating func copyTree(_ path: String, to newPath: String) {
    for (key, directory) in directories where isBelow(key, path) {
      directories[newPath + key.dropFirst(path.count)] = directory
    }
  }

  /// A directory whose old name survived a crash has its content under that name too.
  private mutating func undoMoves() {
    for (path, newPath) in moves.reversed() where directories[path] == nil {
      let (parent, name) = split(path)
      if case .directory? = directories[parent]?.written[name] { copyTree(newPath, to: path) }
    }
    moves = []
  }

  mutating func remove(_ path: String) throws(FileError) {
    let (parent, name) = split(path)
    guard let entry = directories[parent]?.written[name] else {
      throw simulatedError("remove", path, .notFound, "no such file")
    }
    if case .directory = entry {
      guard directories[path]?.written.isEmpty == true else {
        throw simulatedError("remove", path, .other(code: 39), "directory not empty")
      }
      directories[path] = nil
    }
    directories[parent]?.written[name] = nil
  }

  mutating func synchronizeDirectory(_ path: String) throws(FileError) {
    guard let directory = directories[path] else {
      throw simulatedError("synchronise directory", path, .notFound, "no such directory")
    }
    directories[path]?.durable = directory.written
  }

  mutating func unlock(_ path: String, isShared: Bool) {
    if !isShared {
      lockedPaths.remove(path)
    } else if let count = sharedPaths[path] {
      sharedPaths[path] = count > 1 ? count - 1 : nil
    }
  }

  /// Takes away what was not durable, each piece by a throw of the dice.
  mutating func restart(faults: [Int: SimulatedFileSystem.Fault]) {
    for path in directories.keys.sorted() { tearNames(path) }
    undoMoves()
    var reachable: Set<String> = [""]
    for path in directories.keys.sorted() where reachable.contains(path) {
      for (name, entry) in directories[path]?.written ?? [:] {
        if case .directory = entry { reachable.insert(path + "/" + name) }
      }
    }
    directories = directories.filter { reachable.contains($0.key) }
    for path in reachable where directories[path] == nil { directories[path] = Directory() }
    tearBytes()
    lockedPaths = []
    sharedPaths = [:]
    hasCrashed = false
    callCount = 0
    calls = []
    self.faults = faults
  }

  private mutating func tearNames(_ path: String) {
    guard let directory = directories[path] else { return }
    var kept = directory.durable
    let names = Set(directory.written.keys).union(directory.durable.keys).sorted()
    for name in names {
      let written = directory.written[name]
      if let written, written.isSame(as: directory.durable[name]) { continue }
      if random(below: 2) == 0 { kept[name] = written }
    }
    directories[path] = Directory(written: kept, durable: kept)
  }

  private mutating func tearBytes() {
    for path in directories.keys.sorted() {
      let entries = (directories[path]?.written ?? [:]).sorted { $0.key < $1.key }
      for case (_, .file(let file)) in entries where file.written != file.durable {
        switch random(below: 4) {
        case 0: file.written = file.durable
        case 1: break
        case 2:
          let extra = file.written.count - file.durable.count
          file.written = Array(file.written.prefix(file.durable.count + random(below: extra + 1)))
        default:
          for index in file.durable.count..<file.written.count where index % 512 < 256 {
            file.written[index] = 0
          }
        }
        file.durable = file.written
      }
    }
  }

  private func split(_ path: String) -> (parent: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}
