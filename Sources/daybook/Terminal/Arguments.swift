import ArgumentParser
import Bytes

/// A time given on the command line: RFC 3339, or a date for its first instant in UTC.
struct TimeArgument: ExpressibleByArgument {
  let microseconds: Int64

  init?(argument: String) {
    let full = argument.utf8.count == 10 ? argument + "T00:00:00Z" : argument
    guard let value = Array(full.utf8).withUnsafeBytes({ parseRFC3339($0) }) else { return nil }
    microseconds = value
  }
}

/// A size given on the command line: `512MiB`, `2GiB`, `800MB`, or plain bytes.
struct SizeArgument: ExpressibleByArgument {
  let byteCount: Int

  init(byteCount: Int) { self.byteCount = byteCount }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let units = [
      "": 1, "B": 1, "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "KiB": 1 << 10,
      "MiB": 1 << 20, "GiB": 1 << 30,
    ]
    guard let number = Int(digits), let unit = units[String(argument.dropFirst(digits.count))]
    else { return nil }
    let (product, overflows) = number.multipliedReportingOverflow(by: unit)
    guard !overflows, product > 0 else { return nil }
    byteCount = product
  }

  var defaultValueDescription: String { "\(byteCount >> 20)MiB" }
}

/// A span of time given on the command line: `250ms`, `5s`, `2m`, `24h`, `7d`.
struct DelayArgument: ExpressibleByArgument {
  let microseconds: Int64

  init(microseconds: Int64) { self.microseconds = microseconds }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let units: [String: Int64] = [
      "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000,
    ]
    guard let number = Int64(digits), let unit = units[String(argument.dropFirst(digits.count))]
    else { return nil }
    let (product, overflows) = number.multipliedReportingOverflow(by: unit)
    guard !overflows else { return nil }
    microseconds = product
  }

  var defaultValueDescription: String { "\(microseconds / 1_000_000)s" }
}
