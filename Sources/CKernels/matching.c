#include "Matching.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Bytes from `position` on that hold no quote, counted up to 5: shorter values are not listed.
static inline int is_long_value(const uint8_t *bytes, size_t position) {
  for (size_t offset = 0; offset < 5; offset++) {
    if (bytes[position + offset] == '"') return 0;
  }
  return 1;
}

// Writes the value behind the `":` at `key_end` and returns 1, or 0 when it is short; a write that
// is not kept saves a branch that would often be mispredicted.
static inline size_t list_value(const uint8_t *bytes, size_t key_end, uint32_t *target) {
  size_t position = key_end + 2;
  position += bytes[position] == '"';
  *target = (uint32_t)position;
#if defined(__SSE2__)
  __m128i here = _mm_loadl_epi64((const __m128i *)(bytes + position));
  int quotes = _mm_movemask_epi8(_mm_cmpeq_epi8(here, _mm_set1_epi8('"')));
  return (quotes & 0x1f) == 0;
#else
  return (size_t)is_long_value(bytes, position);
#endif
}

size_t daybook_value_starts_portable(
    const uint8_t *bytes, size_t start, size_t end, uint32_t *starts) {
  size_t count = 0;
  for (size_t position = start; position < end; position++) {
    if (bytes[position] != '"' || bytes[position + 1] != ':') continue;
    size_t value = position + 2;
    value += bytes[value] == '"';
    starts[count] = (uint32_t)value;
    count += (size_t)is_long_value(bytes, value);
  }
  return count;
}

size_t daybook_value_starts_baseline(
    const uint8_t *bytes, size_t start, size_t end, uint32_t *starts) {
#if defined(__SSE2__)
  size_t count = 0;
  for (size_t block = start; block < end; block += 16) {
    __m128i here = _mm_loadu_si128((const __m128i *)(bytes + block));
    __m128i next = _mm_loadu_si128((const __m128i *)(bytes + block + 1));
    __m128i ends = _mm_and_si128(
        _mm_cmpeq_epi8(here, _mm_set1_epi8('"')), _mm_cmpeq_epi8(next, _mm_set1_epi8(':')));
    uint32_t mask = (uint32_t)_mm_movemask_epi8(ends);
    if (end - block < 16) mask &= (1u << (end - block)) - 1;
    // Nearly always there is none or one: taken without a branch, the rest by a loop.
    size_t found = mask != 0;
    size_t kept = list_value(bytes, block + (size_t)__builtin_ctz(mask | 0x8000), starts + count);
    count += kept & found;
    for (mask &= mask - 1; __builtin_expect(mask != 0, 0); mask &= mask - 1) {
      count += list_value(bytes, block + (size_t)__builtin_ctz(mask), starts + count);
    }
  }
  return count;
#else
  return daybook_value_starts_portable(bytes, start, end, starts);
#endif
}

#if defined(__x86_64__)
// Which of 64 bytes, or of 32, are a given one: a bit each.
__attribute__((target("avx2"), always_inline)) static inline uint64_t half_mask(
    const uint8_t *place, __m256i wanted) {
  __m256i bytes = _mm256_loadu_si256((const __m256i *)place);
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, wanted));
}

__attribute__((target("avx2"), always_inline)) static inline uint64_t whole_mask(
    const uint8_t *place, __m256i wanted) {
  return half_mask(place, wanted) | half_mask(place + 32, wanted) << 32;
}

// The bits of a mask moved `distance` down, those of the next one behind them.
static inline uint64_t ahead(uint64_t mask, uint64_t next, int distance) {
  return mask >> distance | next << (64 - distance);
}

// Where in 64 bytes a key ends whose value is long: a bit each.
static inline uint64_t long_values(
    uint64_t quotes, uint64_t next_quotes, uint64_t colons, uint64_t next_colons) {
  uint64_t ends = quotes & ahead(colons, next_colons, 1);
  // A text starts one byte later than a number, so the last of its five bytes lies one further.
  uint64_t is_short =
      ahead(quotes, next_quotes, 3) | ahead(quotes, next_quotes, 4) |
      ahead(quotes, next_quotes, 5) | ahead(quotes, next_quotes, 6) |
      (ahead(quotes, next_quotes, 2) & ahead(quotes, next_quotes, 7));
  return ends & ~is_short;
}

__attribute__((target("avx2,bmi,popcnt"))) static size_t value_starts_avx2(
    const uint8_t *bytes, size_t start, size_t end, uint32_t *starts) {
  const __m256i quote = _mm256_set1_epi8('"');
  const __m256i colon = _mm256_set1_epi8(':');
  size_t count = 0;
  uint64_t quotes = 0;
  uint64_t colons = 0;
  if (start + 64 <= end) {
    quotes = whole_mask(bytes + start, quote);
    colons = whole_mask(bytes + start, colon);
  }
  for (size_t block = start; block + 64 <= end; block += 64, start = block) {
    // Seven bytes of the next block are wanted; behind the last one only 32 may be read.
    const uint8_t *next = bytes + block + 64;
    int is_whole = block + 128 <= end;
    uint64_t next_quotes = is_whole ? whole_mask(next, quote) : half_mask(next, quote);
    uint64_t next_colons = is_whole ? whole_mask(next, colon) : half_mask(next, colon);
    uint64_t mask = long_values(quotes, next_quotes, colons, next_colons);
    quotes = next_quotes;
    colons = next_colons;
    size_t found = (size_t)__builtin_popcountll(mask);
    uint32_t *target = starts + count;
    count += found;
    // Two writes without a branch serve most blocks; what is not kept is overwritten.
    do {
      for (int time = 0; time < 2; time++) {
        size_t value = block + (size_t)__builtin_ctzll(mask | 1ull << 63) + 2;
        *target++ = (uint32_t)(value + (bytes[value] == '"'));
        mask &= mask - 1;
      }
    } while (__builtin_expect(mask != 0, 0));
  }
  return count + daybook_value_starts_portable(bytes, start, end, starts + count);
}
#endif

size_t daybook_value_starts(const uint8_t *bytes, size_t start, size_t end, uint32_t *starts) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return value_starts_avx2(bytes, start, end, starts);
#endif
  return daybook_value_starts_baseline(bytes, start, end, starts);
}
