#include "CKernels.h"

// UTF-8 validation, twice: byte by byte, and 32 bytes at a time by table look-up after
// J. Keiser and D. Lemire, "Validating UTF-8 in less than one instruction per byte" (2021).

int daybook_is_utf8_portable(const uint8_t *bytes, size_t count) {
  size_t i = 0;
  while (i < count) {
    if (count - i >= 8) {
      uint64_t word;
      memcpy(&word, bytes + i, 8);
      if ((word & 0x8080808080808080u) == 0) {
        i += 8;
        continue;
      }
    }
    uint8_t lead = bytes[i];
    if (lead < 0x80) {
      i += 1;
      continue;
    }
    size_t length;
    uint8_t low = 0x80, high = 0xbf;  // The range of the second byte.
    if (lead >= 0xc2 && lead <= 0xdf) {
      length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      length = 3;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      length = 4;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return 0;
    }
    if (count - i < length || bytes[i + 1] < low || bytes[i + 1] > high) return 0;
    for (size_t k = 2; k < length; k += 1) {
      if ((bytes[i + k] & 0xc0) != 0x80) return 0;
    }
    i += length;
  }
  return 1;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

// Error classes of a pair of bytes; a pair is wrong when all three look-ups share a class.
enum {
  TOO_SHORT = 1 << 0,
  TOO_LONG = 1 << 1,
  OVERLONG_3 = 1 << 2,
  TOO_LARGE = 1 << 3,
  SURROGATE = 1 << 4,
  OVERLONG_2 = 1 << 5,
  TOO_LARGE_1000 = 1 << 6,
  OVERLONG_4 = 1 << 6,
  TWO_CONTS = 1 << 7,
  CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS,
};

#define ROW(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)                                     \
  _mm256_setr_epi8(                                                                             \
      (char)(a), (char)(b), (char)(c), (char)(d), (char)(e), (char)(f), (char)(g), (char)(h),   \
      (char)(i), (char)(j), (char)(k), (char)(l), (char)(m), (char)(n), (char)(o), (char)(p),   \
      (char)(a), (char)(b), (char)(c), (char)(d), (char)(e), (char)(f), (char)(g), (char)(h),   \
      (char)(i), (char)(j), (char)(k), (char)(l), (char)(m), (char)(n), (char)(o), (char)(p))

AVX2 static inline __m256i shifted(__m256i bytes, __m256i previous, int by) {
  __m256i across = _mm256_permute2x128_si256(previous, bytes, 0x21);
  switch (by) {
  case 1: return _mm256_alignr_epi8(bytes, across, 15);
  case 2: return _mm256_alignr_epi8(bytes, across, 14);
  default: return _mm256_alignr_epi8(bytes, across, 13);
  }
}

// Non-zero bytes where `bytes`, following `previous`, break a rule.
AVX2 static inline __m256i faults(__m256i bytes, __m256i previous) {
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  __m256i before = shifted(bytes, previous, 1);
  __m256i lead_high = _mm256_shuffle_epi8(
      ROW(TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
          TWO_CONTS, TWO_CONTS, TWO_CONTS, TWO_CONTS, TOO_SHORT | OVERLONG_2, TOO_SHORT,
          TOO_SHORT | OVERLONG_3 | SURROGATE,
          TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4),
      _mm256_and_si256(_mm256_srli_epi16(before, 4), nibble));
  __m256i lead_low = _mm256_shuffle_epi8(
      ROW(CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, CARRY | OVERLONG_2, CARRY, CARRY,
          CARRY | TOO_LARGE, CARRY | TOO_LARGE | TOO_LARGE_1000,
          CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
          CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
          CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000,
          CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE,
          CARRY | TOO_LARGE | TOO_LARGE_1000, CARRY | TOO_LARGE | TOO_LARGE_1000),
      _mm256_and_si256(before, nibble));
  __m256i second_high = _mm256_shuffle_epi8(
      ROW(TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
          TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
          TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE,
          TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE,
          TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE, TOO_SHORT, TOO_SHORT,
          TOO_SHORT, TOO_SHORT),
      _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
  __m256i pair = _mm256_and_si256(_mm256_and_si256(lead_high, lead_low), second_high);
  // The third and fourth bytes of long sequences must be continuations, which pairs cannot see.
  __m256i third = _mm256_subs_epu8(shifted(bytes, previous, 2), _mm256_set1_epi8((char)0x60));
  __m256i fourth = _mm256_subs_epu8(shifted(bytes, previous, 3), _mm256_set1_epi8((char)0x70));
  __m256i expected =
      _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
  return _mm256_xor_si256(expected, pair);
}

// Non-zero where the last bytes of `bytes` begin a sequence that they do not end.
AVX2 static inline __m256i unfinished(__m256i bytes) {
  const __m256i most = _mm256_setr_epi8(
      -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
      -1, -1, -1, -1, -1, -1, (char)0xef, (char)0xdf, (char)0xbf);
  return _mm256_subs_epu8(bytes, most);
}

AVX2 static int is_utf8_avx2(const uint8_t *bytes, size_t count) {
  __m256i error = _mm256_setzero_si256();
  __m256i previous = _mm256_setzero_si256();
  __m256i incomplete = _mm256_setzero_si256();
  size_t i = 0;
  for (; count - i >= 64; i += 64) {
    __m256i first = _mm256_loadu_si256((const __m256i *)(bytes + i));
    __m256i second = _mm256_loadu_si256((const __m256i *)(bytes + i + 32));
    if (_mm256_movemask_epi8(_mm256_or_si256(first, second)) == 0) {
      error = _mm256_or_si256(error, incomplete);
      incomplete = _mm256_setzero_si256();
    } else {
      error = _mm256_or_si256(error, faults(first, previous));
      error = _mm256_or_si256(error, faults(second, first));
      incomplete = unfinished(second);
    }
    previous = second;
  }
  if (i < count) {
    // Zeros after the end make an unfinished sequence a fault by themselves.
    uint8_t tail[96] = {0};
    memcpy(tail, bytes + i, count - i);
    for (size_t k = 0; k < 96; k += 32) {
      __m256i block = _mm256_loadu_si256((const __m256i *)(tail + k));
      error = _mm256_or_si256(error, faults(block, previous));
      previous = block;
    }
    incomplete = _mm256_setzero_si256();
  }
  error = _mm256_or_si256(error, incomplete);
  return _mm256_testz_si256(error, error);
}
#endif

int daybook_is_utf8(const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return is_utf8_avx2(bytes, count);
#endif
  return daybook_is_utf8_portable(bytes, count);
}
