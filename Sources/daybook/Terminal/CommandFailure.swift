import ConfigurationFiles
import Files
import Ledger

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The exit codes that docs/cli.md promises.
enum ExitStatus: Int32 {
  case ok = 0
  case failure = 1
  case usage = 2
  case rejected = 3
  case locked = 5
  case tryAgain = 75
  case interrupted = 130
}

/// A failure as people read it: what happened, where, and what to do.
struct CommandFailure: Error {
  var code: ExitStatus
  var message: String
  var advice: String?

  init(_ code: ExitStatus, _ message: String, advice: String? = nil) {
    self.code = code
    self.message = message
    self.advice = advice
  }

  /// Any other error, in its own words, with the exit code and advice that fit it.
  init(explaining error: any Error) {
    if let file = error as? FileError {
      self.init(
        file.reason == .locked ? .locked : .failure, file.description,
        advice: CommandFailure.advice(for: file))
    } else if let ledger = error as? LedgerError {
      self.init(explaining: ledger)
    } else if let configuration = error as? ConfigurationError {
      self.init(.usage, String(describing: configuration))
    } else {
      self.init(.failure, String(describing: error))
    }
  }

  private init(explaining error: LedgerError) {
    let message = String(describing: error)
    switch error {
    case .locked:
      self.init(.locked, message, advice: "Wait for it to end; readers may work meanwhile.")
    case .notALedger:
      self.init(.failure, message, advice: "'daybook ingest --ledger DIR FILE' makes one.")
    case .newerFormat:
      self.init(.failure, message, advice: "Use the newer program that wrote it.")
    case .damaged:
      self.init(.failure, message, advice: "'daybook verify' lists everything that is wrong.")
    case .catalog(_, _, let canRetry):
      self.init(canRetry ? .tryAgain : .failure, message)
    case .file(let file): self.init(explaining: file)
    case .closed: self.init(.failure, message)
    }
  }

  func tell() {
    Talk.say("daybook: \(message)")
    if let advice { Talk.say("  \(advice)") }
  }

  private static func advice(for error: FileError) -> String? {
    switch error.reason {
    case .notFound: "Check the path; nothing was changed."
    case .noSpace: "Free some space and run the same command again; what is committed is safe."
    case .denied: "Check who owns the folder and its permissions."
    case .locked: "Wait for the other process to end, then run this again."
    case .exists, .shortRead, .other: nil
    }
  }
}

func exitProcess(_ code: Int32) -> Never { exit(code) }
