// From staged values to a page: encode, bound, join with the levels, compress or leave pending.

extension ColumnChunkWriter {
  /// How many values are staged, nulls not counted.
  var stagedCount: Int {
    if usesDictionary, !layout.isWords { return codes.count }
    switch layout {
    case .strings: return lengths.count
    case .fixedBytes(let width), .words(let width): return values.count / width
    case .bits: return values.count
    }
  }

  /// Ends the page in the making, if it has rows.
  func flushPage() throws(ParquetError) {
    guard fill.rows > 0 else { return }
    if usesDictionary { try settleDictionary() }
    let present = stagedCount
    let valueCount = column.maxDefinitionLevel > 0 ? definition.count : present
    // Without values there is nothing to encode, and an empty PLAIN page says so in no bytes.
    let encoding =
      present == 0 ? .plain : usesDictionary ? Encoding.rleDictionary : directEncoding
    let bounds = pageBounds()
    addFilterHashes()

    body.removeAll()
    let isV1 = options.dataPageVersion == .v1
    appendLevels(
      repetition.elements, maximum: column.maxRepetitionLevel, hasLengthPrefix: isV1,
      scratch: &wideLevels, to: &body)
    let repetitionByteCount = body.count
    appendLevels(
      definition.elements, maximum: column.maxDefinitionLevel, hasLengthPrefix: isV1,
      scratch: &wideLevels, to: &body)
    let levelByteCount = body.count
    let kind: PageHeader.Kind =
      isV1
      ? .dataV1(PageHeader.DataV1(valueCount: valueCount, encoding: encoding))
      : .dataV2(
        PageHeader.DataV2(
          valueCount: valueCount, nullCount: valueCount - present, rowCount: fill.rows,
          encoding: encoding, definitionLevelByteCount: levelByteCount - repetitionByteCount,
          repetitionLevelByteCount: repetitionByteCount))
    appendValues(encoding)
    let page = try seal(kind, encoding, levelByteCount: isV1 ? 0 : levelByteCount)
    pages.append(
      PageSummary(
        page: page, rowCount: fill.rows, valueCount: valueCount,
        nullCount: valueCount - present, encoding: encoding, bounds: bounds))
    clearStage()
  }

  private func clearStage() {
    values.removeAll()
    values.append(repeating: 0, count: headroom)
    lengths.removeAll()
    codes.removeAll()
    definition.removeAll()
    repetition.removeAll()
    fill.rows = 0
    fill.bytes = 0
  }

  /// Whether a page ends with the staged values as they are, so that they need not be moved first.
  private func endsAsStaged(_ encoding: Encoding) -> Bool {
    switch encoding {
    case .plain: layout != .bits
    case .deltaLengthByteArray: true
    default: false
    }
  }

  /// Appends the encoded values to `body`, but for staged bytes that end the page as they are.
  private func appendValues(_ encoding: Encoding) {
    switch encoding {
    case .rleDictionary:
      let width = bitWidth(of: UInt64(max(dictionaryCount - 1, 0)))
      body.append(UInt8(width))
      appendHybrid(codes.base, count: codes.count, width: width, to: &body)
    case .plain:
      if layout == .bits { appendBitmap(values.base, count: values.count, to: &body) }
    case .rle:
      let lengthOffset = body.count
      body.append(littleEndian: 0)
      appendHybridBits(values.base, count: values.count, to: &body)
      let length = UInt32(body.count - lengthOffset - 4)
      UnsafeMutableRawPointer(body.base + lengthOffset).storeBytes(
        of: length.littleEndian, as: UInt32.self)
    case .deltaBinaryPacked:
      if layout == .words(4) {
        appendDeltaBinaryPacked(values.rawBytes.bindMemory(to: Int32.self), to: &body)
      } else {
        appendDeltaBinaryPacked(values.rawBytes.bindMemory(to: Int64.self), to: &body)
      }
    case .deltaLengthByteArray:
      appendDeltaBinaryPacked(lengths.elements, to: &body)
    case .deltaByteArray:
      if case .fixedBytes(let width) = layout {
        lengths.append(repeating: Int32(width), count: values.count / width)
      }
      appendDeltaByteArray(lengths: lengths.elements, bytes: values.rawBytes, to: &body)
    default:
      appendByteStreamSplit(values.rawBytes, width: column.valueByteCount ?? 1, to: &body)
    }
  }

  /// Compresses a page now, or leaves that for later; the first page settles the chunk's codec.
  private func seal(
    _ kind: PageHeader.Kind, _ encoding: Encoding, levelByteCount: Int
  ) throws(ParquetError) -> PendingPage {
    let tail =
      endsAsStaged(encoding)
      ? UnsafeRawBufferPointer(rebasing: values.rawBytes[headroom...])
      : UnsafeRawBufferPointer(start: nil, count: 0)
    if options.defersCompression, let recipe {
      let page = bodies.take()
      if !tail.isEmpty, body.count <= headroom {
        page.start = headroom - body.count
        UnsafeMutableRawPointer(values.base + page.start).copyMemory(
          from: body.base, byteCount: body.count)
        swap(&values, &page.bytes)
      } else {
        page.bytes.append(bytes: body.rawBytes)
        page.bytes.append(bytes: tail)
      }
      finishedByteCount += page.content.count
      return PendingPage(recipe, kind, levelByteCount: levelByteCount, body: page, from: bodies)
    }
    if !tail.isEmpty, body.count > 0 { body.append(bytes: tail) }
    let bytes = !tail.isEmpty && body.count == 0 ? tail : body.rawBytes
    let recipe = try settledRecipe(firstPage: bytes)
    finishedByteCount += bytes.count
    if options.defersCompression {
      let page = bodies.take()
      page.bytes.append(bytes: bytes)
      return PendingPage(recipe, kind, levelByteCount: levelByteCount, body: page, from: bodies)
    }
    let page = try recipe.stored(bytes, levelByteCount: levelByteCount, kind: kind)
    return PendingPage(recipe, kind, done: page)
  }

  /// Whether the chunk is compressed is settled by a trial on the start of its first page, and of
  /// its dictionary: a rule of the values alone, so it is the same in every run.
  private func settledRecipe(
    firstPage: UnsafeRawBufferPointer
  ) throws(ParquetError) -> PageRecipe {
    if let recipe { return recipe }
    let wanted = PageRecipe(
      options.compression, replacement: options.compressor,
      writesChecksums: options.writesChecksums)
    var chosen = wanted
    let trialByteCount = 1 << 16
    if options.compression != .uncompressed, options.minimumSavingPercent > 0,
      firstPage.count >= 256
    {
      let start = UnsafeRawBufferPointer(rebasing: firstPage.prefix(trialByteCount))
      var before = start.count
      var after = try wanted.compressed(start).count
      if usesDictionary {
        encoded.removeAll()
        appendDictionary(to: &encoded)
        let words = UnsafeRawBufferPointer(rebasing: encoded.rawBytes.prefix(trialByteCount))
        before += words.count
        after += try wanted.compressed(words).count
      }
      if after * 100 > before * (100 - options.minimumSavingPercent) {
        chosen = PageRecipe(
          .uncompressed, replacement: nil, writesChecksums: options.writesChecksums)
      }
    }
    recipe = chosen
    return chosen
  }
}

extension ColumnChunkWriter.Layout {
  var isWords: Bool { if case .words = self { true } else { false } }
}
