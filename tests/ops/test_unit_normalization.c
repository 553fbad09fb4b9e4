/* SPDX-License-Identifier: MIT */
/* UnitNormalization, along the last axis and others. */
#include "layer.h"
#include "oracle_normalization.h"

#include <math.h>

static struct twin make(struct twin x, const void *opts)
{
    const plait_axes axes = *(const plait_axes *)opts;

    return (struct twin){plait_unit_normalization(x.node, &(plait_unit_normalization_opts){.axes = axes}),
                         oracle_unit_normalization(x.ref, axes, 1e12)};
}

static const plait_axes none = {0}, picture = {3, {1, 2, 3}}, pair = {2, {3, -2}}, rows = {1, {1}}, outer = {2, {1, 3}};

static const struct layer_case cases[] = {
    {.name = "channels", .shape = {3, {4, 3, 35}}, .opts = &none},
    {.name = "a picture", .shape = {3, {4, 5, 19}}, .opts = &picture},
    {.name = "columns and channels", .shape = {3, {4, 5, 19}}, .opts = &pair},
    {.name = "rows", .shape = {3, {4, 5, 19}}, .opts = &rows},
    {.name = "rows and channels", .shape = {3, {4, 5, 19}}, .opts = &outer},
    {.name = "one channel", .shape = {2, {4, 1}}, .opts = &none},
    {.name = "a vector", .shape = {1, {16}}, .batch = 5, .planned = 2, .opts = &none},
    {.name = "a long vector", .shape = {1, {9000}}, .batch = 1, .planned = 2, .opts = &none},
};

static void axes_of_all_kinds(void **state)
{
    struct layer_test test = {.make = make, .gate = GATE_POSITIVE};

    (void)state;
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
}

/* A line of zeros stays; one whose squares overflow becomes zeros, as in Keras; NaN and infinities spoil
 * their own lines alone. */
static void special_values(void **state)
{
    struct layer_test test = {.make = make, .gate = GATE_HARD};
    struct random random = random_stream("unit normalization special");
    float *values = random_floats(&random, DATA_NORMAL, 6 * 21);

    (void)state;
    for (size_t i = 0; i < 21; i++) {
        values[i] = i % 2 ? 0.0F : -0.0F;
        values[21 + i] = 1e30F;
        values[105 + i] *= 1e-16F;
    }
    values[42] = NAN;
    values[63] = -INFINITY;
    layer_trial_values(&test, &(struct layer_case){.name = "special values", .shape = {2, {3, 21}}, .opts = &none},
                       values);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));

    (void)state;
    assert_string_equal(plait_node_name(plait_unit_normalization(x, NULL)), "unit_normalization");
    check_ok(plait_graph_check(graph));
    (void)plait_unit_normalization(x, &(plait_unit_normalization_opts){.axes = PLAIT_AXES(0)});
    (void)plait_unit_normalization(x, &(plait_unit_normalization_opts){.name = "mine", .axes = PLAIT_AXES(2, -1)});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "unit_normalization \"unit_normalization_1\": axis 0 is out of range for input {4,3}");
    check_has(plait_error_message(), "unit_normalization \"mine\": axis -1 is named twice");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_of_all_kinds),
        cmocka_unit_test(special_values),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
