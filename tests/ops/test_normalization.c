/* SPDX-License-Identifier: MIT */
/* Normalization and its inverse. */
#include "layer.h"
#include "oracle_normalization.h"

#include <math.h>
#include <plait/model.h>

struct norm {
    plait_shape shape;
    int invert;
};

static struct random constants;

static struct twin make(struct twin x, const void *opts)
{
    const struct norm *norm = opts;
    const plait_normalization_opts o = {.mean = random_array(&constants, DATA_NORMAL, norm->shape),
                                        .variance = random_array(&constants, DATA_POSITIVE, norm->shape),
                                        .invert = norm->invert};

    return (struct twin){plait_normalization(x.node, &o), oracle_normalization(x.ref, &o)};
}

static void axes_of_all_kinds(void **state)
{
    static const struct norm channels = {{1, {19}}, 0}, inverse = {{1, {19}}, 1}, number = {{0}, 0},
                             rows = {{3, {5, 1, 1}}, 0}, all = {{3, {5, 7, 19}}, 1};
    static const struct layer_case cases[] = {
        {.name = "channels", .shape = {3, {5, 7, 19}}, .opts = &channels},
        {.name = "inverse", .shape = {3, {5, 7, 19}}, .opts = &inverse},
        {.name = "numbers", .shape = {3, {5, 7, 19}}, .opts = &number},
        {.name = "rows", .shape = {3, {5, 7, 19}}, .opts = &rows},
        {.name = "every element", .shape = {3, {5, 7, 19}}, .batch = 1, .planned = 3, .opts = &all},
        {.name = "numbers only", .shape = {0}, .batch = 4, .opts = &number},
    };
    struct layer_test test = {.make = make, .gate = GATE_ULP, .limit = 3};
    struct layer_test special = {.make = make, .data = DATA_SPECIAL, .gate = GATE_ULP, .limit = 3};

    (void)state;
    constants = random_stream("normalization");
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
    layer_trial(&special, &cases[0], &constants);
    layer_trial(&special, &cases[1], &constants);
}

/* A deviation of 0 counts as 1e-7; a large mean costs no digits of x - mean. */
static void odd_statistics(void **state)
{
    static const float mean[] = {1, 1e6F, 2}, variance[] = {0, 0.25F, 1e-20F};
    static const float x[] = {1.5F, 1000001.5F, 2};
    static const float wanted[] = {5e6F, 3, 0};
    plait_graph *graph = twin_graph();
    const plait_node input = plait_input(graph, NULL, PLAIT_SHAPE(3));
    const plait_node y = plait_normalization(
        input, &(plait_normalization_opts){.mean = {mean, PLAIT_SHAPE(3)}, .variance = {variance, PLAIT_SHAPE(3)}});
    float out[3];

    (void)state;
    check_ok(fixture_run(PLAIT_NODES(input), PLAIT_NODES(y), &(struct run_opts){0}, 1, (const float *const[]){x},
                         (float *const[]){out}));
    check_verdict(compare_floats(out, wanted, 3), "odd statistics");
    plait_graph_free(graph);
}

static void summaries(void **state)
{
    static const float values[3] = {1, 2, 3};
    const plait_array three = {values, PLAIT_SHAPE(3)};
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));
    const plait_node a = plait_normalization(x, &(plait_normalization_opts){.mean = three, .variance = three});
    const plait_node y = plait_normalization(
        a, &(plait_normalization_opts){.name = "adapted", .mean = three, .variance = three, .adapted = 1});
    plait_model *model = NULL;
    char text[4000];

    (void)state;
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y), NULL, &model));
    check_ok(plait_model_summary(model, 88, text, sizeof text, NULL));
    check_has(text, "Total params: 7 ");
    check_has(text, "Non-trainable params: 7 ");
    plait_model_free(model);
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    static const float values[20];
    const plait_array three = {values, PLAIT_SHAPE(3)};
    const plait_array four = {values, PLAIT_SHAPE(4)};
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));

    (void)state;
    (void)plait_normalization(x, NULL);
    (void)plait_normalization(x, &(plait_normalization_opts){.mean = three});
    (void)plait_normalization(x, &(plait_normalization_opts){.mean = three, .variance = four});
    (void)plait_normalization(x, &(plait_normalization_opts){.name = "mine", .mean = four, .variance = four});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "normalization \"normalization\": mean is missing; it must broadcast with input {4,3}");
    check_has(plait_error_message(), "normalization \"normalization_1\": variance is missing");
    check_has(plait_error_message(),
              "normalization \"normalization_2\": mean has shape {3} and variance {4}; they must "
              "be equal and broadcast with input {4,3}");
    check_has(plait_error_message(), "normalization \"mine\": mean has shape {4} and variance {4}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_of_all_kinds),
        cmocka_unit_test(odd_statistics),
        cmocka_unit_test(summaries),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
