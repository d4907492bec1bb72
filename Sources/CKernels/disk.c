#define _GNU_SOURCE
#include "Disk.h"

#include <fcntl.h>

void daybook_start_writeback(int descriptor) {
#if defined(__linux__) && defined(SYNC_FILE_RANGE_WRITE)
  (void)sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
  (void)descriptor;
#endif
}
