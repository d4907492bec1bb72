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
    let isContractFirst =
      switch options.choice {
      case .auto, .cloudEvents: true
      default: false
      }
    if isContractFirst {
      decoder.decode(
        &batch, byteCount: byteCount, firstLine: firstLine, importClock: importClock,
        recordedAtPolicy: recordedAtPolicy)
      if case .cloudEvents = options.choice { return 0 }
      guard batch.rejects.contains(where: \.mayBeTranslated) else { return 0 }
    }
    let refused = isContractFirst ? Set(batch.rejects.filter(\.mayBeTranslated).map(\.start)) : nil
    batch.text.removeLast(batch.text.count - byteCount)
    // A byte below U+0020 ends the text, and wide loads may go on behind it.
    batch.text.append(contentsOf: repeatElement(0x0a, count: EventBatch.slackByteCount))
    var sources: [Source] = []
    var candidates: [Int] = []
    var position = firstLine
    forEachLine(batch.text, byteCount, skipsMark: firstLine == 1) { line in
      defer { position += 1 }
      if batch.text[line].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return }
      var source = Source(message: line, refused: line, position: position)
      source.isLine = true
      if refused.map({ $0.contains(UInt32(line.lowerBound)) }) ?? true {
        candidates.append(sources.count)
      }
      sources.append(source)
    }
    let forms = decoder.forms(ofLines: candidates.map { sources[$0].message }, in: batch.text)
    for (index, form) in zip(candidates, forms) {
      switch form {
      case .recorded(let wrapper): sources[index].unwrap(wrapper, origin)
      case .plain where readsPlainLines:
        sources[index].place = MessagePlace(
          origin: origin, position: sources[index].position, recordedAt: nil)
      case .plain, .broken: break
      }
    }
    return decode(
      &batch, sources, lineCount: Int(position - firstLine), importClock: importClock,
      recordedAtPolicy: recordedAtPolicy)
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
  /// Makes the message inside a line of the recorded form the one to translate.
  fileprivate mutating func unwrap(_ wrapper: RecordedWrapper, _ origin: [UInt8]) {
    self.wrapper = wrapper
    message = wrapper.message
    place = MessagePlace(
      origin: wrapper.origin ?? origin, position: wrapper.position ?? position,
      recordedAt: wrapper.recordedAt)
  }
}
