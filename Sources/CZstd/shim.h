// The sequence API (our own match finder feeds it) is declared only under this macro.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>
