#include "Filtering.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// XXH64, from its specification (doc/xxhash_spec.md of the reference project), seed 0.
static const uint64_t prime1 = 0x9e3779b185ebca87, prime2 = 0xc2b2ae3d27d4eb4f,
                      prime3 = 0x165667b19e3779f9, prime4 = 0x85ebca77c2b2ae63,
                      prime5 = 0x27d4eb2f165667c5;

static inline uint64_t rotated(uint64_t value, int bits) {
  return value << bits | value >> (64 - bits);
}

static inline uint64_t mixed(uint64_t lane, uint64_t input) {
  return rotated(lane + input * prime2, 31) * prime1;
}

static inline uint64_t word_at(const uint8_t *place) {
  uint64_t word;
  memcpy(&word, place, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

static inline uint32_t half_at(const uint8_t *place) {
  uint32_t word;
  memcpy(&word, place, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap32(word);
#endif
  return word;
}

// The sum of the blocks of 32 bytes that a long value begins with.
static uint64_t sum_of_blocks(const uint8_t *place, size_t count) {
  uint64_t lanes[4] = {prime1 + prime2, prime2, 0, 0 - prime1};
  for (; count >= 32; count -= 32, place += 32) {
    for (int lane = 0; lane < 4; lane += 1) {
      lanes[lane] = mixed(lanes[lane], word_at(place + 8 * lane));
    }
  }
  uint64_t hash =
      rotated(lanes[0], 1) + rotated(lanes[1], 7) + rotated(lanes[2], 12) + rotated(lanes[3], 18);
  for (int lane = 0; lane < 4; lane += 1) {
    hash = (hash ^ mixed(0, lanes[lane])) * prime1 + prime4;
  }
  return hash;
}

static inline uint64_t hash_of(const uint8_t *place, size_t count) {
  const uint8_t *end = place + count;
  uint64_t hash = prime5;
  if (__builtin_expect(count >= 32, 0)) {
    hash = sum_of_blocks(place, count);
    place += count & ~(size_t)31;
  }
  hash += count;
  for (; end - place >= 8; place += 8) {
    hash = rotated(hash ^ mixed(0, word_at(place)), 27) * prime1 + prime4;
  }
  if (end - place >= 4) {
    hash = rotated(hash ^ half_at(place) * prime1, 23) * prime2 + prime3;
    place += 4;
  }
  for (; place < end; place += 1) hash = rotated(hash ^ *place * prime5, 11) * prime1;
  hash = (hash ^ hash >> 33) * prime2;
  hash = (hash ^ hash >> 29) * prime3;
  return hash ^ hash >> 32;
}

size_t daybook_filter_hashes(
    const uint8_t *bytes, const int32_t *lengths, size_t count, size_t prefix, uint64_t *recent,
    size_t recent_mask, uint64_t *hashes) {
  size_t written = 0;
  for (size_t index = 0; index < count; index += 1) {
    size_t length = (size_t)(uint32_t)lengths[index];
    bytes += prefix;
    uint64_t hash = hash_of(bytes, length);
    bytes += length;
    uint64_t *known = recent + (hash & recent_mask);
    // Written in any case and kept when it is new: no branch to mispredict.
    hashes[written] = hash;
    written += *known != hash;
    *known = hash;
  }
  return written;
}

void daybook_filter_hashes_fixed(
    const uint8_t *bytes, size_t width, size_t count, uint64_t *hashes) {
  for (size_t index = 0; index < count; index += 1) {
    hashes[index] = hash_of(bytes + index * width, width);
  }
}

static const uint32_t salts[8] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                  0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

void daybook_filter_insert_portable(
    uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count) {
  for (size_t index = 0; index < count; index += 1) {
    uint32_t *block = words + ((hashes[index] >> 32) * block_count >> 32) * 8;
    uint32_t key = (uint32_t)hashes[index];
    for (int word = 0; word < 8; word += 1) block[word] |= 1u << ((key * salts[word]) >> 27);
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void insert_avx2(
    uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count) {
  const __m256i factors = _mm256_loadu_si256((const __m256i *)salts);
  const __m256i ones = _mm256_set1_epi32(1);
  for (size_t index = 0; index < count; index += 1) {
    __m256i *block = (__m256i *)(words + ((hashes[index] >> 32) * block_count >> 32) * 8);
    __m256i keys = _mm256_set1_epi32((int)(uint32_t)hashes[index]);
    __m256i bits =
        _mm256_sllv_epi32(ones, _mm256_srli_epi32(_mm256_mullo_epi32(keys, factors), 27));
    _mm256_storeu_si256(block, _mm256_or_si256(_mm256_loadu_si256(block), bits));
  }
}
#endif

void daybook_filter_insert(
    uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return insert_avx2(words, block_count, hashes, count);
#endif
  daybook_filter_insert_portable(words, block_count, hashes, count);
}

// Hashes between asking for a block and looking at it.
static const size_t ahead = 16;

static inline const uint32_t *block_of(const uint32_t *words, size_t block_count, uint64_t hash) {
  return words + ((hash >> 32) * block_count >> 32) * 8;
}

size_t daybook_filter_passing_portable(
    const uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count,
    uint32_t *places) {
  size_t passed = 0;
  for (size_t index = 0; index < count; index += 1) {
    const uint32_t *block = block_of(words, block_count, hashes[index]);
    uint32_t key = (uint32_t)hashes[index];
    uint32_t missing = 0;
    for (int word = 0; word < 8; word += 1) {
      missing |= ~block[word] & 1u << ((key * salts[word]) >> 27);
    }
    places[passed] = (uint32_t)index;
    passed += missing == 0;
  }
  return passed;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t passing_avx2(
    const uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count,
    uint32_t *places) {
  const __m256i factors = _mm256_loadu_si256((const __m256i *)salts);
  const __m256i ones = _mm256_set1_epi32(1);
  size_t passed = 0;
  for (size_t index = 0; index < count && index < ahead; index += 1) {
    __builtin_prefetch(block_of(words, block_count, hashes[index]));
  }
  for (size_t index = 0; index < count; index += 1) {
    if (index + ahead < count) {
      __builtin_prefetch(block_of(words, block_count, hashes[index + ahead]));
    }
    const __m256i *block = (const __m256i *)block_of(words, block_count, hashes[index]);
    __m256i keys = _mm256_set1_epi32((int)(uint32_t)hashes[index]);
    __m256i bits =
        _mm256_sllv_epi32(ones, _mm256_srli_epi32(_mm256_mullo_epi32(keys, factors), 27));
    // Written in any case and kept when it passes: no branch to mispredict.
    places[passed] = (uint32_t)index;
    passed += (size_t)_mm256_testc_si256(_mm256_loadu_si256(block), bits);
  }
  return passed;
}
#endif

size_t daybook_filter_passing(
    const uint32_t *words, size_t block_count, const uint64_t *hashes, size_t count,
    uint32_t *places) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    return passing_avx2(words, block_count, hashes, count, places);
  }
#endif
  return daybook_filter_passing_portable(words, block_count, hashes, count, places);
}
