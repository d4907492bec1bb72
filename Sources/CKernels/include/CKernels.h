// Byte kernels that Swift cannot express as one instruction: SIMD scans and UTF-8 validation.
// Every helper has a portable twin; the Swift callers test that both agree.
#ifndef DAYBOOK_CKERNELS_H
#define DAYBOOK_CKERNELS_H
#include <stddef.h>
#include <stdint.h>
#endif
