/* SPDX-License-Identifier: MIT */
/* Minimum: NaN propagates. */
#include "merge_trials.h"

static struct merge_test test = {
    .kind = MERGE_MINIMUM,
    .layer = plait_minimum,
    .gate = GATE_BITS_ZERO,
    .keras = {0, 0, 0, 0, 0, 0, 3, 4},
    .numbered = "minimum_1",
};

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TESTS,
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
