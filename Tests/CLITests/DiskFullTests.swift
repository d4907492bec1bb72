import Foundation
import Testing

/// The real program on a small file system that really fills up.
@Suite struct `A full disk` {
  @Test func `fails an intake that can be repeated, and only delays a subscriber`() throws {
    let script = Tool.root.appending(path: "scripts/disk_full.sh")
    let result = try Tool.run([Tool.executable.path], executable: script)
    if result.code == 77 {
      print("skipped: \(result.text)")
      return
    }
    #expect(result.code == 0, "\(result.text)\(result.talk)")
    #expect(result.text.contains("disk full: the intake ended with"))
  }
}
