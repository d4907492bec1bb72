// Split-block bloom filters of Parquet (BloomFilter.md): the hashes of many values, and setting
// their bits. The plain twin of the hashes is Swift's `xxHash64`, that of the bits `..._portable`:
// tests say that they agree.
#ifndef DAYBOOK_FILTERING_H
#define DAYBOOK_FILTERING_H
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Hashes `count` strings that follow each other, each behind `prefix` bytes that do not count, with
// XXH64 (seed 0). A hash that `recent` holds at the place its lowest bits name is left out; others
// are put there. `recent` has `recent_mask` + 1 places, a power of two. Returns the number of
// hashes written, at most `count`.
size_t daybook_filter_hashes(
    const uint8_t *bytes, const int32_t *lengths, size_t count, size_t prefix, uint64_t *recent,
    size_t recent_mask, uint64_t *hashes);

// XXH64 (seed 0) of `count` values of `width` bytes that follow each other.
void daybook_filter_hashes_fixed(
    const uint8_t *bytes, size_t width, size_t count, uint64_t *hashes);

// Sets the bits of `count` hashes in a filter of `block_count` blocks of eight words.
void daybook_filter_insert(
    uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count);
void daybook_filter_insert_portable(
    uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count);

// Writes the places of the hashes whose bits are all set in such a filter, ascending, and returns
// how many these are. `places` has room for `count`. Blocks are asked for ahead, so that a filter
// larger than the caches costs no wait a hash.
size_t daybook_filter_passing(
    const uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count,
    uint32_t *places);
size_t daybook_filter_passing_portable(
    const uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count,
    uint32_t *places);

#pragma clang assume_nonnull end
#endif
