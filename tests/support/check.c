/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the test. The seed is named so that the same data can be had again. */
static void stop(const char *file, int line)
{
    print_error("  random data: PLAIT_TEST_SEED=%llu\n", (unsigned long long)random_seed());
    _fail(file, line);
}

void check_status_at(plait_status got, plait_status wanted, const char *call, const char *file, int line)
{
    if (got != wanted) {
        print_error("%s\n  gave %s, wanted %s\n", call, plait_status_name(got), plait_status_name(wanted));
        print_error("  message: %s\n", got == PLAIT_OK ? "(none)" : plait_error_message());
        stop(file, line);
    }
    if (wanted != PLAIT_OK && plait_error_message()[0] == 0) {
        print_error("%s\n  gave %s without a message\n", call, plait_status_name(got));
        stop(file, line);
    }
}

void check_message_at(plait_status got, plait_status wanted, const char *part, const char *call, const char *file,
                      int line)
{
    check_status_at(got, wanted, call, file, line);
    check_has_at(plait_error_message(), part, file, line);
}

void check_that_at(bool holds, const char *file, int line, const char *format, ...)
{
    char text[1024];
    va_list args;

    if (holds) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_error("%s\n", text);
    stop(file, line);
}

void check_has_at(const char *text, const char *part, const char *file, int line)
{
    if (!strstr(text, part)) {
        print_error("\"%s\"\n  is not in: %s\n", part, text);
        stop(file, line);
    }
}

/* A list of allocations, newest first. */
struct block {
    struct block *next;
    max_align_t data[];
};

static struct block *blocks;

void scratch_reset(void)
{
    while (blocks) {
        struct block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}

void *scratch(size_t count, size_t size)
{
    static bool registered;
    struct block *block = calloc(1, sizeof *block + count * size);

    assert_non_null(block);
    if (!registered) {
        registered = true;
        assert_int_equal(atexit(scratch_reset), 0);
    }
    block->next = blocks;
    blocks = block;
    return block->data;
}

const char *scratch_text(const char *format, ...)
{
    enum { BYTES = 1024 };
    char *text = scratch(BYTES, 1);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, BYTES, format, args);
    va_end(args);
    return text;
}

size_t test_rounds(size_t full)
{
    const char *quick = getenv("PLAIT_TEST_QUICK");
    const bool few = quick && quick[0] != 0 && strcmp(quick, "0") != 0;

    return few && full > 8 ? full / 8 : few ? 1 : full;
}
