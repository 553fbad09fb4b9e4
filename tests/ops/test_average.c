/* SPDX-License-Identifier: MIT */
/* Average: a true division of the sum; devices may divide with an error of up to 2.5 ULPs. */
#include "merge_trials.h"

static struct merge_test test = {
    .kind = MERGE_AVERAGE,
    .layer = plait_average,
    .gate = GATE_ULP,
    .limit = 3,
    .keras = {0, 0, 0.5F, 1, 0.5F, 1, 3, 4},
    .numbered = "average_1",
};

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TESTS,
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
