/* SPDX-License-Identifier: MIT */
/* ZIP archives, read from memory, on libzip.
 *
 * Read are members that are stored or deflated, with data descriptors or zip64 sizes. Refused, each with
 * the member's name and the reason, are encrypted members, other methods, a size that is not the one
 * declared or that the stored bytes cannot yield, and a wrong CRC; and any archive that two programs might
 * read differently: with two members of one name, with names that lead outside (absolute, ".."), with two
 * central directories, or with heads that differ from the central directory.
 * Nothing is ever written, and only members that are asked for are read. */
#ifndef LOAD_ZIP_H
#define LOAD_ZIP_H

#include "load/file.h"

#include <plait/status.h>
#include <stdbool.h>
#include <stddef.h>

/* More members than a saved model has. */
enum { ARCHIVE_MOST_MEMBERS = 4096 };

struct archive {
    struct zip *zip;  /* libzip's */
    const char *name; /* borrowed; messages begin with it */
    size_t size;
    size_t left;             /* bytes that members may still take */
    const struct file *file; /* the file whose bytes they are: as they are read, its memory is given back, so that
                                it and a member are never there twice; NULL: they stay */
};

/* Opens an archive that lies in `bytes`, which must stay until archive_close. All members that are read
 * may together have `max_bytes`. */
plait_status archive_open(const char *name, const void *bytes, size_t size, size_t max_bytes, struct archive *out);

/* Closes it; all zero is allowed. */
void archive_close(struct archive *archive);

size_t archive_count(const struct archive *archive);

/* The name of a member, 0 to count - 1; belongs to the archive. */
const char *archive_member(const struct archive *archive, size_t i);

bool archive_has(const struct archive *archive, const char *member);

/* Reads a member of exactly this name and of at most `max_bytes`; *bytes is to be freed with mem_free. A
 * zero byte, which *size does not count, follows, so that a text is a string. */
plait_status archive_read(struct archive *archive, const char *member, size_t max_bytes, unsigned char **bytes,
                          size_t *size);

#endif
