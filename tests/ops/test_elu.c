/* SPDX-License-Identifier: MIT */
/* ELU: within a few units in the last place. */
#include "layer.h"
#include "oracle_operations.h"

#include <math.h>

static struct twin make(struct twin x, const void *alpha)
{
    const float *given = alpha;

    return (struct twin){plait_elu(x.node, &(plait_elu_opts){.alpha = given}), oracle_elu(x.ref, given ? *given : 1)};
}

static void alphas(void **state)
{
    static const float one = 1, half = 0.5F, negative = -2, zero = 0;
    static const struct layer_case cases[] = {
        {.name = "Keras's alpha", .shape = {3, {5, 7, 19}}},
        {.name = "1", .shape = {1, {33}}, .opts = &one},
        {.name = "0.5", .shape = {1, {33}}, .opts = &half},
        {.name = "-2", .shape = {2, {3, 16}}, .opts = &negative},
        {.name = "0", .shape = {1, {40}}, .batch = 1, .planned = 2, .opts = &zero},
    };
    struct layer_test test = {.make = make, .gate = GATE_ULP, .limit = 4};
    struct layer_test special = {.make = make, .data = DATA_SPECIAL, .gate = GATE_ULP, .limit = 4};
    struct random random = random_stream("elu");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        layer_trial(&test, &cases[i], &random);
        layer_trial(&special, &cases[i], &random);
        layer_trial_joined(&test, &cases[i], &random);
    }
    check_variants(&test.seen, "cpu");
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));
    const float none = NAN;

    (void)state;
    assert_string_equal(plait_node_name(plait_elu(x, NULL)), "elu");
    (void)plait_elu(x, &(plait_elu_opts){.alpha = &none});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "elu \"elu_1\": alpha is nan; it must be finite");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alphas),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
