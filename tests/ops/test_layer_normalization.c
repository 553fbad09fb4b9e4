/* SPDX-License-Identifier: MIT */
/* LayerNormalization, along the last axis and others. */
#include "layer.h"
#include "oracle_normalization.h"

#include <math.h>

struct norm {
    plait_axes axes;
    plait_shape weights; /* rank 0: none */
    float epsilon;
};

static struct random weights;

static struct twin make(struct twin x, const void *opts)
{
    const struct norm *norm = opts;
    plait_layer_normalization_opts o = {.axes = norm->axes, .epsilon = norm->epsilon};

    if (norm->weights.rank > 0) {
        o.gamma = random_array(&weights, DATA_NORMAL, norm->weights);
        o.beta = random_array(&weights, DATA_NORMAL, norm->weights);
    }
    return (struct twin){plait_layer_normalization(x.node, &o), oracle_layer_normalization(x.ref, &o)};
}

static const struct norm plain = {{0}, {0}, 0}, last35 = {{0}, {1, {35}}, 0}, last16 = {{1, {-1}}, {1, {16}}, 1e-6F},
                         one = {{0}, {1, {1}}, 0}, picture = {{3, {1, 2, 3}}, {3, {4, 5, 19}}, 0},
                         pair = {{2, {-1, -2}}, {2, {5, 19}}, 0.25F}, rows = {{1, {1}}, {1, {4}}, 0},
                         outer = {{2, {1, 3}}, {2, {4, 19}}, 0};

static const struct layer_case cases[] = {
    {.name = "channels", .shape = {3, {4, 3, 35}}, .opts = &last35},
    {.name = "no weights", .shape = {3, {4, 3, 35}}, .opts = &plain},
    {.name = "16 channels, small epsilon", .shape = {2, {6, 16}}, .opts = &last16},
    {.name = "a picture", .shape = {3, {4, 5, 19}}, .opts = &picture},
    {.name = "columns and channels", .shape = {3, {4, 5, 19}}, .opts = &pair},
    {.name = "rows", .shape = {3, {4, 5, 19}}, .opts = &rows},
    {.name = "rows and channels", .shape = {3, {4, 5, 19}}, .opts = &outer},
    {.name = "one channel", .shape = {2, {4, 1}}, .opts = &one},
    {.name = "a vector", .shape = {1, {35}}, .batch = 5, .planned = 2, .opts = &last35},
    {.name = "a long vector", .shape = {1, {9000}}, .batch = 1, .planned = 2, .opts = &plain},
};

static void axes_of_all_kinds(void **state)
{
    struct layer_test test = {.make = make, .gate = GATE_ZERO_MEAN};

    (void)state;
    weights = random_stream("layer normalization");
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
}

static struct twin make_unmoved(struct twin x, const void *opts)
{
    const struct norm *norm = opts;
    const plait_layer_normalization_opts o = {.axes = norm->axes,
                                              .gamma = random_array(&weights, DATA_NORMAL, norm->weights),
                                              .rms_scaling = 1};

    return (struct twin){plait_layer_normalization(x.node, &o), oracle_layer_normalization(x.ref, &o)};
}

static struct twin make_rms(struct twin x, const void *opts)
{
    const struct norm *norm = opts;
    plait_rms_normalization_opts o = {.axes = norm->axes, .epsilon = norm->epsilon};

    if (norm->weights.rank > 0) {
        o.scale = random_array(&weights, DATA_NORMAL, norm->weights);
    }
    return (struct twin){plait_rms_normalization(x.node, &o), oracle_rms_normalization(x.ref, &o)};
}

static void without_a_mean(void **state)
{
    static const struct layer_case unmoved[] = {{.name = "unmoved", .shape = {3, {4, 3, 35}}, .opts = &last35},
                                                {.name = "unmoved rows", .shape = {3, {4, 5, 19}}, .opts = &rows}};
    struct layer_test rms = {.make = make_rms, .gate = GATE_HARD};
    struct layer_test test = {.make = make_unmoved, .gate = GATE_HARD};

    (void)state;
    weights = random_stream("rms normalization");
    layer_trial_table(&rms, cases, sizeof cases / sizeof cases[0]);
    layer_trial_table(&test, unmoved, sizeof unmoved / sizeof unmoved[0]);
}

/* A mean far from zero, and a sum of squares that would cancel. */
static void positive_values(void **state)
{
    struct layer_test test = {.make = make, .data = DATA_POSITIVE, .gate = GATE_POSITIVE};

    (void)state;
    weights = random_stream("layer normalization positive");
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
}

static void a_large_mean(void **state)
{
    struct layer_test test = {.make = make, .gate = GATE_HARD};
    struct random random = random_stream("large mean");
    float *values = random_floats(&random, DATA_NORMAL, 2 * 400);

    (void)state;
    for (size_t i = 0; i < 800; i++) {
        values[i] += 1e4F;
    }
    layer_trial_values(&test, &(struct layer_case){.name = "a large mean", .shape = {1, {400}}, .opts = &plain},
                       values);
}

/* NaN and infinities spoil their own lines alone. */
static void special_values(void **state)
{
    struct layer_test test = {.make = make, .gate = GATE_HARD};
    struct random random = random_stream("layer normalization special");
    float *values = random_floats(&random, DATA_NORMAL, 2 * 3 * 21);

    (void)state;
    values[5] = NAN;
    values[21 + 20] = INFINITY;
    values[42] = -INFINITY;
    layer_trial_values(&test, &(struct layer_case){.name = "special values", .shape = {2, {3, 21}}, .opts = &plain},
                       values);
}

static void mistakes(void **state)
{
    static const float values[20];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));

    (void)state;
    assert_string_equal(plait_node_name(plait_layer_normalization(x, NULL)), "layer_normalization");
    check_ok(plait_graph_check(graph));
    (void)plait_layer_normalization(x, &(plait_layer_normalization_opts){.axes = PLAIT_AXES(3)});
    (void)plait_layer_normalization(x, &(plait_layer_normalization_opts){.gamma = {values, PLAIT_SHAPE(4)}});
    (void)plait_layer_normalization(x, &(plait_layer_normalization_opts){.name = "mine",
                                                                         .beta = {values, PLAIT_SHAPE(3, 4)},
                                                                         .axes = PLAIT_AXES(-1, 1)});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "layer_normalization \"layer_normalization_1\": axis 3 is out of range for input {4,3}");
    check_has(plait_error_message(), "\"layer_normalization_2\": gamma has shape {4} but must have {3}");
    check_has(plait_error_message(), "layer_normalization \"mine\": beta has shape {3,4} but must have {4,3}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_mean),
        cmocka_unit_test(axes_of_all_kinds), cmocka_unit_test(positive_values), cmocka_unit_test(a_large_mean),
        cmocka_unit_test(special_values),    cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
