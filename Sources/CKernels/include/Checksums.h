// CRC-32C (Castagnoli), the checksum of log frames: by the processor's own instruction where it has
// one, else by table. The two agree, which a test says.
#ifndef DAYBOOK_CHECKSUMS_H
#define DAYBOOK_CHECKSUMS_H
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// The checksum of `count` more bytes; begin with `crc` 0.
uint32_t daybook_crc32c(uint32_t crc, const void *_Nullable bytes, size_t count);
uint32_t daybook_crc32c_portable(uint32_t crc, const void *_Nullable bytes, size_t count);

#pragma clang assume_nonnull end
#endif
