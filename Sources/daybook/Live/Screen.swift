#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A terminal whose whole screen is drawn again and again.
///
/// - Shape: plain ANSI: the other screen, a hidden cursor, keys as they are pressed. All of it is
///   taken back by `close`.
final class Screen {
  let isTerminal = isatty(0) == 1 && isatty(1) == 1
  private var before = termios()
  private var isOpen = false

  init() {
    guard isTerminal, tcgetattr(0, &before) == 0 else { return }
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(0, TCSANOW, &raw)
    isOpen = true
    put("\u{1b}[?1049h\u{1b}[?25l")
  }

  func close() {
    guard isOpen else { return }
    isOpen = false
    put("\u{1b}[?25h\u{1b}[?1049l")
    tcsetattr(0, TCSANOW, &before)
  }

  /// Its columns and rows now.
  var size: (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Draws lines from the top; what does not fit is cut.
  func draw(_ lines: [String]) {
    let (width, height) = size
    var text = "\u{1b}[H"
    // A line is emptied before it is written: behind a full one the cursor stands on its end.
    for line in lines.prefix(height - 1) { text += "\u{1b}[2K" + line.prefix(width) + "\r\n" }
    put(text + "\u{1b}[J\u{1b}[7m q quits \u{1b}[0m")
  }

  /// Waits; true when somebody pressed q.
  func waitForEnd(seconds: Double) -> Bool {
    guard isOpen else {
      usleep(UInt32(min(seconds, 3_600) * 1e6))
      return false
    }
    let end = monotonicSeconds() + seconds
    while true {
      let left = end - monotonicSeconds()
      if left <= 0 { return false }
      var key = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      let found = poll(&key, 1, Int32(left * 1_000) + 1)
      // A signal: it may have asked for the end.
      if found < 0 { return false }
      guard found > 0 else { continue }
      var byte: UInt8 = 0
      let count = read(0, &byte, 1)
      if count <= 0 || byte == UInt8(ascii: "q") || byte == UInt8(ascii: "Q") { return true }
    }
  }

  private func put(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
      if written <= 0 { return }
      bytes = bytes.dropFirst(written)
    }
  }
}
