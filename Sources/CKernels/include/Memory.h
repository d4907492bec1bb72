// What the memory of large tables and of page after page should be like.
#ifndef DAYBOOK_MEMORY_H
#define DAYBOOK_MEMORY_H
#include <stddef.h>

/// Asks for huge pages under a large table that is read at random; only a hint, and only on Linux.
void daybook_prefer_huge_pages(void *_Nonnull start, size_t byte_count);

/// Lets the allocator keep freed buffers of up to 32 MiB, instead of giving them back to the system
/// and faulting them in again; only with glibc.
void daybook_keep_freed_memory(void);

#endif
