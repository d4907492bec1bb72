import Testing

@testable import Datasets

@Suite struct Gauges {
  private func example(
    _ items: [UInt32], times: [Int64]? = nil, baskets: [UInt64]? = nil, key: UInt64 = 0
  ) -> StoredExample {
    var unit = Unit()
    unit.key = key
    unit.drafts = items.enumerated().map { place, item in
      let time = times?[place] ?? Int64(place)
      var draft = Draft(item: item, time: time, recordedAt: time, outcomeKnownAt: time)
      draft.basket = baskets?[place] ?? 0
      return draft
    }
    return StoredExample(isNewUnit: true, unit: unit)
  }

  private func gauges(_ examples: [StoredExample], isTrain: Bool = true) -> QualityGauges {
    var counter = GaugeCounter()
    for (user, example) in examples.enumerated() {
      counter.add(Int32(user), example, isTrain: isTrain)
    }
    var whole = GaugeCounter()
    whole.merge(counter)
    return whole.gauges
  }

  @Test func `ties are neighbours of one time outside of one basket`() {
    // Four pairs of neighbours outside of baskets, one of them tied; one pair within a basket.
    let found = gauges([
      example([1, 2, 3, 4, 5, 6], times: [0, 0, 5, 6, 6, 9], baskets: [0, 0, 0, 7, 7, 0])
    ])
    #expect(found.tiedPerMillion == 250_000)
    #expect(gauges([example([1])]).tiedPerMillion == 0)
  }

  @Test func `repeats are items that the example had before`() {
    let found = gauges([example([1, 2, 1, 1]), example([1, 0, 0, 2])])
    #expect(found.repeatedPerMillion == 250_000)
  }

  @Test func `lengths are the least, quartiles, 99 of 100 and the most`() {
    let examples = (1...100).map { example(Array(repeating: 1, count: $0)) }
    #expect(gauges(examples).lengths == [1, 25, 50, 75, 99, 100])
    #expect(gauges([]).lengths.isEmpty)
  }

  @Test func `rules are runs of items that occur twice, in train alone`() {
    let examples = [example([1, 2, 3]), example([1, 2, 4]), example([2, 1])]
    #expect(gauges(examples).pairRules == 1)
    #expect(gauges(examples).tripleRules == 0)
    #expect(gauges(examples).sampledExamples == 3)
    #expect(gauges(examples, isTrain: false).sampledExamples == 0)
    #expect(gauges(examples, isTrain: false).pairRules == 0)
  }

  @Test func `shuffling destroys the rules of ordered paths and not of random ones`() {
    let ordered = (0..<200).map { number in
      example((0..<6).map { UInt32(number % 20 * 6 + $0) }, key: UInt64(number))
    }
    let inOrder = gauges(ordered)
    #expect(inOrder.pairRules == 100)
    #expect(inOrder.tripleRules == 80)
    // All orders of six items occur, so the rules of few repeats are other ones and more.
    #expect(inOrder.shuffledPairRules > 3 * inOrder.pairRules)
    var numbers = SeededNumbers(5, [], 0)
    let random = (0..<200).map { number -> StoredExample in
      var items = (0..<6).map { UInt32(number % 20 * 6 + $0) }
      for place in items.indices.dropFirst().reversed() {
        items.swapAt(place, numbers.next(below: place + 1))
      }
      return example(items, key: UInt64(number))
    }
    let anyOrder = gauges(random)
    let difference = abs(anyOrder.pairRules - anyOrder.shuffledPairRules)
    #expect(difference * 10 < anyOrder.pairRules)
    #expect(gauges(ordered) == inOrder)
  }
}
