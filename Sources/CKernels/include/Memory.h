// What the memory of large tables should be like.
#ifndef DAYBOOK_MEMORY_H
#define DAYBOOK_MEMORY_H
#include <stddef.h>

/// Asks for huge pages under a large table that is read at random; only a hint, and only on Linux.
void daybook_prefer_huge_pages(void *_Nonnull start, size_t byte_count);

/// Memory that grows where it lies if it can, or by moving pages: a copy of a large table beside it
/// would be what its process needs most memory for. Ends the process where there is none, as Swift
/// does.
void *_Nonnull daybook_grow(void *_Nullable start, size_t byte_count);

/// Gives back what `daybook_grow` gave.
void daybook_release(void *_Nullable start);

/// Tells the allocator to keep freed memory and to give large blocks from what it keeps, and asks
/// for huge pages under what the calling thread will allocate: a batch job that frees and asks
/// again would take a page fault every 4 KiB. Does nothing where glibc is not.
void daybook_keep_freed_memory(void);

/// Gives whole pages of freed memory back to the system, whatever the allocator was told to keep.
void daybook_return_freed_memory(void);

/// Asks for huge pages under what the calling thread, a new one, will allocate, once the process
/// does so for its memory; else does nothing.
void daybook_prepare_thread_memory(void);

#endif
