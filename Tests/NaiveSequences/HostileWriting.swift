extension HostileEvents {
  /// A message as JSON, in one of the ways to write the same object.
  mutating func written(_ message: HostileMessage) -> String {
    let time = HostileTimes.text(message.time, knobs, &random)
    var members = [
      ("specversion", "\"1.0\""), ("id", "\"\(message.id)\""),
      ("source", "\"\(message.source)\""), ("type", "\"\(message.topic)\""),
      ("time", "\"\(time)\""),
    ]
    if !message.data.isEmpty || random.chance(50) {
      members.append(("data", object(message.data)))
    } else if random.chance(50) {
      members.append(("data", "null"))
    }
    if random.chance(knobs.textForms) {
      members.append(("subject", random.pick(["null", "7", "[{}]", "\"\\ud83d\\ude00\""])))
    }
    return object(members)
  }

  /// An object: sometimes with spaces, other key orders, escapes, or a key told twice.
  mutating func object(_ members: [(String, String)]) -> String {
    var members = members
    guard random.chance(knobs.textForms) else {
      return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }
    if random.chance(40) { members = random.shuffled(members) }
    if random.chance(30), let repeated = members.last {
      // The last of a repeated key counts, however wrong the first.
      members.insert((repeated.0, random.pick(["true", "[]", "\"x\"", "1.5", "null"])), at: 0)
    }
    if random.chance(20) { members.append(("extra", "{\"a\":[1.5e-3,true,null,{}]}")) }
    let space = random.pick(["", " ", "\t ", "  "])
    let texts = members.map { member in
      let key = random.chance(20) ? escapedKey(member.0) : member.0
      return "\(space)\"\(key)\"\(space):\(space)\(member.1)\(space)"
    }
    return "{" + texts.joined(separator: ",") + "}"
  }

  private func escapedKey(_ key: String) -> String {
    guard let first = key.utf8.first else { return key }
    return "\\u00" + String(first, radix: 16) + key.dropFirst()
  }

  /// A line that breaks a rule, often under an id that good lines have too.
  mutating func brokenLine() -> ByteText {
    var message = path.last ?? HostileMessage()
    if message.id.isEmpty { (message.id, message.source, message.topic) = ("e1", "s", "t") }
    let good = written(message)
    switch random.below(5) {
    case 0: return brokenText(good)
    case 1: return brokenWrapper(good)
    case 2: return brokenMember(message)
    default:
      message.data.append(random.pick(HostileEvents.badMembers))
      return bytes(written(message))
    }
  }

  private static let badMembers = [
    ("quantity", "1.5"), ("quantity", "\"2\""), ("quantity", "2147483648"), ("quantity", "[]"),
    ("amount", "9223372036854775808"), ("amount", "1e19"), ("amount", "5e-1"),
    ("amount", "1e-400"), ("amount", "true"), ("unit_price", "{}"), ("unit_price", "\"1\""),
    ("visitor_id", "true"), ("customer_id", "[]"), ("session_id", "{}"), ("cart_id", "false"),
    ("order_id", "[1]"), ("payment_id", "true"), ("item_id", "{}"), ("channel", "true"),
    ("campaign_id", "false"), ("creative_id", "[]"), ("currency", "{}"), ("items", "{}"),
    ("items", "\"x\""), ("items", "[1]"), ("items", "[{\"quantity\":0.5}]"),
    ("items", "[{\"item_id\":true}]"), ("items", "[{\"unit_price\":\"1\"}]"),
  ]

  /// Something that is not one JSON object in UTF-8.
  private mutating func brokenText(_ good: String) -> ByteText {
    let text = bytes(good)
    let lone = "{\"id\":\"x\",\"type\":\"t\",\"source\":\"s\",\"x\":\"\\udc00\"}"
    switch random.below(10) {
    case 0: return ByteText(text.prefix(random.below(text.count)).dropLast()) + [0x7B]
    case 1: return text + bytes(" {}")
    case 2: return text + [0xC3]
    case 3: return [0xED, 0xA0, 0x80] + text
    case 4: return bytes("[\(good)]")
    case 5: return bytes(lone)
    case 6: return ByteText(text.dropLast()) + bytes(",}")
    case 7: return ByteText(text.dropLast()) + bytes(",\"x\":01}")
    case 8: return ByteText(text.dropLast()) + bytes(",\"x\":\"") + [0x01] + bytes("\"}")
    default:
      let depth = 1024
      let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      return ByteText(text.dropLast()) + bytes(",\"x\":\(nested)}")
    }
  }

  private mutating func brokenWrapper(_ good: String) -> ByteText {
    let time = "2021-03-01T09:00:00Z"
    return bytes(
      random.pick([
        "{\"recorded_at\":\"soon\",\"message\":\(good)}",
        "{\"recorded_at\":7,\"message\":\(good)}",
        "{\"recorded_at\":\"\(time)\"}",
        "{\"recorded_at\":\"\(time)\",\"message\":[]}",
        "{\"recorded_at\":\"\(time)\",\"message\":\(good),\"message\":\(good)}",
        "{\"recorded_at\":\"\(time)\",\"recorded_at\":\"\(time)\",\"message\":\(good)}",
        "{\"recorded_at\":\"\(time)\",\"origin\":\"a\",\"origin\":\"b\",\"message\":\(good)}",
        "{\"recorded_at\":\"\(time)\",\"message\":\(good),\"more\":1}",
        "{\"recorded_at\":\"\(time)\",\"position\":\"x\",\"message\":\(good)}",
        "{\"recorded_at\":\"soon\",\"message\":{\"id\":\"x\"}}",
      ]))
  }

  /// One of the envelope's members gone or wrong.
  private mutating func brokenMember(_ message: HostileMessage) -> ByteText {
    let time = "\"2021-03-01T09:00:00Z\""
    var members = [
      ("id", "\"\(message.id)\""), ("source", "\"\(message.source)\""),
      ("type", "\"\(message.topic)\""), ("time", time), ("data", object(message.data)),
    ]
    let wrongs: [[String]] = [
      ["7", "\"\"", "null", "\"a\\u001fb\"", "\"\(String(repeating: "x", count: 257))\""],
      ["\"\"", "null", "[]", "\"a\\nb\""],
      ["\"\"", "null", "7", "\"\(String(repeating: "x", count: 257))\""],
      [
        "null", "7", "\"2021-02-29T09:00:00Z\"", "\"2021-03-01T09:00:61Z\"", "\"\"",
        "\"2021-03-01T09:00Z\"", "\"2021-03-01T09:00:00+0100\"", "\"2021-03-01T09:00:00,5Z\"",
      ],
      ["[]", "\"x\"", "7", "false"],
    ]
    let index = random.below(members.count)
    if random.chance(20), index < 4 {
      members.remove(at: index)
    } else {
      members[index].1 = random.pick(wrongs[index])
    }
    return bytes("{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}")
  }
}
