import Files
import MessageSources
import Threads

/// What a source's thread does.
extension Subscriber {
  /// What the thread is to do next.
  private enum Order {
    case pull
    case acknowledge([SourcePosition])
    /// Nothing may be pulled at the moment.
    case tend
    case forget(generation: Int)
    case close([SourcePosition])
  }

  func runLane(_ lane: Lane) {
    while true {
      switch nextOrder(lane) {
      case .pull: pull(lane)
      case .acknowledge(let positions): lane.driver.acknowledge(positions)
      case .tend: lane.driver.tend()
      case .forget(let generation): lane.driver.forget(generation: generation)
      case .close(let positions):
        lane.driver.acknowledge(positions)
        lane.driver.close()
        monitor.locked {
          lane.isGone = true
          monitor.wakeAll()
        }
        return
      }
    }
  }

  private func nextOrder(_ lane: Lane) -> Order {
    let tendedAt = steady.now()
    return monitor.locked {
      while true {
        if lane.generation != lane.knownGeneration {
          lane.knownGeneration = lane.generation
          lane.confirmations = []
          return .forget(generation: lane.generation)
        }
        if isOver { return .close(takeConfirmations(lane)) }
        if !lane.confirmations.isEmpty { return .acknowledge(takeConfirmations(lane)) }
        let room = max(Limits.shortestQueueByteCount, options.queueByteCount / lanes.count)
        if !isStopping, !isPaused, !lane.isEnded, lane.refusal == nil,
          lane.queuedByteCount < room
        {
          return .pull
        }
        let left = tendedAt + Limits.tendMicroseconds - steady.now()
        if left <= 0 { return .tend }
        monitor.wait(atMost: .microseconds(left))
      }
    }
  }

  private func takeConfirmations(_ lane: Lane) -> [SourcePosition] {
    defer { lane.confirmations = [] }
    // Two commits may have confirmed one origin: the source hears of the later one only.
    var latest: [SourcePosition] = []
    for position in lane.confirmations.reversed()
    where !latest.contains(where: { $0.origin == position.origin }) {
      latest.append(position)
    }
    return latest.reversed()
  }

  private func pull(_ lane: Lane) {
    let limit = PullLimit(
      messageCount: Limits.pulledMessageCount, byteCount: Limits.pulledByteCount)
    let step = lane.driver.step(limit: limit, wait: .milliseconds(Limits.pullMilliseconds))
    monitor.locked {
      let hasDrained = lane.driver.isDrained && !lane.isDrained
      lane.isDrained = lane.driver.isDrained
      switch step {
      case .nothing: if !hasDrained { return }
      case .delivered(let deliveries):
        lane.queue += deliveries
        lane.queuedByteCount += deliveries.reduce(0) { $0 + $1.byteCount }
      case .ended:
        lane.isEnded = true
        board.change { status in
          for (index, other) in lanes.enumerated() where other === lane {
            status.sources[index].state = .ended
          }
        }
      case .refused(let error): lane.refusal = error
      case .wait(let duration):
        if hasDrained { monitor.wakeAll() }
        let end = steady.now() + duration.wholeMicroseconds
        while !isStopping, lane.generation == lane.knownGeneration {
          let left = end - steady.now()
          if left <= 0 { return }
          monitor.wait(atMost: .microseconds(left))
        }
      }
      monitor.wakeAll()
    }
  }
}

extension Duration {
  /// Microseconds, cut to a whole number.
  var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }
}
