// Byte kernels that Swift cannot express as one instruction: SIMD scans and UTF-8 validation.
//
// Every fast helper has a portable twin named `..._portable`; a test says that both agree. The
// scans have no end argument: the caller guarantees a stop byte before the end of its buffer and
// 64 readable bytes after it, so wide loads never leave the buffer.
#ifndef DAYBOOK_CKERNELS_H
#define DAYBOOK_CKERNELS_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#pragma clang assume_nonnull begin

#define DAYBOOK_INLINE static inline __attribute__((always_inline))

// The high bit of every byte of `word` that is zero; bytes above the first hit may be wrong.
DAYBOOK_INLINE uint64_t daybook_zero_bytes(uint64_t word) {
  return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

// The first byte at or after `start` that is a quote, a backslash or below U+0020.
DAYBOOK_INLINE const uint8_t *daybook_string_stop_portable(const uint8_t *start) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  for (;; start += 8) {
    uint64_t word;
    memcpy(&word, start, 8);
    uint64_t hit = daybook_zero_bytes(word ^ 0x2222222222222222u) |
                   daybook_zero_bytes(word ^ 0x5c5c5c5c5c5c5c5cu) |
                   ((word - 0x2020202020202020u) & ~word & 0x8080808080808080u);
    if (hit != 0) return start + (__builtin_ctzll(hit) >> 3);
  }
#else
  while (*start != '"' && *start != '\\' && *start >= 0x20) start += 1;
  return start;
#endif
}

DAYBOOK_INLINE const uint8_t *daybook_string_stop(const uint8_t *start) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1f);
  for (;; start += 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)start);
    __m128i hit = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
        _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    int mask = _mm_movemask_epi8(hit);
    if (mask != 0) return start + __builtin_ctz((unsigned)mask);
  }
#elif defined(__ARM_NEON)
  const uint8x16_t quote = vdupq_n_u8('"');
  const uint8x16_t backslash = vdupq_n_u8('\\');
  const uint8x16_t space = vdupq_n_u8(0x20);
  for (;; start += 16) {
    uint8x16_t bytes = vld1q_u8(start);
    uint8x16_t hit = vorrq_u8(
        vorrq_u8(vceqq_u8(bytes, quote), vceqq_u8(bytes, backslash)), vcltq_u8(bytes, space));
    uint64_t nibbles =
        vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(hit), 4)), 0);
    if (nibbles != 0) return start + (__builtin_ctzll(nibbles) >> 2);
  }
#else
  return daybook_string_stop_portable(start);
#endif
}

// What a string needs when it is written: bit 0 when it has a quote, a backslash or a byte below
// U+0020 (escaped in JSON), bit 1 when it has a quote, a comma, CR or LF (quoted in CSV).
DAYBOOK_INLINE uint32_t daybook_text_flags_portable(const uint8_t *start, size_t count) {
  uint32_t flags = 0;
  for (size_t index = 0; index < count; index++) {
    uint8_t byte = start[index];
    if (byte < 0x20 || byte == '"' || byte == '\\') flags |= 1;
    if (byte == '"' || byte == ',' || byte == '\r' || byte == '\n') flags |= 2;
  }
  return flags;
}

// The same in words of eight bytes, the last of which may overlap the one before it.
DAYBOOK_INLINE uint32_t daybook_text_flags(const uint8_t *start, size_t count) {
  if (count < 8) return daybook_text_flags_portable(start, count);
  for (size_t place = 0;; place += 8) {
    if (place + 8 > count) place = count - 8;
    uint64_t word;
    memcpy(&word, start + place, 8);
    uint64_t hit = daybook_zero_bytes(word ^ 0x2222222222222222u) |
                   daybook_zero_bytes(word ^ 0x5c5c5c5c5c5c5c5cu) |
                   daybook_zero_bytes(word ^ 0x2c2c2c2c2c2c2c2cu) |
                   ((word - 0x2020202020202020u) & ~word & 0x8080808080808080u);
    if (hit != 0) return daybook_text_flags_portable(start, count);
    if (place + 8 >= count) return 0;
  }
}

// Asks for the cache line at an address that will be read soon; any address is allowed.
DAYBOOK_INLINE void daybook_prefetch(const void *_Nullable address) {
  __builtin_prefetch(address);
}

// The same for a cache line that will be written.
DAYBOOK_INLINE void daybook_prefetch_for_writing(const void *_Nullable address) {
  __builtin_prefetch(address, 1);
}

// The first LF in `count` bytes, or NULL.
DAYBOOK_INLINE const uint8_t *_Nullable daybook_find_line_feed(
    const uint8_t *start, size_t count) {
  return (const uint8_t *)memchr(start, '\n', count);
}

// 1 when the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms), else 0.
int daybook_is_utf8(const uint8_t *bytes, size_t count);
int daybook_is_utf8_portable(const uint8_t *bytes, size_t count);

#pragma clang assume_nonnull end
#include "Checksums.h"
#include "Disk.h"
#include "Filtering.h"
#include "Matching.h"
#include "Memory.h"

#endif
