// What Swift cannot ask of the system by itself about files.
#ifndef DAYBOOK_DISK_H
#define DAYBOOK_DISK_H

/// Lets the disk begin with what was written to a file, without waiting, and without taking an
/// error away from the next `fsync`; only a hint, and only on Linux.
void daybook_start_writeback(int descriptor);

#endif
