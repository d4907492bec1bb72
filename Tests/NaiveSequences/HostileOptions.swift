/// Random options: the text of an options file as JSON, and the same options read.
package func hostileOptions(seed: UInt64) -> (json: ByteText, options: NaiveOptions) {
  var random = SplitMix64(seed: seed ^ 0x6F70_7469)
  var members: [String] = []
  // Every fourth seed keeps the defaults, so that these stay tried as well.
  if seed % 4 != 0 {
    members += spanMembers(&random)
    if random.chance(30) { members.append("\"hub_limit\":\(random.pick([1, 2, 3, 5, 6]))") }
    if random.chance(15) {
      members.append("\"stitch\":\"\(random.pick(["none", "none", "backfill"]))\"")
    }
    if random.chance(30) { members.append("\"as_of\":\"\(asOf(&random))\"") }
    if random.chance(40) { members.append("\"roles\":{\(roleMembers(&random))}") }
  }
  let json = bytes("{" + random.shuffled(members).joined(separator: ",") + "}")
  do throws(NaiveOptionsError) {
    return (json, try NaiveOptions(json: json))
  } catch {
    preconditionFailure("a hostile options text must be a good one: key \(error.key)")
  }
}

private func spanMembers(_ random: inout SplitMix64) -> [String] {
  var members: [String] = []
  if random.chance(30) {
    members.append("\"session_gap\":\"\(random.pick(["90s", "10m", "30m", "2h"]))\"")
  }
  if random.chance(30) {
    members.append("\"session_max\":\"\(random.pick(["2m", "25m", "24h", "2d"]))\"")
  }
  if random.chance(30) {
    members.append("\"recovery_window\":\"\(random.pick(["1m", "2h", "1d", "7d", "30d"]))\"")
  }
  if random.chance(40) {
    let names = ["browse", "cart", "checkout", "declined", "payment"]
    let chosen = names.filter { _ in random.chance(50) }
    let spans = chosen.map { "\"\($0)\":\"\(random.pick(["1s", "5m", "1h", "60m", "3d"]))\"" }
    members.append("\"patience\":{\(spans.joined(separator: ","))}")
  }
  return members
}

/// A time among the times of the hostile events, and a form of its own.
private func asOf(_ random: inout SplitMix64) -> String {
  let base = HostileTimes.base
  let spans = [0, NaiveTime.minute, NaiveTime.hour, NaiveTime.day, 9 * NaiveTime.day]
  let time = base + random.pick(spans) + Int64(random.below(3)) * NaiveTime.minute
  return String(decoding: NaiveTime.text(time), as: UTF8.self)
}

private func roleMembers(_ random: inout SplitMix64) -> String {
  let names = [
    "page.*", "page.help.*", "page.help.returns", "order.payment.*",
    "order.*", "order.created", "cart.item.added", "product.viewed", "checkout.*",
    "checkout.pay", "loyalty.points", "webhook.delivered", "café.*", "a..b",
  ]
  let chosen = names.filter { _ in random.chance(25) }
  let lines = chosen.map { "\"\($0)\":\"\(random.pick(NaiveRole.allCases).rawValue)\"" }
  return lines.joined(separator: ",")
}
