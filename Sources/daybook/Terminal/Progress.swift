import Sequences
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A line on the terminal for work longer than a second: share done, rate, time left.
///
/// Quiet when standard error is no terminal or `--quiet` was given.
final class Progress {
  private let title: String
  private let isShown: Bool
  private let startedAt = monotonicSeconds()
  private var drawnAt = 0.0
  private var hasDrawn = false

  init(_ title: String, isQuiet: Bool) {
    self.title = title
    isShown = !isQuiet && Talk.isTerminal
  }

  /// - Parameters:
  ///   - done: units finished; - total: nil when nobody knows.
  ///   - unit: what is counted in the rate ("MB" divides by a million).
  func update(done: Int, total: Int?, note: String = "") {
    guard isShown else { return }
    let now = monotonicSeconds()
    guard now - startedAt > 1, now - drawnAt > 0.1 else { return }
    drawnAt = now
    hasDrawn = true
    let rate = Double(done) / max(now - startedAt, 0.001)
    var line = "\(title)  "
    if let total, total > 0 {
      let share = min(1, Double(done) / Double(total))
      let filled = Int(share * 24)
      line += "[" + String(repeating: "#", count: filled)
      line += String(repeating: "-", count: 24 - filled) + "] \(Int(share * 100)) %  "
      line += "\(decimal(rate / 1e6)) MB/s  "
      if rate > 0 { line += "\(duration(Double(total - min(done, total)) / rate)) left  " }
    } else {
      line += "\(decimal(Double(done) / 1e6)) MB  \(decimal(rate / 1e6)) MB/s  "
    }
    draw(line + note)
  }

  /// Like `update`, for work that is counted in pieces instead of bytes.
  func update(share done: Int, of total: Int) {
    guard isShown, total > 0 else { return }
    let now = monotonicSeconds()
    guard now - startedAt > 1, now - drawnAt > 0.1 else { return }
    drawnAt = now
    hasDrawn = true
    let filled = min(24, done * 24 / total)
    let left = Double(total - done) * (now - startedAt) / Double(max(done, 1))
    draw(
      "\(title)  [" + String(repeating: "#", count: filled)
        + String(repeating: "-", count: 24 - filled) + "] \(done * 100 / total) %"
        + (done > 0 ? "  \(duration(left)) left" : ""))
  }

  /// Shows a line at once.
  func announce(_ line: String) {
    guard isShown else { return }
    hasDrawn = true
    draw(line)
  }

  func finish() {
    if hasDrawn { erase() }
  }

  private func draw(_ line: String) {
    let text = "\r" + String(line.prefix(Talk.columnCount - 1)) + "\u{1b}[K"
    _ = text.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
  }

  private func erase() { draw("") }
}

/// Progress of a computation in stages, told from several threads.
///
/// - Concurrency: `@unchecked` because `progress` is touched under the lock only.
final class StageProgress: @unchecked Sendable {
  private let title: String
  private let isQuiet: Bool
  private let current = Mutex(0)
  private var progress: Progress
  private var stage: SequenceProgress.Stage?

  init(_ title: String, isQuiet: Bool) {
    self.title = title
    self.isQuiet = isQuiet
    progress = Progress(title, isQuiet: isQuiet)
  }

  func update(_ news: SequenceProgress) {
    current.withLock { _ in
      if stage != news.stage {
        stage = news.stage
        let names: [SequenceProgress.Stage: String] = [
          .links: "reading logins", .partitions: "sorting by actor", .rows: "walking",
        ]
        progress.finish()
        progress = Progress("\(title): \(names[news.stage] ?? "")", isQuiet: isQuiet)
      }
      progress.update(share: news.done, of: news.total)
    }
  }

  /// Names what is done now and cannot say how far it is.
  func begin(_ name: String) {
    current.withLock { _ in
      stage = nil
      progress.finish()
      progress = Progress(title, isQuiet: isQuiet)
      progress.announce("\(title): \(name)")
    }
  }

  func finish() { current.withLock { _ in progress.finish() } }
}

/// Seconds of a clock that never goes back.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// One decimal, without Foundation's formatting.
func decimal(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(abs(tenths % 10))"
}

/// A span for people: `0.4 s`, `12 s`, `3 min 20 s`.
func duration(_ seconds: Double) -> String {
  if seconds < 10 { return "\(decimal(seconds)) s" }
  let whole = Int(seconds.rounded())
  return whole < 60 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
}

/// A byte count for people, in powers of ten.
func byteText(_ count: Int) -> String {
  if count < 1000 { return "\(count) B" }
  var value = Double(count)
  for unit in ["kB", "MB", "GB"] {
    value /= 1000
    if value < 1000 { return "\(decimal(value)) \(unit)" }
  }
  return "\(decimal(value / 1000)) TB"
}

/// A whole number with thin groups of three: `1 234 567`.
func grouped(_ value: Int) -> String {
  let digits = Array(String(abs(value)))
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += " " }
    text.append(digit)
  }
  return value < 0 ? "-" + text : text
}
