import Bytes
import Events
package import Ledger
import Sequences

/// Everything that decides a dataset's bytes.
package struct BuildRequest: Sendable {
  package var recipe: Recipe
  /// The recipe's file as it was read.
  package var recipeText: [UInt8]
  package var ledger: LedgerPin
  package var inputs: BuildInputs
  /// The program's version.
  package var software: String

  /// Parts at hand, wherever they come from.
  init(
    recipe: Recipe, recipeText: [UInt8], ledger: LedgerPin, inputs: BuildInputs, software: String
  ) {
    self.recipe = recipe
    self.recipeText = recipeText
    self.ledger = ledger
    self.inputs = inputs
    self.software = software
  }

  /// - Shape: `end` hides ledger offsets from there on, for building again what was built before.
  package init(
    recipe: Recipe, recipeText: [UInt8], reader: LedgerReader, snapshot: LedgerSnapshot,
    end: Int64? = nil, key: [UInt8]?, software: String
  ) throws {
    self.recipe = recipe
    self.recipeText = recipeText
    self.software = software
    let endOffset = end ?? snapshot.endOffset
    let records = snapshot.segmentRecords.filter { $0.firstOffset < endOffset }
    let rejects = try reader.rejectCounts().map { ($0.reason, $0.openCount) }
    ledger = LedgerPin(
      ledgerID: reader.identity.id, commitNumber: snapshot.commitNumber, endOffset: endOffset,
      segments: records.map {
        LedgerPin.Segment(
          name: $0.name, firstOffset: $0.firstOffset, rowCount: $0.rowCount,
          sha256: hexadecimal($0.sha256))
      }, rejects: rejects.sorted { $0.0 < $1.0 })
    let fresh = snapshot.freshRuns
    let runs = snapshot.runs(of: records) + fresh
    let firsts = records.map(\.firstOffset)
      + fresh.map { _ in snapshot.endOffset - Int64(snapshot.freshRowCount) }
    let latest = records.map { Int64?($0.occurredAt.upperBound) } + fresh.map { _ in nil }
    inputs = BuildInputs(
      runs: zip(runs, firsts).map { run, first in
        first + Int64(run.rowCount) <= endOffset
          ? run : PrefixRun(run, first: first, end: endOffset)
      }, latestTimes: latest, key: key)
  }

  var recipeHash: String { hexadecimal(SHA256.hash(recipeText)) }

  /// The same key, the same bytes: builds of a key that exists are not made again.
  package var key: String {
    let parts = [
      recipeHash, ledger.ledgerID, "\(ledger.endOffset)",
      recipe.split.horizon.map { "\($0)" } ?? "all", software, keyID ?? "",
    ]
    return hexadecimal(SHA256.hash(Array(parts.joined(separator: "\n").utf8)))
  }

  /// Tells keys of pseudonyms apart without telling them.
  var keyID: String? {
    inputs.key.map { hexadecimal(KeyedHash(key: $0).hash("key id".utf8).prefix(8)) }
  }

  /// The version's name before it is known to be free: the horizon's day and the recipe.
  func version(horizon: Int64) -> String {
    var text: [UInt8] = []
    appendTime(horizon, to: &text)
    return String(decoding: text.prefix(10), as: UTF8.self) + "-" + recipeHash.prefix(8)
  }
}
