/* SPDX-License-Identifier: MIT */
/* Multiply: bit-exact in Keras's order. */
#include "merge_trials.h"

static struct merge_test test = {
    .kind = MERGE_MULTIPLY,
    .layer = plait_multiply,
    .gate = GATE_BITS,
    .keras = {0, 0, 0, 0, 0, 0, 9, 16},
    .numbered = "multiply_1",
};

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TESTS,
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
