/* SPDX-License-Identifier: MIT */
/* GroupNormalization, with channels last and elsewhere. */
#include "layer.h"
#include "oracle_normalization.h"

#include <math.h>

struct norm {
    int groups;
    int axis;
    size_t channels; /* of the weights; 0: none */
    float epsilon;
};

static struct random weights;

static struct twin make(struct twin x, const void *opts)
{
    const struct norm *norm = opts;
    plait_group_normalization_opts o = {.groups = norm->groups, .axis = norm->axis, .epsilon = norm->epsilon};

    if (norm->channels > 0) {
        o.gamma = random_array(&weights, DATA_NORMAL, PLAIT_SHAPE(norm->channels));
        o.beta = random_array(&weights, DATA_NORMAL, PLAIT_SHAPE(norm->channels));
    }
    return (struct twin){plait_group_normalization(x.node, &o), oracle_group_normalization(x.ref, &o)};
}

static const struct norm two = {2, 0, 20, 0}, thirty_two = {0, 0, 64, 0}, each = {-1, 0, 18, 0},
                         all = {1, 0, 35, 1e-6F}, plain = {5, 0, 0, 0}, first = {2, 1, 4, 0}, middle = {5, -2, 5, 0},
                         three = {3, 0, 3, 0};

static const struct layer_case cases[] = {
    {.name = "two groups", .shape = {3, {4, 5, 20}}, .opts = &two},
    {.name = "Keras's 32 groups", .shape = {3, {3, 3, 64}}, .opts = &thirty_two},
    {.name = "a group a channel", .shape = {3, {4, 5, 18}}, .opts = &each},
    {.name = "one group", .shape = {3, {4, 5, 35}}, .opts = &all},
    {.name = "several parts of a picture", .shape = {3, {20, 17, 20}}, .batch = 1, .planned = 2, .opts = &two},
    {.name = "no weights", .shape = {3, {4, 5, 35}}, .opts = &plain},
    {.name = "channels first", .shape = {3, {4, 5, 19}}, .opts = &first},
    {.name = "channels in the middle", .shape = {3, {4, 5, 19}}, .opts = &middle},
    {.name = "a vector", .shape = {1, {35}}, .batch = 5, .planned = 2, .opts = &all},
    {.name = "seven axes", .shape = {7, {2, 1, 2, 3, 1, 2, 3}}, .opts = &three},
};

static void groups_of_all_kinds(void **state)
{
    struct layer_test test = {.make = make, .gate = GATE_ZERO_MEAN};

    (void)state;
    weights = random_stream("group normalization");
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
}

static void positive_values(void **state)
{
    struct layer_test test = {.make = make, .data = DATA_POSITIVE, .gate = GATE_POSITIVE};

    (void)state;
    weights = random_stream("group normalization positive");
    layer_trial_table(&test, cases, sizeof cases / sizeof cases[0]);
}

/* NaN and infinities spoil their own groups alone. */
static void special_values(void **state)
{
    struct layer_test test = {.make = make, .gate = GATE_HARD};
    struct random random = random_stream("group normalization special");
    float *values = random_floats(&random, DATA_NORMAL, 2 * 5 * 20);

    (void)state;
    values[5] = NAN;
    values[115] = INFINITY;
    layer_trial_values(&test, &(struct layer_case){.name = "special values", .shape = {2, {5, 20}}, .opts = &two},
                       values);
}

static void mistakes(void **state)
{
    static const float values[20];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 6));

    (void)state;
    (void)plait_group_normalization(x, NULL);
    (void)plait_group_normalization(x, &(plait_group_normalization_opts){.groups = 4});
    (void)plait_group_normalization(x, &(plait_group_normalization_opts){.groups = -2});
    (void)plait_group_normalization(x, &(plait_group_normalization_opts){.groups = 2, .axis = 3});
    (void)plait_group_normalization(
        x, &(plait_group_normalization_opts){.name = "mine", .groups = -1, .gamma = {values, PLAIT_SHAPE(4)}});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "group_normalization \"group_normalization\": groups is 32; it must divide the 6 channels");
    check_has(plait_error_message(), "\"group_normalization_1\": groups is 4; it must divide the 6 channels, or be -1");
    check_has(plait_error_message(), "\"group_normalization_2\": groups is -2; it must divide the 6 channels");
    check_has(plait_error_message(), "\"group_normalization_3\": axis 3 is out of range for input {4,6}");
    check_has(plait_error_message(), "group_normalization \"mine\": gamma has shape {4} but must have {6}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_of_all_kinds),
        cmocka_unit_test(positive_values),
        cmocka_unit_test(special_values),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
