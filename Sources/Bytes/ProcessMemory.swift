import CKernels

/// Lets the allocator keep freed memory for the rest of the process, on huge pages where the system
/// has them: for batch commands that fill and free the same buffers again and again. Before other
/// threads are started.
package func keepFreedMemory() { daybook_keep_freed_memory() }

/// The same for the memory of a new thread, if the process keeps what is freed.
package func prepareThreadMemory() { daybook_prepare_thread_memory() }
