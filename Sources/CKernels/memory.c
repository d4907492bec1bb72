#include "Memory.h"

#include <stdint.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

void daybook_prefer_huge_pages(void *start, size_t byte_count) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const uintptr_t page = (uintptr_t)2 << 20;
  uintptr_t first = ((uintptr_t)start + page - 1) & ~(page - 1);
  uintptr_t end = ((uintptr_t)start + byte_count) & ~(page - 1);
  if (end > first) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
#else
  (void)start;
  (void)byte_count;
#endif
}
