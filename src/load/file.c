/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* O_CLOEXEC, madvise */
#include "load/file.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below it, copying costs less than setting up a mapping. */
enum { MAPPED_BYTES = 1 << 18 };

static plait_status fail(const char *path, const char *what)
{
    return error_set(PLAIT_ERR_IO, "\"%s\": cannot be %s: %s", path, what, strerror(errno));
}

static plait_status check_file(int descriptor, const char *path, size_t max_bytes, size_t *size)
{
    struct stat stat;

    if (fstat(descriptor, &stat) != 0) {
        return fail(path, "read");
    }
    if (!S_ISREG(stat.st_mode)) {
        return error_set(PLAIT_ERR_IO, "\"%s\": this is %s where a file should be", path,
                         S_ISDIR(stat.st_mode) ? "a folder" : "a device, pipe or socket");
    }
    if ((uintmax_t)stat.st_size > max_bytes) {
        return error_set(PLAIT_ERR_TOO_LARGE, "\"%s\": the file has %ju bytes where at most %zu are read", path,
                         (uintmax_t)stat.st_size, max_bytes);
    }
    *size = (size_t)stat.st_size;
    return PLAIT_OK;
}

static plait_status read_all(int descriptor, const char *path, size_t size, struct file *out)
{
    plait_status status = PLAIT_OK;
    unsigned char *bytes = NULL;
    size_t done = 0;

    TRY(mem_alloc(&bytes, size, 1));
    while (done < size) {
        const ssize_t got = read(descriptor, bytes + done, size - done);
        if (got == 0) {
            status = error_set(PLAIT_ERR_IO, "\"%s\": the file was cut from %zu to %zu bytes while it was read", path,
                               size, done);
            goto out;
        }
        if (got < 0 && errno != EINTR) {
            status = fail(path, "read");
            goto out;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    *out = (struct file){bytes, size, false};
    bytes = NULL;
out:
    mem_free(bytes);
    return status;
}

plait_status file_open(const char *path, size_t max_bytes, struct file *out)
{
    plait_status status = PLAIT_OK;
    void *mapped = MAP_FAILED;
    size_t size = 0;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not block */

    if (descriptor < 0) {
        return fail(path, "opened");
    }
    TRY(check_file(descriptor, path, max_bytes, &size));
    if (size >= MAPPED_BYTES) {
        mapped = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    }
    if (mapped != MAP_FAILED) {
        *out = (struct file){mapped, size, true};
    } else {
        TRY(read_all(descriptor, path, size, out));
    }
out:
    (void)close(descriptor);
    return status;
}

void file_release(const struct file *file)
{
    if (file->is_mapped) {
        (void)madvise((void *)file->bytes, file->size, MADV_DONTNEED); /* nothing was written to it */
    }
}

void file_close(struct file *file)
{
    void *memory = (void *)file->bytes;

    if (file->is_mapped) {
        (void)munmap(memory, file->size);
    } else {
        mem_free(memory);
    }
    *file = (struct file){0};
}
