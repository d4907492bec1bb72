#include "Matching.h"

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

size_t daybook_value_starts(const uint8_t *bytes, size_t start, size_t end, uint32_t *starts) {
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
