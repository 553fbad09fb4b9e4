/* SPDX-License-Identifier: MIT */
/* The cache: one file in which measurements (tunings.h) and compiled programs (binary.h) outlive the process.
 *
 * Many processes may use it at once, and none that is killed leaves it half written: it is an SQLite database,
 * written in transactions. What is in it may be damaged or hostile all the same, so every row has a checksum, rows
 * that do not match it are passed over, and a file that is no database, or a broken one, counts as empty and is made
 * anew by whoever writes next. Built without PLAIT_CACHE (no_cache.c) it is always empty. */
#ifndef DEVICE_CACHE_H
#define DEVICE_CACHE_H

#include "device/tunings.h"

/* Adds the rows of a device, NULL for all, to `out`, ordered by device and step. A file that is missing or cannot be
 * read has none. */
plait_status cache_read(const char *path, const char *device, struct tunings *out);

/* Writes all of the rows, 0 or more, or none, in place of those of the same device and step. Makes the file and its
 * folders, and makes a damaged file anew. Only the newest CACHE_MOST_ROWS are kept. */
enum { CACHE_MOST_ROWS = 20000 };
plait_status cache_write(const char *path, const struct tuning *items, size_t count);

/* A program as a driver compiled it: what it was compiled for, and its bytes. */
struct cached_program {
    const char *device;
    const char *name;
    unsigned char *binary; /* NULL: none */
    size_t size;
};

/* Sets the program's binary, to be freed with mem_free, if the cache has it and can be read. */
plait_status cache_read_program(const char *path, struct cached_program *program);

/* Writes a program in place of the one of its device and name, as cache_write writes rows; sets *works to whether the
 * cache can be written. Binaries that are too large are left out, and only the newest are kept that fit together. */
enum { CACHE_MOST_BINARY_BYTES = 16 << 20, CACHE_MOST_BINARIES_BYTES = 64 << 20 };
plait_status cache_write_program(const char *path, const struct cached_program *program, bool *works);

/* Deletes the rows and programs of a device, NULL for all. */
plait_status cache_delete(const char *path, const char *device);

#endif
