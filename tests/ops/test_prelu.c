/* SPDX-License-Identifier: MIT */
/* PReLU: bit-exact, with alphas shared along any axes. */
#include "layer.h"
#include "oracle_operations.h"

static struct random alphas;

static struct twin make(struct twin x, const void *shape)
{
    const plait_shape *of_alpha = shape;
    const plait_array alpha = random_array(&alphas, DATA_NORMAL, *of_alpha);

    return (struct twin){plait_prelu(x.node, &(plait_prelu_opts){.alpha = alpha}), oracle_prelu(x.ref, alpha)};
}

static void shared_axes(void **state)
{
    static const plait_shape none = {3, {5, 7, 19}}, pixels = {3, {1, 1, 19}}, channels = {3, {5, 7, 1}},
                             all = {3, {1, 1, 1}}, rows = {3, {1, 7, 19}}, vector = {1, {33}}, number = {0};
    static const struct layer_case cases[] = {
        {.name = "an alpha a channel", .shape = {3, {5, 7, 19}}, .opts = &pixels},
        {.name = "an alpha an element", .shape = {3, {5, 7, 19}}, .opts = &none},
        {.name = "an alpha a pixel", .shape = {3, {5, 7, 19}}, .opts = &channels},
        {.name = "one alpha", .shape = {3, {5, 7, 19}}, .opts = &all},
        {.name = "an alpha a column", .shape = {3, {5, 7, 19}}, .batch = 1, .planned = 4, .opts = &rows},
        {.name = "a vector", .shape = {1, {33}}, .batch = 3, .opts = &vector},
        {.name = "a number", .shape = {0}, .batch = 3, .opts = &number},
    };
    struct layer_test test = {.make = make, .gate = GATE_BITS_ZERO};

    (void)state;
    alphas = random_stream("prelu");
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
}

static void special_values(void **state)
{
    struct layer_test test = {.make = make, .data = DATA_SPECIAL, .gate = GATE_BITS_ZERO};

    (void)state;
    alphas = random_stream("prelu special");
    layer_trial(&test,
                &(struct layer_case){.name = "special values", .shape = {2, {9, 37}}, .opts = &PLAIT_SHAPE(1, 37)},
                &alphas);
}

static void mistakes(void **state)
{
    static const float values[12];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));

    (void)state;
    (void)plait_prelu(x, NULL);
    (void)plait_prelu(x, &(plait_prelu_opts){.alpha = {values, PLAIT_SHAPE(3)}});
    (void)plait_prelu(x, &(plait_prelu_opts){.name = "mine", .alpha = {values, PLAIT_SHAPE(1, 4)}});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "prelu \"p_re_lu\": alpha is missing; it must have shape {4,3}");
    check_has(plait_error_message(), "prelu \"p_re_lu_1\": alpha has shape {3} but must have {4,3}");
    check_has(plait_error_message(), "prelu \"mine\": alpha has shape {1,4} but must have {1,3}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_axes),
        cmocka_unit_test(special_values),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
