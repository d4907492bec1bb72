package import Events

extension MessageDecoding {
  /// Decodes whole lines of a file that lie in a batch's `text`.
  ///
  /// With `.auto` a message of another vocabulary is one of ours when the contract refuses it for
  /// want of an envelope and its body is clearly of a vocabulary. Without `readsPlainLines` that
  /// holds in lines of the recorded form only: they come from a ledger, which may have such
  /// messages, while a plain line is the contract's or a fault.
  /// - Shape: as of `EventDecoder`.
  /// - Returns: how many records a mapping's rules passed over.
  @discardableResult
  package func decode(
    _ batch: inout EventBatch, byteCount: Int, firstLine: Int64, origin: [UInt8],
    importClock: Int64, recordedAtPolicy: RecordedAtPolicy, readsPlainLines: Bool
  ) -> Int {
    if isContractFirst {
      decoder.decode(
        &batch, byteCount: byteCount, firstLine: firstLine, importClock: importClock,
        recordedAtPolicy: recordedAtPolicy)
      if isDone(batch) { return 0 }
    }
    let refused = isContractFirst ? Set(batch.rejects.filter(\.mayBeTranslated).map(\.start)) : nil
    cut(&batch, byteCount)
    var sources: [Source] = []
    var candidates: [Int] = []
    var position = firstLine
    forEachLine(batch.text, byteCount, skipsMark: firstLine == 1) { line in
      defer { position += 1 }
      if batch.text[line].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return }
      if refused.map({ $0.contains(UInt32(line.lowerBound)) }) ?? true {
        candidates.append(sources.count)
      }
      sources.append(Source(line: line, position: position))
    }
    find(candidates, &sources, batch.text, origin, readsPlainLines: readsPlainLines)
    return decode(
      &batch, sources, lineCount: Int(position - firstLine), importClock: importClock,
      recordedAtPolicy: recordedAtPolicy)
  }

  /// Decodes lines of the recorded form that are told apart by their places, so that a message may
  /// hold line feeds.
  ///
  /// - Shape: a line feed follows each of them in the text.
  /// - Returns: how many records a mapping's rules passed over.
  package func decode(
    _ batch: inout EventBatch, recordedLines lines: [Range<Int>], byteCount: Int, firstLine: Int64,
    origin: [UInt8], importClock: Int64, recordedAtPolicy: RecordedAtPolicy
  ) -> Int {
    var sources = lines.enumerated().map {
      Source(line: $0.element, position: firstLine + Int64($0.offset))
    }
    cut(&batch, byteCount)
    var refused: Set<UInt32>?
    if isContractFirst {
      decoder.decode(
        &batch, items: sources.map(\.item), lineCount: lines.count, importClock: importClock,
        recordedAtPolicy: recordedAtPolicy)
      if isDone(batch) { return 0 }
      refused = Set(batch.rejects.filter(\.mayBeTranslated).map(\.start))
      cut(&batch, byteCount)
    }
    let candidates = sources.indices.filter {
      refused?.contains(UInt32(lines[$0].lowerBound)) ?? true
    }
    find(candidates, &sources, batch.text, origin, readsPlainLines: false)
    return decode(
      &batch, sources, lineCount: lines.count, importClock: importClock,
      recordedAtPolicy: recordedAtPolicy)
  }

  /// Whether messages are the contract's unless it refuses them.
  private var isContractFirst: Bool {
    switch options.choice {
    case .auto, .cloudEvents: true
    default: false
    }
  }

  /// Whether what the contract's decoder has made of a batch stands.
  private func isDone(_ batch: EventBatch) -> Bool {
    if case .cloudEvents = options.choice { return true }
    return !batch.rejects.contains(where: \.mayBeTranslated)
  }

  /// Drops what a decoding put behind the lines. A byte below U+0020 ends the text then, and wide
  /// loads may go on behind it.
  private func cut(_ batch: inout EventBatch, _ byteCount: Int) {
    batch.text.removeLast(batch.text.count - byteCount)
    batch.text.append(contentsOf: repeatElement(0x0a, count: EventBatch.slackByteCount))
  }

  /// Finds the messages to translate in some of the lines.
  private func find(
    _ candidates: [Int], _ sources: inout [Source], _ text: [UInt8], _ origin: [UInt8],
    readsPlainLines: Bool
  ) {
    let forms = decoder.forms(ofLines: candidates.map { sources[$0].message }, in: text)
    for (index, form) in zip(candidates, forms) {
      switch form {
      case .recorded(let wrapper): sources[index].unwrap(wrapper, origin)
      case .plain where readsPlainLines:
        sources[index].place = MessagePlace(
          origin: origin, position: sources[index].position, recordedAt: nil)
      case .plain, .broken: break
      }
    }
  }

  /// Calls `body` with every line, without its end, blank ones included.
  private func forEachLine(
    _ text: [UInt8], _ byteCount: Int, skipsMark: Bool, _ body: (Range<Int>) -> Void
  ) {
    var start = skipsMark && text[..<byteCount].starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    // A mark alone is a line too.
    if start == 3, byteCount == 3 { return body(3..<3) }
    while start < byteCount {
      let end = text[start..<byteCount].firstIndex(of: 0x0a) ?? byteCount
      let isCR = end > start && text[end - 1] == 0x0d
      body(start..<(isCR ? end - 1 : end))
      start = end + 1
    }
  }
}

extension MessageDecoding.Source {
  /// A line of a file.
  fileprivate init(line: Range<Int>, position: Int64) {
    self.init(message: line, refused: line, position: position)
    isLine = true
  }

  /// Makes the message inside a line of the recorded form the one to translate.
  fileprivate mutating func unwrap(_ wrapper: RecordedWrapper, _ origin: [UInt8]) {
    self.wrapper = wrapper
    message = wrapper.message
    place = MessagePlace(
      origin: wrapper.origin ?? origin, position: wrapper.position ?? position,
      recordedAt: wrapper.recordedAt)
  }
}
