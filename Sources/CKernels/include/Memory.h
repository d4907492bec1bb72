// What the memory of large tables should be like.
#ifndef DAYBOOK_MEMORY_H
#define DAYBOOK_MEMORY_H
#include <stddef.h>

/// Asks for huge pages under a large table that is read at random; only a hint, and only on Linux.
void daybook_prefer_huge_pages(void *_Nonnull start, size_t byte_count);

/// Tells the allocator to keep freed memory and to give large blocks from what it keeps, and asks
/// for huge pages under what the calling thread will allocate: a batch job that frees and asks
/// again would take a page fault every 4 KiB. Does nothing where glibc is not.
void daybook_keep_freed_memory(void);

/// Asks for huge pages under what the calling thread, a new one, will allocate, once the process
/// keeps freed memory; else does nothing.
void daybook_prepare_thread_memory(void);

#endif
