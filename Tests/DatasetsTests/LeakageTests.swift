import Files
import Testing

@testable import Datasets

/// A leak planted for each check is caught by it; without one the gate is content.
@Suite struct `The leakage gate` {
  /// Two users in train, one example each in validation and test, nothing wrong with them.
  private struct Planted {
    var recipe: Recipe
    var plan: SplitPlan
    var horizon: Int64 = 1_000
    var isNumbered = [true, true, true]
    var firstSeen: [Int64] = [10, 20, 30]
    var coldUsers = 0
    var examples: [[(Int32, StoredExample)]]

    init(_ text: String = "task: next-item") throws {
      recipe = try parsed(text)
      recipe.split.test = 100
      recipe.split.validation = 100
      plan = SplitPlan(recipe, horizon: horizon)
      // Cuts at 801 and 901.
      examples = [
        [
          (0, Planted.example([Planted.draft(1, 100), Planted.draft(2, 200)])),
          (1, Planted.example([Planted.draft(2, 300), Planted.draft(3, 400)])),
        ],
        [
          (
            0,
            Planted.example([
              Planted.draft(1, 100), Planted.draft(2, 200), Planted.draft(3, 850, isTarget: true),
            ])
          )
        ],
        [
          (
            1,
            Planted.example([
              Planted.draft(2, 300), Planted.draft(3, 400), Planted.draft(1, 950, isTarget: true),
            ])
          )
        ],
      ]
    }

    static func draft(_ item: UInt32, _ time: Int64, isTarget: Bool = false) -> Draft {
      var draft = Draft(
        item: item, isTarget: isTarget, time: time, recordedAt: time, outcomeKnownAt: time)
      draft.event = UInt64(time) &* 31
      draft.knownAsOf = isTarget ? 1_000 : 800
      return draft
    }

    static func example(_ drafts: [Draft]) -> StoredExample {
      var unit = Unit()
      unit.drafts = drafts
      unit.anchor = drafts.first?.time ?? 0
      return StoredExample(isNewUnit: true, unit: unit)
    }

    /// What the gate finds, whether keys fit into memory or not.
    func found() throws -> [String] {
      let (large, small) = (try report(memory: 512 << 20), try report(memory: 0))
      #expect(large == small)
      return large.breaches.map(\.code)
    }

    private func report(memory: Int) throws -> LeakageReport {
      let folder = try TestFolder()
      let gate = LeakageGate(
        LeakageInputs(
          recipe: recipe, plan: plan, horizon: horizon, isNumbered: isNumbered,
          firstSeen: firstSeen, reportedColdUsers: coldUsers,
          work: BuildDirectory(
            files: POSIXFileSystem(), path: folder.path, memoryByteLimit: memory,
            smallestKeyCount: memory == 0 ? 1 : Limits.smallestKeyCount)))
      for split in gate.order {
        let looker = try gate.begin(split)()
        var row = Int64(examples[..<split].reduce(0) { $0 + $1.count })
        // A user's examples stand together.
        var rest = examples[split][...]
        while let user = rest.first?.0 {
          let own = rest.prefix { $0.0 == user }
          looker.look(user, own.map(\.1), firstRow: row)
          row += Int64(own.count)
          rest = rest.dropFirst(own.count)
        }
        try gate.take(looker.take(), isTrain: split == 0)
        try gate.finish([looker])
      }
      let report = try gate.report()
      #expect(try folder.files().isEmpty)
      return report
    }

    mutating func change(
      _ split: Int, _ place: Int, _ draft: Int, _ body: (inout Draft) -> Void
    ) {
      body(&examples[split][place].1.unit.drafts[draft])
    }
  }

  @Test func `is content without a leak`() throws {
    #expect(try Planted().found().isEmpty)
  }

  @Test func `L1 catches train after a target`() throws {
    var planted = try Planted()
    planted.examples[0].append((2, Planted.example([Planted.draft(1, 790), Planted.draft(1, 860)])))
    planted.change(0, 2, 1) { $0.knownAsOf = 800 }
    #expect(try planted.found().contains("L1"))
  }

