import Synchronization
import Threads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Hands signals to ordinary code, on a thread of its own.
///
/// Call `begin` before any other thread is started: they inherit that these signals are blocked.
enum SignalWatch {
  /// SIGTERM and SIGINT ask for an end, a second one ends at once; SIGHUP asks for a new reading.
  static func begin(
    onEnd: @escaping @Sendable () -> Void, onReload: @escaping @Sendable () -> Void
  ) {
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, number) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    _ = OwnThread {
      var set = sigset_t()
      sigemptyset(&set)
      for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, number) }
      var wasAsked = false
      while true {
        var number: Int32 = 0
        guard sigwait(&set, &number) == 0 else { continue }
        if number == SIGHUP {
          onReload()
        } else if wasAsked {
          _exit(128 + number)
        } else {
          wasAsked = true
          onEnd()
        }
      }
    }
  }
}
