import CKernels

/// Lets the allocator keep freed memory for the rest of the process: for commands that fill and
/// free the same buffers again and again. Before other threads are started.
///
/// - Cost: the heap lies on huge pages where the system has them; the last one may be used little.
package func keepFreedMemory() { daybook_keep_freed_memory() }

/// Gives freed memory back to the system: between stages of which each needs much and in other
/// sizes, or what one has freed would stand beside what the next one takes.
package func returnFreedMemory() { daybook_return_freed_memory() }

/// `keepFreedMemory` for the memory of a new thread, if the process keeps what is freed.
package func prepareThreadMemory() { daybook_prepare_thread_memory() }
