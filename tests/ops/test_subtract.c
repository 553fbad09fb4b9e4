/* SPDX-License-Identifier: MIT */
/* Subtract: bit-exact; exactly two inputs. */
#include "merge_trials.h"

static struct merge_test test = {
    .kind = MERGE_SUBTRACT,
    .layer = plait_subtract,
    .exactly = 2,
    .gate = GATE_BITS,
    .keras = {0, 0, 1, 2, -1, -2, 0, 0},
    .numbered = "subtract_1",
};

static void other_numbers_of_inputs(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));

    (void)state;
    (void)plait_subtract(PLAIT_NODES(x), NULL);
    (void)plait_subtract(PLAIT_NODES(x, x, x), NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "it takes exactly 2 inputs but got 1");
    check_has(plait_error_message(), "subtract \"subtract_1\": it takes exactly 2 inputs but got 3");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE_TESTS,
        cmocka_unit_test(other_numbers_of_inputs),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
