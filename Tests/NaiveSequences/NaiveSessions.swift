/// One plain session of §4.
package struct NaiveSession: Equatable {
  package var actor: ByteText
  /// The actor's session number, from 0.
  package var number: Int
  package var startedAt: Microseconds
  package var endedAt: Microseconds
  package var eventIDs: [ByteText]
}

/// The session number of each human step of one actor, by its place in the order of events.
func sessionNumbers(_ steps: [NaiveStep], _ options: NaiveOptions) -> [Int: Int] {
  var numbers: [Int: Int] = [:]
  var number = -1
  var first: Microseconds = 0
  var last: Microseconds = 0
  for step in steps where step.role.isHuman {
    let isSilent = step.time > NaiveTime.after(last, options.sessionGap)
    let isTooLong = step.time > NaiveTime.after(first, options.sessionMax)
    if number < 0 || isSilent || isTooLong {
      number += 1
      first = step.time
    }
    last = step.time
    numbers[step.place] = number
  }
  return numbers
}

/// The sessions of every actor, sorted by actor and number.
package func naiveSessions(
  _ events: [NaiveEvent], _ options: NaiveOptions
) -> [NaiveSession] {
  let world = NaiveWorld(events, options)
  var sessions: [NaiveSession] = []
  for (actor, steps) in world.walks {
    let numbers = sessionNumbers(steps, options)
    for step in steps {
      guard let number = numbers[step.place] else { continue }
      if let last = sessions.last, last.actor == actor, last.number == number {
        sessions[sessions.count - 1].endedAt = step.time
        sessions[sessions.count - 1].eventIDs.append(step.event.eventID)
      } else {
        sessions.append(
          NaiveSession(
            actor: actor, number: number, startedAt: step.time, endedAt: step.time,
            eventIDs: [step.event.eventID]))
      }
    }
  }
  return sessions
}
