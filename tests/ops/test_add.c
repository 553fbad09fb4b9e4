/* SPDX-License-Identifier: MIT */
/* Add: bit-exact in Keras's order. */
#include "merge_trials.h"

static struct merge_test test = {
    .kind = MERGE_ADD,
    .layer = plait_add,
    .gate = GATE_BITS,
    .keras = {0, 0, 1, 2, 1, 2, 6, 8},
    .numbered = "add_1",
};

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TESTS,
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
