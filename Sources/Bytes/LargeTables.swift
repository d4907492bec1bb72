import CKernels

/// An array of one value for look-ups at random places, on huge pages where the system has them:
/// such look-ups otherwise wait for page tables as much as for the table.
@inlinable
package func largeTable<Value: BitwiseCopyable>(repeating value: Value, count: Int) -> [Value] {
  [Value](unsafeUninitializedCapacity: count) { buffer, initializedCount in
    preferHugePages(UnsafeMutableRawBufferPointer(buffer))
    buffer.initialize(repeating: value)
    initializedCount = count
  }
}

/// Asks for huge pages before memory is first touched; a hint.
@usableFromInline
func preferHugePages(_ memory: UnsafeMutableRawBufferPointer) {
  if let start = memory.baseAddress { daybook_prefer_huge_pages(start, memory.count) }
}
