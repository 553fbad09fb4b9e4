/* SPDX-License-Identifier: MIT */
/* Lists of measurements, and where the cache is. */
#define _POSIX_C_SOURCE 200809L
#include "base/memory.h"
#include "check.h"
#include "device/tunings.h"

#include <stdlib.h>
#include <string.h>

static void paths_are_as_xdg_says(void **state)
{
    static const struct {
        const char *cache_home;
        const char *home;
        const char *wanted;
        const char *path; /* "": none */
    } cases[] = {
        {"/c", "/h", NULL, "/c/plait/cache.sqlite"},
        {"", "/h", NULL, "/h/.cache/plait/cache.sqlite"},
        {"relative", "/h", NULL, "/h/.cache/plait/cache.sqlite"},
        {"relative", "", NULL, ""},
        {"/c", "/h", "", ""},
        {"/c", "/h", "mine.sqlite", "mine.sqlite"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = NULL;
        assert_int_equal(setenv("XDG_CACHE_HOME", cases[i].cache_home, 1), 0);
        assert_int_equal(setenv("HOME", cases[i].home, 1), 0);
        check_ok(tunings_path(cases[i].wanted, &got));
        assert_string_equal(got ? got : "", cases[i].path);
        mem_free(got);
    }
}

static void steps_are_found(void **state)
{
    static const char *const steps[] = {"add", "conv2d fast", "conv2d strict", "relu"};
    enum { COUNT = sizeof steps / sizeof *steps };
    struct tunings tunings = {0};

    (void)state;
    assert_null(tunings_find(&tunings, "add"));
    for (size_t i = 0; i < COUNT; i++) {
        const struct tuning tuning = {.device = "d", .step = (char *)steps[i], .variant = "cpu", .nanoseconds = i};
        check_ok(tunings_add(&tunings, &tuning));
    }
    for (size_t i = 0; i < COUNT; i++) {
        const struct tuning *found = tunings_find(&tunings, steps[i]);
        assert_non_null(found);
        assert_int_equal(found->nanoseconds, i);
    }
    assert_null(tunings_find(&tunings, "conv2d"));
    assert_null(tunings_find(&tunings, "zero"));
    tunings_free(&tunings);
}

static void checksums_see_every_part(void **state)
{
    const struct tuning tuning = {"device", "step", "cpu", 256};
    const struct tuning others[] = {
        {"devices", "tep", "cpu", 256}, {"device", "ste", "pcpu", 256}, {"device", "step", "gpu", 256},
        {"device", "step", "cpu", 1},   {"device", "step", "cpu", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_true(tuning_checksum(&tuning) != tuning_checksum(&others[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_as_xdg_says),
        cmocka_unit_test(steps_are_found),
        cmocka_unit_test(checksums_see_every_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
