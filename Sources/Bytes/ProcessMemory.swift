import CKernels

/// Lets the allocator keep freed memory for the rest of the process: for batch commands that fill
/// and free the same buffers again and again.
package func keepFreedMemory() { daybook_keep_freed_memory() }
