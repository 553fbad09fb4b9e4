/* SPDX-License-Identifier: MIT */
/* A file as bytes in memory, to be read only. */
#ifndef LOAD_FILE_H
#define LOAD_FILE_H

#include <plait/status.h>
#include <stdbool.h>
#include <stddef.h>

struct file {
    const unsigned char *bytes;
    size_t size;
    bool is_mapped;
};

/* Opens a regular file of at most `max_bytes` bytes. A large one is mapped, so that only what is looked at
 * is read; whoever shortens it meanwhile breaks the program that reads it, as with any mapped file. */
plait_status file_open(const char *path, size_t max_bytes, struct file *out);

/* Gives back the memory that the bytes of a mapped file take; they are read again when they are looked at. */
void file_release(const struct file *file);

/* Frees the bytes; an all-zero file is allowed. */
void file_close(struct file *file);

#endif
