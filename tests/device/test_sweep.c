/* SPDX-License-Identifier: MIT */
/* Sweeping memory through the caches stays within the sweep's own memory, and in the context's budget. */
#include "check.h"
#include "device/sweep.h"
#include "fixture.h"

#include <plait.h>

static void sizes(void **state)
{
    static const uint64_t bytes[] = {0, 1, 16383, 16384, 1000000};
    plait_context *context = fixture_context(false);

    (void)state;
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        struct sweep *sweep = NULL;
        check_ok(sweep_create(context, bytes[i], &sweep));
        assert_in_range(plait_context_bytes(context), bytes[i], bytes[i] + 16384);
        check_ok(sweep_run(sweep));
        check_ok(sweep_run(sweep));
        sweep_free(sweep);
        assert_int_equal(plait_context_bytes(context), 0);
    }
    check_ok(sweep_run(NULL));
    sweep_free(NULL);
}

static void more_than_there_is(void **state)
{
    plait_context *context = fixture_context(false);
    struct sweep *sweep = NULL;

    (void)state;
    check_message(sweep_create(context, (uint64_t)1 << 60, &sweep), PLAIT_ERR_DEVICE_MEMORY, "");
    assert_null(sweep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes), cmocka_unit_test(more_than_there_is)};

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
