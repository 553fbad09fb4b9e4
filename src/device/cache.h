/* SPDX-License-Identifier: MIT */
/* The cache: one file in which measurements outlive the program (tunings.h says what for).
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

/* Deletes the rows of a device, NULL for all. */
plait_status cache_delete(const char *path, const char *device);

#endif
