#include "Checksums.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

// Four bits at a time of the reflected polynomial 0x82f63b78 (RFC 3720, appendix B.4).
static const uint32_t nibbles[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
    0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
    0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

uint32_t daybook_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  crc = ~crc;
  for (size_t i = 0; i < count; i += 1) {
    crc ^= next[i];
    crc = crc >> 4 ^ nibbles[crc & 15];
    crc = crc >> 4 ^ nibbles[crc & 15];
  }
  return ~crc;
}

#if defined(__x86_64__)
// The instruction waits three cycles for its own result, and could begin each cycle. So three
// neighbouring blocks are summed at once, the later two from 0, and the sums put together: what
// 4,096 bytes that follow do to a sum is a multiplication by x^32768 modulo the polynomial.
#define BLOCK 4096

static uint32_t multiply(uint32_t left, uint32_t right) {
  uint32_t product = 0;
  for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
    product ^= right & -(uint32_t)((left & bit) != 0);
    right = right >> 1 ^ (0x82f63b78 & -(right & 1));
  }
  return product;
}

__attribute__((target("sse4.2")))
static uint32_t crc32c_by_instruction(uint32_t crc, const uint8_t *next, size_t count) {
  uint64_t wide = ~crc;
  for (; count >= 3 * BLOCK; count -= 3 * BLOCK, next += 3 * BLOCK) {
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < BLOCK; i += 8) {
      uint64_t words[3];
      memcpy(&words[0], next + i, 8);
      memcpy(&words[1], next + BLOCK + i, 8);
      memcpy(&words[2], next + 2 * BLOCK + i, 8);
      wide = _mm_crc32_u64(wide, words[0]);
      second = _mm_crc32_u64(second, words[1]);
      third = _mm_crc32_u64(third, words[2]);
    }
    wide = multiply(0x28461564, (uint32_t)wide) ^ multiply(0x35d73a62, (uint32_t)second) ^ third;
  }
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  uint32_t narrow = (uint32_t)wide;
  for (; count > 0; count -= 1, next += 1) narrow = _mm_crc32_u8(narrow, *next);
  return ~narrow;
}
#elif defined(__ARM_FEATURE_CRC32)
static uint32_t crc32c_by_instruction(uint32_t crc, const uint8_t *next, size_t count) {
  crc = ~crc;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    crc = __crc32cd(crc, word);
  }
  for (; count > 0; count -= 1, next += 1) crc = __crc32cb(crc, *next);
  return ~crc;
}
#endif

uint32_t daybook_crc32c(uint32_t crc, const void *bytes, size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crc32c_by_instruction(crc, bytes, count);
#elif defined(__ARM_FEATURE_CRC32)
  return crc32c_by_instruction(crc, bytes, count);
#endif
  return daybook_crc32c_portable(crc, bytes, count);
}

// Source: V. Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", Intel 2009; its constants for the reflected polynomial of gzip.
#if defined(__x86_64__)
__attribute__((target("pclmul"), always_inline)) static inline __m128i fold(
    __m128i sum, __m128i constants, const uint8_t *next) {
  __m128i low = _mm_clmulepi64_si128(sum, constants, 0x00);
  __m128i high = _mm_clmulepi64_si128(sum, constants, 0x11);
  __m128i bytes = _mm_loadu_si128((const __m128i *)next);
  return _mm_xor_si128(_mm_xor_si128(low, high), bytes);
}

__attribute__((target("pclmul"))) static size_t crc32_fold(
    uint32_t crc, const uint8_t *bytes, size_t count, uint8_t *folded) {
  const __m128i by_64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
  const __m128i by_16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
  __m128i sums[4];
  for (int lane = 0; lane < 4; lane += 1) {
    sums[lane] = _mm_loadu_si128((const __m128i *)(bytes + 16 * lane));
  }
  sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128((int)~crc));
  size_t done = 64;
  for (; count - done >= 64; done += 64) {
    for (int lane = 0; lane < 4; lane += 1) {
      sums[lane] = fold(sums[lane], by_64, bytes + done + 16 * lane);
    }
  }
  __m128i sum = sums[0];
  for (int lane = 1; lane < 4; lane += 1) {
    uint8_t next[16];
    _mm_storeu_si128((__m128i *)next, sums[lane]);
    sum = fold(sum, by_16, next);
  }
  for (; count - done >= 16; done += 16) sum = fold(sum, by_16, bytes + done);
  _mm_storeu_si128((__m128i *)folded, sum);
  return done;
}
#endif

size_t daybook_crc32_fold(uint32_t crc, const void *bytes, size_t count, uint8_t folded[16]) {
#if defined(__x86_64__)
  if (count >= 64 && __builtin_cpu_supports("pclmul")) {
    return crc32_fold(crc, bytes, count, folded);
  }
#endif
  return 0;
}