  @Test func `L2 catches a unit in two splits`() throws {
    var planted = try Planted()
    planted.examples[0][0].1.unit.key = 7
    planted.examples[1][0].1.unit.key = 7
    #expect(try planted.found() == ["L2"])
  }

  @Test func `L3 catches a torn basket`() throws {
    var planted = try Planted()
    planted.change(1, 0, 1) { $0.basket = 5 }
    planted.change(1, 0, 2) { $0.basket = 5 }
    #expect(try planted.found() == ["L3"])
  }

  @Test func `L4 catches numbers and support that train does not give`() throws {
    var planted = try Planted()
    planted.isNumbered.append(true)
    planted.firstSeen.append(40)
    #expect(try planted.found() == ["L4"])
    planted = try Planted()
    planted.recipe.shape.itemSupport = 2
    #expect(try planted.found() == ["L4"])
  }

  @Test func `L5 catches a feature of the future`() throws {
    var planted = try Planted()
    planted.examples[1][0].1.unit.featureKnownAt = 900
    #expect(try planted.found() == ["L5"])
  }

  @Test func `L6 catches identities of the future`() throws {
    var planted = try Planted()
    planted.change(1, 0, 0) { $0.knownAsOf = 900 }
    #expect(try planted.found() == ["L6"])
    planted = try Planted()
    planted.change(0, 0, 0) { $0.knownAsOf = 1_000 }
    #expect(try planted.found() == ["L6"])
  }

  @Test func `L7 catches what was recorded later`() throws {
    var planted = try Planted()
    planted.change(1, 0, 0) { $0.recordedAt = 840 }
    #expect(try planted.found() == ["L7"])
  }

  @Test func `L8 catches a label that was not observed to its end`() throws {
    var planted = try Planted()
    planted.examples[2][0].1.unit.hasLabel = true
    planted.examples[2][0].1.unit.labelDueAt = 1_200
    planted.examples[2][0].1.unit.observedThrough = 1_000
    #expect(try planted.found() == ["L8"])
  }

  @Test func `L9 catches weights that know of later refunds`() throws {
    var planted = try Planted()
    planted.change(0, 0, 0) { $0.outcomeKnownAt = 820 }
    #expect(try planted.found() == ["L9"])
  }

  @Test func `L10 catches an event in two splits`() throws {
    var planted = try Planted()
    planted.change(2, 0, 2) { $0.event = Planted.draft(1, 100).event }
    #expect(try planted.found().contains("L10"))
  }

  @Test func `L11 catches too many ties`() throws {
    var planted = try Planted()
    planted.change(1, 0, 1) { $0.time = 850 }
    #expect(try planted.found().contains("L11"))
  }

  @Test func `L12 catches negatives of the future and one's own`() throws {
    var planted = try Planted()
    planted.firstSeen[1] = 860
    planted.examples[1][0].1.negatives = [2]
    #expect(try planted.found() == ["L12"])
    planted = try Planted()
    planted.examples[1][0].1.negatives = [3]
    #expect(try planted.found() == ["L12"])
  }

  @Test func `L13 catches an input made of the target's event`() throws {
    var planted = try Planted()
    planted.change(1, 0, 2) { $0.event = Planted.draft(2, 200).event }
    #expect(try planted.found().contains("L13"))
  }

  @Test func `L14 catches one person under two ids`() throws {
    var planted = try Planted("task: next-item\nsplit: {by: actor-holdout}\nallow: [L1, L6]")
    planted.change(0, 0, 0) { $0.visitor = 9 }
    planted.change(2, 0, 0) { $0.visitor = 9 }
    #expect(try planted.found().contains("L14"))
  }

  @Test func `L15 catches hidden cold items and users`() throws {
    var planted = try Planted()
    planted.isNumbered.append(false)
    planted.firstSeen.append(40)
    planted.change(2, 0, 2) { $0.item = 4 }
    #expect(try planted.found() == ["L15"])
    planted = try Planted()
    planted.coldUsers = 3
    #expect(try planted.found() == ["L15"])
  }

  @Test func `a leak that the recipe names passes`() throws {
    var planted = try Planted("task: next-item\nallow: [L2]")
    planted.examples[0][0].1.unit.key = 7
    planted.examples[1][0].1.unit.key = 7
    #expect(try planted.found().isEmpty)
  }
}
