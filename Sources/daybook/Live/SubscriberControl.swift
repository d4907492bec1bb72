import Ingest
import ServiceLifecycle
import Threads
import UnixSignals

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What signals do to the group of services that runs: SIGTERM and SIGINT ask for an end, a second
/// one ends at once; SIGHUP asks for a new reading.
///
/// - Concurrency: `@unchecked` because every field is touched under the monitor only.
final class SubscriberControl: @unchecked Sendable {
  private let monitor = Monitor()
  private var group: ServiceGroup?
  private var check: () throws -> Void = {}
  private var say: @Sendable (Incident) -> Void = { _ in }
  private var ends = false
  private var reloads = false

  /// Takes the signals of the process from here on.
  init() throws {
    let signals = try waitFor { await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) }
    Task { [weak self] in
      for await signal in signals { self?.take(signal) }
    }
  }

  var isEnding: Bool { monitor.locked { ends } }

  /// Signals concern this group now.
  func begin(
    _ group: ServiceGroup, say: @escaping @Sendable (Incident) -> Void,
    check: @escaping () throws -> Void
  ) {
    monitor.locked {
      self.group = group
      self.say = say
      self.check = check
      if ends || reloads { shutDown() }
    }
  }

  /// The group has ended.
  func finish() { monitor.locked { group = nil } }

  /// Whether to begin again.
  func takeReload() -> Bool {
    monitor.locked {
      defer { reloads = false }
      return reloads && !ends
    }
  }

  private func take(_ signal: UnixSignal) {
    monitor.locked {
      if signal == .sighup {
        reload()
      } else if ends {
        _exit(128 + (signal == .sigint ? SIGINT : SIGTERM))
      } else {
        ends = true
        shutDown()
      }
    }
  }

  /// A configuration that is wrong changes nothing; with a right one everything begins again.
  private func reload() {
    do {
      try check()
      say(Incident(.info, "configuration read again"))
      reloads = true
      shutDown()
    } catch {
      let text = (error as? CommandFailure)?.message ?? "\(error)"
      say(Incident(.error, "configuration is wrong; the earlier one stays", ["error": text]))
    }
  }

  /// The group remembers it where it does not run yet.
  private func shutDown() {
    guard let group else { return }
    Task { await group.triggerGracefulShutdown() }
  }
}
