// The dictionary of a chunk: when it is used, when it is given up, and its own page.
//
// Strings are coded as they come; numbers are staged as they are and coded when the page is full.

extension ColumnChunkWriter {
  /// Before a page: codes staged numbers, and gives the dictionary up when it does not pay.
  func settleDictionary() throws(ParquetError) {
    if case .words(let width) = layout {
      let known = wordDictionary.count
      let limit = options.dictionaryByteLimit / width
      codes.removeAll()
      let fits =
        width == 4
        ? wordDictionary.encode(
          values.rawBytes.bindMemory(to: UInt32.self), limit: limit, to: &codes)
        : wordDictionary.encode(
          values.rawBytes.bindMemory(to: UInt64.self), limit: limit, to: &codes)
      if !fits || isDictionaryUseless {
        // Earlier pages keep the values they know; this page and later ones do without.
        wordDictionary.truncate(to: known)
        codes.removeAll()
        usesDictionary = false
      }
    } else if isDictionaryUseless {
      unpackCodes()
    }
  }

  /// Whether the first page is no smaller with a dictionary; asked in automatic mode only.
  private var isDictionaryUseless: Bool {
    guard options.encoding == .automatic, pages.isEmpty, codes.count > 0 else { return false }
    let width = bitWidth(of: UInt64(max(dictionaryCount - 1, 0)))
    let indexByteCount = codes.count * width / 8
    switch layout {
    case .words(let size):
      return wordDictionary.count * size + indexByteCount >= codes.count * size
    case .fixedBytes(let size):
      return byteDictionary.plain.count + indexByteCount >= codes.count * size
    default: return byteDictionary.plain.count + indexByteCount >= fill.bytes
    }
  }

  /// Gives up a full dictionary of strings between two rows.
  func leaveDictionary() throws(ParquetError) {
    if pages.isEmpty {
      unpackCodes()
    } else {
      try flushPage()
      usesDictionary = false
    }
  }

  /// Stages the strings behind the codes of a first page, and forgets the dictionary.
  private func unpackCodes() {
    usesDictionary = false
    for index in 0..<codes.count {
      let string = byteDictionary.string(Int(codes[index]))
      if layout == .strings {
        if directEncoding == .plain {
          values.append(littleEndian: UInt32(truncatingIfNeeded: string.count))
        }
        lengths.append(Int32(truncatingIfNeeded: string.count))
      }
      values.append(bytes: string)
    }
    codes.removeAll()
    byteDictionary.removeAll()
  }

  func appendDictionary(to output: inout GrowableBytes) {
    if case .words(let width) = layout {
      wordDictionary.appendPlain(width: width, to: &output)
    } else {
      output.append(bytes: byteDictionary.plain.rawBytes)
    }
  }

  func storedDictionary() throws(ParquetError) -> StoredPage? {
    guard let recipe else { return nil }
    encoded.removeAll()
    appendDictionary(to: &encoded)
    return try recipe.stored(
      encoded.rawBytes, levelByteCount: 0,
      kind: .dictionary(PageHeader.Dictionary(valueCount: dictionaryCount, encoding: .plain)))
  }

  // MARK: Bounds

  /// The bounds of the staged values, if the options ask for them now.
  func pageBounds() -> Bounds? {
    guard order != .none, stagedCount > 0 else { return nil }
    switch options.statistics {
    case .none: return nil
    case .chunk: if usesDictionary { return nil }
    case .page: break
    }
    switch layout {
    case .bits: return Bounds.ofFixed(values.rawBytes, width: 1, order: order)
    case .words(let width): return Bounds.ofFixed(values.rawBytes, width: width, order: order)
    case .fixedBytes(let width):
      if usesDictionary { return codedBounds() }
      return Bounds.ofFixed(values.rawBytes, width: width, order: order)
    case .strings: return usesDictionary ? codedBounds() : stagedStringBounds()
    }
  }

  /// Looks at every string of the page once, however often it occurs.
  private func codedBounds() -> Bounds? {
    let page = UInt32(truncatingIfNeeded: pages.count + 1)
    if stamps.count < byteDictionary.count {
      stamps.append(repeating: 0, count: byteDictionary.count - stamps.count)
    }
    var finder = ByteBounds(order: order)
    let codeBase = codes.base
    let stampBase = stamps.base
    for index in 0..<codes.count {
      let code = Int(codeBase[index])
      if stampBase[code] != page {
        stampBase[code] = page
        finder.add(byteDictionary.string(code))
      }
    }
    return finder.bounds
  }

  private func stagedStringBounds() -> Bounds? {
    var finder = ByteBounds(order: order)
    let prefix = directEncoding == .plain ? 4 : 0
    let raw = UnsafeRawPointer(values.base)
    var offset = 0
    for index in 0..<lengths.count {
      let length = Int(lengths[index])
      offset += prefix
      finder.add(UnsafeRawBufferPointer(start: raw + offset, count: length))
      offset += length
    }
    return finder.bounds
  }

  /// The bounds of all distinct values.
  func dictionaryBounds() -> Bounds? {
    guard order != .none else { return nil }
    if case .words(let width) = layout {
      encoded.removeAll()
      wordDictionary.appendPlain(width: width, to: &encoded)
      return Bounds.ofFixed(encoded.rawBytes, width: width, order: order)
    }
    var finder = ByteBounds(order: order)
    for code in 0..<byteDictionary.count { finder.add(byteDictionary.string(code)) }
    return finder.bounds
  }
}
