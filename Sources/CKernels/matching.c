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
__attribute__((target("avx2"), always_inline)) static inline __m256i quotes_at(
    const uint8_t *place) {
  return _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)place), _mm256_set1_epi8('"'));
}

// Where in 32 bytes a key ends whose value is long: a bit each.
__attribute__((target("avx2"), always_inline)) static inline uint64_t long_values(
    const uint8_t *place) {
  __m256i colons = _mm256_cmpeq_epi8(
      _mm256_loadu_si256((const __m256i *)(place + 1)), _mm256_set1_epi8(':'));
  __m256i is_end = _mm256_and_si256(quotes_at(place), colons);
  // A text starts one byte later than a number, so the last of its five bytes lies one further.
  __m256i is_short = _mm256_or_si256(
      _mm256_or_si256(quotes_at(place + 3), quotes_at(place + 4)),
      _mm256_or_si256(quotes_at(place + 5), quotes_at(place + 6)));
  is_short = _mm256_or_si256(
      is_short, _mm256_and_si256(quotes_at(place + 2), quotes_at(place + 7)));
  return (uint32_t)_mm256_movemask_epi8(_mm256_andnot_si256(is_short, is_end));
}

__attribute__((target("avx2,bmi,popcnt"))) static size_t value_starts_avx2(
    const uint8_t *bytes, size_t start, size_t end, uint32_t *starts) {
  size_t count = 0;
  for (size_t block = start; block + 64 <= end; block += 64, start = block) {
    const uint8_t *place = bytes + block;
    uint64_t mask = long_values(place) | long_values(place + 32) << 32;
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
