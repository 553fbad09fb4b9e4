/* SPDX-License-Identifier: MIT */
/* Mean, Sum, Max, Min along any axes. */
#include "layer.h"
#include "oracle_operations.h"

static const struct reduction_test {
    const char *name;
    enum reduction_kind kind;
    plait_node (*make)(plait_node x, plait_axes axes, const plait_reduce_opts *opts);
} reductions[] = {
    {"mean", REDUCE_MEAN, plait_ops_mean},
    {"sum", REDUCE_SUM, plait_ops_sum},
    {"max", REDUCE_MAX, plait_ops_max},
    {"min", REDUCE_MIN, plait_ops_min},
};

enum { REDUCTIONS = sizeof reductions / sizeof reductions[0] };

struct reduce {
    const struct reduction_test *reduction;
    plait_axes axes;
    bool keepdims;
};

static struct twin make(struct twin x, const void *opts)
{
    const struct reduce *reduce = opts;
    const plait_reduce_opts reduce_opts = {.keepdims = reduce->keepdims};

    return (struct twin){reduce->reduction->make(x.node, reduce->axes, &reduce_opts),
                         oracle_reduce(reduce->reduction->kind, x.ref, reduce->axes, reduce->keepdims)};
}

static struct layer_test tests_of[REDUCTIONS];

static void set_up(size_t i, enum data data)
{
    const bool sums = reductions[i].kind == REDUCE_MEAN || reductions[i].kind == REDUCE_SUM;

    tests_of[i].make = make;
    tests_of[i].data = data;
    tests_of[i].gate = !sums ? GATE_BITS_ZERO : data == DATA_POSITIVE ? GATE_POSITIVE : GATE_ZERO_MEAN;
}

static const struct {
    struct layer_case layer;
    plait_axes axes;
} cases[] = {
    {{.name = "pictures", .shape = {3, {5, 7, 35}}}, {2, {1, 2}}},
    {{.name = "channels", .shape = {3, {5, 7, 35}}}, {1, {-1}}},
    {{.name = "everything", .shape = {3, {5, 7, 19}}}, {3, {1, 2, 3}}},
    {{.name = "rows", .shape = {3, {5, 7, 16}}}, {1, {1}}},
    {{.name = "columns", .shape = {3, {5, 7, 17}}}, {1, {2}}},
    {{.name = "rows and channels", .shape = {3, {5, 7, 33}}}, {2, {3, 1}}},
    {{.name = "a vector", .shape = {1, {40}}, .batch = 5, .planned = 2}, {1, {1}}},
    {{.name = "one channel", .shape = {3, {5, 7, 1}}}, {2, {1, 2}}},
    {{.name = "size 1", .shape = {3, {5, 1, 18}}}, {1, {-2}}},
    {{.name = "many elements", .shape = {2, {3, 9000}}, .batch = 1}, {1, {2}}},
    {{.name = "many rows", .shape = {2, {9000, 3}}, .batch = 1}, {1, {1}}},
    {{.name = "seven axes", .shape = {7, {2, 3, 2, 1, 2, 3, 2}}}, {3, {1, 3, 6}}},
    {{.name = "seven axes, the last", .shape = {7, {2, 3, 2, 1, 2, 3, 2}}}, {3, {2, 5, 7}}},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static void axes_of_all_kinds(void **state)
{
    struct random random = random_stream("reduce");

    (void)state;
    for (size_t i = 0; i < REDUCTIONS * CASES; i++) {
        const size_t k = i % REDUCTIONS;
        struct layer_case c = cases[i / REDUCTIONS].layer;
        const struct reduce opts = {&reductions[k], cases[i / REDUCTIONS].axes, i % 8 < 4};
        c.opts = &opts;
        c.name = scratch_text("%s, %s", reductions[k].name, c.name);
        set_up(k, (i / REDUCTIONS) % 2 ? DATA_POSITIVE : DATA_NORMAL);
        layer_trial(&tests_of[k], &c, &random);
    }
    for (size_t k = 0; k < REDUCTIONS; k++) {
        check_variants(&tests_of[k].seen, "cpu");
    }
    check_verdict(compare_enough(0.7), "reduce");
}

static void joined(void **state)
{
    struct random random = random_stream("reduce joined");

    (void)state;
    for (size_t k = 0; k < REDUCTIONS; k++) {
        for (size_t i = 0; i < 6; i++) {
            struct layer_case c = cases[i].layer;
            const struct reduce opts = {&reductions[k], cases[i].axes, i % 2 == 0};
            c.opts = &opts;
            set_up(k, DATA_NORMAL);
            layer_trial_joined(&tests_of[k], &c, &random);
        }
    }
}

static void special_values(void **state)
{
    struct random random = random_stream("reduce special");
    const plait_axes axes[] = {{1, {1}}, {1, {2}}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const struct reduce opts = {&reductions[2 + i % 2], axes[i / 2], false};
        set_up(2 + i % 2, DATA_SPECIAL);
        layer_trial(&tests_of[2 + i % 2],
                    &(struct layer_case){.name = "special values", .shape = {2, {23, 37}}, .opts = &opts}, &random);
    }
}

static void activated(void **state)
{
    struct random random = random_stream("reduce activated");
    plait_graph *graph = twin_graph();
    const struct twin x = twin_input(graph, PLAIT_SHAPE(6, 19), 2, random_floats(&random, DATA_NORMAL, 228));
    const struct twin mean = make(x, &(struct reduce){&reductions[0], {1, {1}}, false});
    const struct twin y = twin_relu(mean, NULL);

    (void)state;
    trial_run_variants(&(struct trial){.name = "relu after it",
                                       .inputs = &x,
                                       .input_count = 1,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = GATE_HARD},
                       mean, &tests_of[0].seen);
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));

    (void)state;
    assert_string_equal(plait_node_name(plait_ops_mean(x, PLAIT_AXES(1), NULL)), "mean");
    assert_string_equal(plait_node_name(plait_ops_max(x, PLAIT_AXES(1), NULL)), "max");
    check_ok(plait_graph_check(graph));
    (void)plait_ops_mean(x, (plait_axes){0}, NULL);
    (void)plait_ops_mean(x, PLAIT_AXES(0), NULL);
    (void)plait_ops_mean(x, PLAIT_AXES(1, -2), NULL);
    (void)plait_ops_sum(x, PLAIT_AXES(-3), &(plait_reduce_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "mean \"mean_1\": it has 0 axes; name 1 to 8 of input {4,3}");
    check_has(plait_error_message(), "mean \"mean_2\": axis 0 is out of range for input {4,3}");
    check_has(plait_error_message(), "mean \"mean_3\": axis -2 is named twice; name each axis of input {4,3} once");
    check_has(plait_error_message(), "sum \"mine\": axis -3 is out of range for input {4,3}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_of_all_kinds), cmocka_unit_test(joined),   cmocka_unit_test(special_values),
        cmocka_unit_test(activated),         cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
