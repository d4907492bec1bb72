import CKernels

/// Lets the allocator keep freed memory for the rest of the process: for commands that fill and
/// free the same buffers again and again. Before other threads are started.
///
/// - Parameter onHugePages: whether on huge pages where the system has them. A command that is over
///   in some hundredths of a second spends more on clearing them than they save.
package func keepFreedMemory(onHugePages: Bool = true) {
  daybook_keep_freed_memory(onHugePages)
}

/// Gives freed memory back to the system: between stages of which each needs much and in other
/// sizes, or what one has freed would stand beside what the next one takes.
package func returnFreedMemory() { daybook_return_freed_memory() }

/// `keepFreedMemory` for the memory of a new thread, if the process keeps what is freed.
package func prepareThreadMemory() { daybook_prepare_thread_memory() }
