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

/// The same for a table of which every value will be written before it is read: memory is first
/// touched by whoever writes it, on as many threads as do.
@inlinable
package func uninitializedLargeTable<Value: BitwiseCopyable>(count: Int) -> [Value] {
  [Value](unsafeUninitializedCapacity: count) { buffer, initializedCount in
    preferHugePages(UnsafeMutableRawBufferPointer(buffer))
    initializedCount = count
  }
}

/// Asks for huge pages before memory is first touched; a hint.
@usableFromInline
func preferHugePages(_ memory: UnsafeMutableRawBufferPointer) {
  if let start = memory.baseAddress { daybook_prefer_huge_pages(start, memory.count) }
}
