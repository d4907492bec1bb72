import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Ctrl-C and SIGTERM ask the work to stop at the next good place.
enum Interruption {
  private static let wasAsked = Atomic<Bool>(false)

  static var isAsked: Bool { wasAsked.load(ordering: .relaxed) }

  /// From here on a first signal asks; a second one ends the process at once.
  static func watch() {
    // Whoever started this process may have left them blocked.
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM] { sigaddset(&set, number) }
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if Interruption.wasAsked.exchange(true, ordering: .relaxed) { _exit(128 + number) }
      }
    }
  }
}
