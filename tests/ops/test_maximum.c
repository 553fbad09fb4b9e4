/* SPDX-License-Identifier: MIT */
/* Maximum: NaN propagates. */
#include "merge_trials.h"

static struct merge_test test = {
    .kind = MERGE_MAXIMUM,
    .layer = plait_maximum,
    .gate = GATE_BITS_ZERO,
    .keras = {0, 0, 1, 2, 1, 2, 3, 4},
    .numbered = "maximum_1",
};

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TESTS,
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
