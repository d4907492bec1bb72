import Files

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
    } else {
      self.init(.failure, String(describing: error))
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
