import Foundation
import Testing

/// Real brokers, real processes, SIGKILL.
@Suite(.serialized) struct LiveSoak {
  private static let servers = ["nats-server", "nats-server-debian"].map {
    Tool.root.appending(path: ".venv/bin/\($0)").path
  }.filter { FileManager.default.isExecutableFile(atPath: $0) }

  private static let canSubscribe =
    (try? Tool.run(["--help"]).text.contains("  subscribe ")) ?? false

  @Test(
    .enabled(if: !LiveSoak.servers.isEmpty, "no nats-server (scripts/setup.sh python)"),
    .enabled(if: LiveSoak.canSubscribe, "the executable has no subscribe"),
    arguments: zip(LiveSoak.servers, [10, 4]))
  func `killed publishers, subscribers and servers lose and double nothing`(
    _ server: String, _ kills: Int
  ) throws {
    let script = Tool.root.appending(path: "scripts/live_soak.py").path
    let soak = try Tool.run(
      ["python3", script, Tool.executable.path, server, "\(kills)", "1"],
      executable: URL(filePath: "/usr/bin/env"))
    #expect(soak.code == 0, "\(soak.text)\(soak.talk)")
    #expect(soak.text.contains("\(kills) kills"))
  }
}
