import Events
import FilesTesting
import Sequences
import Threads

/// Brings a kept folder up to date.
func update(
  _ files: SimulatedFileSystem, _ runs: [any EventRun], _ options: SequenceOptions,
  _ circumstances: Circumstances = Circumstances(), ledger: String = "ledger",
  formats: [SequenceOutput.Format] = `Kept sequences`.formats
) throws -> KeptSequences {
  let resources = SequenceResources(
    pool: WorkerPool(threadCount: circumstances.threads), files: files,
    spillDirectory: "/kept/spill", memoryByteLimit: circumstances.memoryByteLimit)
  return try KeptSequences(
    in: "/kept/at", ledger: ledger, program: "test", runs: runs, options: options,
    formats: formats, resources: resources)
}

/// What a kept folder writes.
func written(
  _ kept: KeptSequences, _ filter: SequenceFilter = SequenceFilter(),
  formats: [SequenceOutput.Format] = `Kept sequences`.formats
) throws -> Computed {
  let collected = formats.map { _ in Collected() }
  let outputs = zip(formats, collected).map { format, texts in
    SequenceOutput(format, to: { texts.sink($0) })
  }
  let counts = try kept.write(to: outputs, filter: filter)
  return Computed(texts: collected.map(\.all), counts: counts)
}

/// An event of the shop.
func event(_ id: String, _ topic: String, _ time: String, _ data: String) -> [UInt8] {
  Array(
    """
    {"specversion":"1.0","id":"\(id)","source":"/shop","type":"\(topic)","time":"\(time)",\
    "data":{\(data)}}
    """.utf8)
}
