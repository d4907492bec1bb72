#include "Memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

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

void *daybook_grow(void *start, size_t byte_count) {
  void *grown = realloc(start, byte_count > 0 ? byte_count : 1);
  if (grown == NULL) abort();
  return grown;
}

void daybook_release(void *start) { free(start); }

#if defined(__GLIBC__)
#include <malloc.h>
#include <stdatomic.h>

// The allocator maps larger blocks one by one.
static const size_t largest_kept_block = (size_t)32 << 20;
static atomic_bool keeps_memory = false;

// Makes the heap of this thread as large as some blocks and asks for huge pages under it. Nothing
// is touched, so this is address space and no memory; the heap keeps it, for trimming is off.
static void prefer_huge_heap(size_t block_count) {
  const size_t byte_count = largest_kept_block - (1 << 16);
  void *blocks[8];
  size_t count = 0;
  char *start = NULL;
  char *end = NULL;
  for (; count < block_count && count < 8; count += 1) {
    char *block = malloc(byte_count);
    if (block == NULL) break;
    blocks[count] = block;
    if (start == NULL || block < end || block - end > 64) {
      if (start != NULL) daybook_prefer_huge_pages(start, (size_t)(end - start));
      start = block;
    }
    end = block + byte_count;
  }
  if (start != NULL) daybook_prefer_huge_pages(start, (size_t)(end - start));
  while (count > 0) free(blocks[count -= 1]);
}

void daybook_keep_freed_memory(void) {
  if (atomic_exchange(&keeps_memory, true)) return;
  mallopt(M_MMAP_THRESHOLD, (int)largest_kept_block);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 1 << 20);
  prefer_huge_heap(8);
}

void daybook_return_freed_memory(void) { (void)malloc_trim(0); }

// The heaps of other threads come in pieces of 64 MiB.
void daybook_prepare_thread_memory(void) {
  if (atomic_load(&keeps_memory)) prefer_huge_heap(1);
}
#else
void daybook_keep_freed_memory(void) {}
void daybook_return_freed_memory(void) {}
void daybook_prepare_thread_memory(void) {}
#endif
