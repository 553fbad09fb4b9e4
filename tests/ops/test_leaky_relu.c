/* SPDX-License-Identifier: MIT */
/* LeakyReLU: bit-exact, NaN and infinities included. */
#include "layer.h"

#include <math.h>
#include <plait/activations.h>

static struct twin make(struct twin x, const void *slope)
{
    const float *given = slope;
    const plait_relu_opts relu = {.negative_slope = given ? *given : 0.3F};

    return (struct twin){plait_leaky_relu(x.node, &(plait_leaky_relu_opts){.negative_slope = given}),
                         oracle_relu(x.ref, &relu)};
}

static void slopes(void **state)
{
    static const float zero = 0, small = 0.01F, large = 3;
    static const struct layer_case cases[] = {
        {.name = "Keras's slope", .shape = {3, {5, 7, 19}}},
        {.name = "0", .shape = {1, {33}}, .opts = &zero},
        {.name = "0.01", .shape = {1, {33}}, .opts = &small},
        {.name = "above 1", .shape = {1, {16}}, .opts = &large},
        {.name = "one number", .shape = {0}, .batch = 3, .planned = 2, .opts = &small},
    };
    struct layer_test test = {.make = make, .data = DATA_SPECIAL, .gate = GATE_BITS_ZERO};
    struct random random = random_stream("leaky relu");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        layer_trial(&test, &cases[i], &random);
        layer_trial_joined(&test, &cases[i], &random);
    }
    check_variants(&test.seen, "cpu");
}

static void fused(void **state)
{
    struct random random = random_stream("leaky relu fused");
    plait_graph *graph = twin_graph();
    const plait_dense_opts opts = {.kernel = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(6, 17))};
    const struct twin x = twin_input(graph, PLAIT_SHAPE(6), 2, random_floats(&random, DATA_NORMAL, 12));
    const struct twin y = make(twin_dense(x, &opts), NULL);

    (void)state;
    trial_run(&(struct trial){
        .name = "fused", .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1, .gate = GATE_HARD});
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));
    const float negative = -0.5F;
    const float none = NAN;

    (void)state;
    assert_string_equal(plait_node_name(plait_leaky_relu(x, NULL)), "leaky_re_lu");
    (void)plait_leaky_relu(x, &(plait_leaky_relu_opts){.negative_slope = &negative});
    (void)plait_leaky_relu(x, &(plait_leaky_relu_opts){.name = "mine", .negative_slope = &none});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "leaky_relu \"leaky_re_lu_1\": negative_slope is -0.5; it must be 0 or more, and finite");
    check_has(plait_error_message(), "leaky_relu \"mine\": negative_slope is nan; it must be 0 or more, and finite");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slopes),
        cmocka_unit_test(fused),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
