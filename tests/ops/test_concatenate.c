/* SPDX-License-Identifier: MIT */
/* Concatenate: joins bit by bit along every axis, costs nothing where producers can write in place. */
#include "random.h"
#include "trial.h"

#include <plait/model.h>
#include <string.h>

enum { INPUTS = 4 };

static const struct {
    const char *name;
    int axis;
    size_t batch;
    size_t planned; /* 0: batch */
    size_t count;
    plait_shape shapes[INPUTS];
} cases[] = {
    {"one axis", -1, 2, 0, 2, {{1, {5}}, {1, {3}}}},
    {"channels", -1, 2, 0, 2, {{3, {4, 5, 3}}, {3, {4, 5, 17}}}},
    {"rows", 1, 2, 0, 2, {{3, {2, 5, 3}}, {3, {3, 5, 3}}}},
    {"cols", 2, 2, 0, 2, {{3, {4, 1, 3}}, {3, {4, 5, 3}}}},
    {"cols from the end", -2, 2, 0, 2, {{3, {4, 1, 3}}, {3, {4, 5, 3}}}},
    {"one input", -1, 2, 0, 1, {{2, {3, 4}}}},
    {"four inputs", -1, 3, 0, 4, {{2, {3, 1}}, {2, {3, 2}}, {2, {3, 16}}, {2, {3, 33}}}},
    {"one sample", -1, 1, 0, 3, {{3, {6, 1, 1}}, {3, {6, 1, 2}}, {3, {6, 1, 1}}}},
    {"less than planned", 2, 1, 4, 2, {{2, {1, 3}}, {2, {1, 4}}}},
    {"more than planned", 1, 5, 2, 2, {{2, {1, 3}}, {2, {2, 3}}}},
    {"Keras, many ones", -1, 1, 0, 2, {{4, {1, 1, 1, 5}}, {4, {1, 1, 1, 4}}}},
    {"seven axes", 4, 2, 0, 2, {{7, {2, 1, 2, 1, 2, 1, 2}}, {7, {2, 1, 2, 3, 2, 1, 2}}}},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static struct twin random_input(plait_graph *graph, struct random *random, plait_shape shape, size_t batch)
{
    size_t count = batch;

    for (size_t axis = 0; axis < shape.rank; axis++) {
        count *= shape.dims[axis];
    }
    return twin_input(graph, shape, batch, random_floats(random, DATA_SPECIAL, count));
}

/* The inputs themselves are copied; what is computed from them is written in place. */
static void run_case(size_t index, struct random *random, bool computed)
{
    struct twin inputs[INPUTS];
    struct twin parts[INPUTS];
    plait_graph *graph = twin_graph();

    for (size_t i = 0; i < cases[index].count; i++) {
        inputs[i] = random_input(graph, random, cases[index].shapes[i], cases[index].batch);
        parts[i] = computed ? twin_relu(inputs[i], NULL) : inputs[i];
    }
    const struct twin y = twin_concatenate(parts, cases[index].count, cases[index].axis);
    trial_run(&(struct trial){.name = cases[index].name,
                              .inputs = inputs,
                              .input_count = cases[index].count,
                              .outputs = &y,
                              .output_count = 1,
                              .gate = GATE_BITS,
                              .run = {.planned = cases[index].planned}});
    plait_graph_free(graph);
    scratch_reset();
}

static void inputs_are_copied(void **state)
{
    struct random random = random_stream("inputs_are_copied");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        run_case(i, &random, false);
    }
}

static void producers_write_in_place(void **state)
{
    struct random random = random_stream("producers_write_in_place");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        run_case(i, &random, true);
    }
}

/* Joins of joins, the same node twice, a part that is an output as well. */
static void joins_of_joins(void **state)
{
    struct random random = random_stream("joins_of_joins");
    plait_graph *graph = twin_graph();
    const struct twin x = random_input(graph, &random, PLAIT_SHAPE(3, 4, 5), 2);
    const struct twin a = twin_relu(x, NULL);
    const struct twin b = twin_relu(x, &(plait_relu_opts){.threshold = 0.5F});
    const struct twin inner = twin_concatenate((struct twin[]){a, b, a}, 3, -1);
    const struct twin rows = twin_concatenate((struct twin[]){inner, inner}, 2, 1);
    const struct twin outputs[] = {twin_concatenate((struct twin[]){rows, rows}, 2, 2), b, rows};

    (void)state;
    trial_run(&(struct trial){.name = "joins of joins",
                              .inputs = &x,
                              .input_count = 1,
                              .outputs = outputs,
                              .output_count = 3,
                              .gate = GATE_BITS});
    plait_graph_free(graph);
}

/* No kernel runs for a join whose inputs are computed for it alone. */
static void joins_cost_nothing(void **state)
{
    plait_graph *graph = twin_graph();
    plait_model *model = NULL;
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(3, 4));
    const plait_node a = plait_relu(x, NULL);
    const plait_node b = plait_activate(x, PLAIT_TANH, NULL);
    const plait_node y = plait_concatenate(PLAIT_NODES(a, b), -1, NULL);

    (void)state;
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y), NULL, &model));
    assert_int_equal(plait_model_step_count(model), 2);
    plait_model_free(model);
    plait_graph_free(graph);
}

static const struct {
    int axis;
    plait_shape second; /* beside {4, 5} */
    const char *message;
} mistaken[] = {
    {0, {2, {4, 5}}, "axis 0 is out of range for input {4,5}; it must be 1 to 2 or -2 to -1 (0 is the batch)"},
    {3, {2, {4, 5}}, "axis 3 is out of range"},
    {-3, {2, {4, 5}}, "axis -3 is out of range"},
    {-1, {2, {3, 5}}, "input 1 has shape {3,5} but input 0 has {4,5}; all sizes but those along axis 2 must agree"},
    {-2, {2, {4, 6}}, "input 1 has shape {4,6} but input 0 has {4,5}; all sizes but those along axis 1 must agree"},
    {-1, {1, {5}}, "input 1 has shape {5} but input 0 has {4,5}"},
    {-1, {3, {4, 5, 1}}, "input 1 has shape {4,5,1} but input 0 has {4,5}"},
};

static void mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistaken / sizeof mistaken[0]; i++) {
        plait_graph *graph = twin_graph();
        const plait_node a = plait_input(graph, NULL, PLAIT_SHAPE(4, 5));
        const plait_node b = plait_input(graph, NULL, mistaken[i].second);
        const plait_node y = plait_concatenate(PLAIT_NODES(a, b), mistaken[i].axis, NULL);
        check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, mistaken[i].message);
        check_has(plait_error_message(), "concatenate \"concatenate\": ");
        assert_int_equal(plait_node_shape(y).rank, 0);
        plait_graph_free(graph);
    }
}

static void numbers_have_no_axis(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, (plait_shape){0});

    (void)state;
    (void)plait_concatenate(PLAIT_NODES(x, x), -1, NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "axis -1 cannot be: input {} has no axis but the batch");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_copied), cmocka_unit_test(producers_write_in_place),
        cmocka_unit_test(joins_of_joins),    cmocka_unit_test(joins_cost_nothing),
        cmocka_unit_test(mistakes),          cmocka_unit_test(numbers_have_no_axis),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
