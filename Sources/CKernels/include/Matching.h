// Kernels of a match finder: how far two places of one buffer agree, where a byte comes next.
//
// Each has a form for x86-64 and a portable form (`_portable`) with the same result, which other
// processors take. Positions index `bytes`; a distance is how far back the other place lies,
// at least 1 and at most the position. Nothing outside `bytes[0 ..< count]` is loaded.
#ifndef DAYBOOK_MATCHING_H
#define DAYBOOK_MATCHING_H
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#ifndef DAYBOOK_INLINE
#define DAYBOOK_INLINE static inline __attribute__((always_inline))
#endif

DAYBOOK_INLINE size_t daybook_match_end_portable(
    const uint8_t *_Nonnull bytes, size_t position, size_t distance, size_t count) {
  while (position < count && bytes[position] == bytes[position - distance]) position++;
  return position;
}

/// First position at or behind `position` whose byte differs from the one `distance` before it.
DAYBOOK_INLINE size_t daybook_match_end(
    const uint8_t *_Nonnull bytes, size_t position, size_t distance, size_t count) {
#if defined(__SSE2__)
  while (position + 16 <= count) {
    __m128i here = _mm_loadu_si128((const __m128i *)(bytes + position));
    __m128i there = _mm_loadu_si128((const __m128i *)(bytes + position - distance));
    uint32_t differing = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(here, there)) ^ 0xffff;
    if (differing) return position + (size_t)__builtin_ctz(differing);
    position += 16;
  }
#endif
  return daybook_match_end_portable(bytes, position, distance, count);
}

DAYBOOK_INLINE size_t daybook_match_start_portable(
    const uint8_t *_Nonnull bytes, size_t position, size_t distance, size_t lowest) {
  if (lowest < distance) lowest = distance;
  while (position > lowest && bytes[position - 1] == bytes[position - 1 - distance]) position--;
  return position;
}

/// Lowest start, not below `lowest`, of a match that reaches up to `position`.
DAYBOOK_INLINE size_t daybook_match_start(
    const uint8_t *_Nonnull bytes, size_t position, size_t distance, size_t lowest) {
#if defined(__SSE2__)
  if (lowest < distance) lowest = distance;
  while (position >= lowest + 16) {
    __m128i here = _mm_loadu_si128((const __m128i *)(bytes + position - 16));
    __m128i there = _mm_loadu_si128((const __m128i *)(bytes + position - 16 - distance));
    uint32_t differing = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(here, there)) ^ 0xffff;
    if (differing) return position - (size_t)__builtin_clz(differing << 16);
    position -= 16;
  }
#endif
  return daybook_match_start_portable(bytes, position, distance, lowest);
}

DAYBOOK_INLINE size_t daybook_next_quote_portable(
    const uint8_t *_Nonnull bytes, size_t position, size_t end) {
  while (position < end && bytes[position] != '"') position++;
  return position;
}

/// Position of the first quote at or behind `position`, or a position not below `end`; up to
/// `end + 15` must be readable.
DAYBOOK_INLINE size_t daybook_next_quote(
    const uint8_t *_Nonnull bytes, size_t position, size_t end) {
#if defined(__SSE2__)
  while (position < end) {
    __m128i here = _mm_loadu_si128((const __m128i *)(bytes + position));
    uint32_t quotes = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(here, _mm_set1_epi8('"')));
    if (quotes) return position + (size_t)__builtin_ctz(quotes);
    position += 16;
  }
  return position;
#else
  return daybook_next_quote_portable(bytes, position, end);
#endif
}

/// Lists where JSON values of at least five bytes start whose key ends in `start ..< end`.
///
/// A value starts behind `":` and, for a text, behind its opening quote. Up to `end + 31` must be
/// readable; `starts` needs room for `(end - start) / 2 + 16` entries. Returns their number.
size_t daybook_value_starts(
    const uint8_t *_Nonnull bytes, size_t start, size_t end, uint32_t *_Nonnull starts);

/// The same without instructions that only some processors of a kind have.
size_t daybook_value_starts_baseline(
    const uint8_t *_Nonnull bytes, size_t start, size_t end, uint32_t *_Nonnull starts);

size_t daybook_value_starts_portable(
    const uint8_t *_Nonnull bytes, size_t start, size_t end, uint32_t *_Nonnull starts);

#endif
