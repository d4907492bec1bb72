// What the memory of large tables should be like.
#ifndef DAYBOOK_MEMORY_H
#define DAYBOOK_MEMORY_H
#include <stddef.h>

/// Asks for huge pages under a large table that is read at random; only a hint, and only on Linux.
void daybook_prefer_huge_pages(void *_Nonnull start, size_t byte_count);

#endif
