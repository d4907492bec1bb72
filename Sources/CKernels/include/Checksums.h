// CRC-32C (Castagnoli), the checksum of log frames: by the processor's own instruction where it has
// one, else by table. The two agree, which a test says. And help for zlib's CRC-32 of pages.
#ifndef DAYBOOK_CHECKSUMS_H
#define DAYBOOK_CHECKSUMS_H
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// The checksum of `count` more bytes; begin with `crc` 0.
uint32_t daybook_crc32c(uint32_t crc, const void *_Nullable bytes, size_t count);
uint32_t daybook_crc32c_portable(uint32_t crc, const void *_Nullable bytes, size_t count);

// Folds `count` bytes that follow a CRC-32 (as in gzip) of `crc` into 16 bytes: where those follow
// a sum of 0xffffffff, they give the same sum. Returns how many bytes were folded, a multiple of 16
// and perhaps 0: short of 64 bytes, or where the processor has no carry-less multiplication.
size_t daybook_crc32_fold(
    uint32_t crc, const void *_Nullable bytes, size_t count, uint8_t folded[_Nonnull 16]);

#pragma clang assume_nonnull end
#endif
