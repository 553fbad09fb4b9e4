/* SPDX-License-Identifier: MIT */
/* Reading a stored member takes its own memory, and not the mapped file's beside it. */
#define _DEFAULT_SOURCE /* fork, getrusage */
#include "load/zip.h"

#include "base/memory.h"
#include "check.h"
#include "folder.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

enum { MEMBER_BYTES = 64 << 20, MOST_MORE_KB = 32 << 10 };

static const char file_name[] = "stored.zip";

static void write_stored(void)
{
    int error = 0;
    zip_t *zip = zip_open(file_name, ZIP_CREATE | ZIP_TRUNCATE, &error);
    char *bytes = scratch(MEMBER_BYTES, 1);

    check_that(zip != NULL, "libzip's error %d", error);
    memset(bytes, 7, MEMBER_BYTES);
    const zip_int64_t index = zip_file_add(zip, "member", zip_source_buffer(zip, bytes, MEMBER_BYTES, 0), 0);
    assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0), 0);
    assert_int_equal(zip_close(zip), 0);
    scratch_reset();
}

static long peak_kb(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* How many KB more than before and the member it took; in a process of its own, which has its own peak. */
static int read_stored(void)
{
    struct file file;
    struct archive archive;
    unsigned char *bytes;
    size_t size;
    const long before = peak_kb();

    if (file_open(file_name, SIZE_MAX, &file) != PLAIT_OK ||
        archive_open(file_name, file.bytes, file.size, SIZE_MAX, &archive) != PLAIT_OK) {
        return 2;
    }
    archive.file = &file;
    if (archive_read(&archive, "member", SIZE_MAX, &bytes, &size) != PLAIT_OK || size != MEMBER_BYTES ||
        bytes[0] != 7 || memcmp(bytes, bytes + 1, size - 1) != 0) {
        return 3;
    }
    mem_free(bytes);
    archive_close(&archive);
    file_close(&file);
    return peak_kb() - before < MEMBER_BYTES / 1024 + MOST_MORE_KB ? 0 : 1;
}

static void a_stored_member_is_there_once(void **state)
{
    int status = -1;

    (void)state;
    write_stored();
    const pid_t child = fork();
    if (child == 0) {
        _exit(read_stored());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    check_that(WIFEXITED(status) && WEXITSTATUS(status) == 0, "exit status %d", status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stored_member_is_there_once),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
