/* SPDX-License-Identifier: MIT */
/* Dot: sums of products over any axes, normalized or not. */
#include "layer.h"
#include "oracle_operations.h"

#include <math.h>

static const struct {
    const char *name;
    plait_shape a, b;
    plait_axes axes;
    size_t batch, planned;
} cases[] = {
    {"two vectors", {1, {40}}, {1, {40}}, {2, {-1, -1}}, 3, 0},
    {"rows by rows", {2, {5, 40}}, {2, {7, 40}}, {2, {-1, -1}}, 2, 0},
    {"rows by columns", {2, {9, 20}}, {2, {20, 37}}, {2, {2, 1}}, 2, 0},
    {"columns by rows", {2, {20, 9}}, {2, {37, 20}}, {2, {1, 2}}, 2, 3},
    {"columns by columns", {2, {20, 9}}, {2, {20, 37}}, {2, {1, 1}}, 2, 0},
    {"rows by a vector", {2, {5, 33}}, {1, {33}}, {2, {-1, -1}}, 2, 0},
    {"columns by a vector", {2, {33, 21}}, {1, {33}}, {2, {1, 1}}, 2, 0},
    {"a vector by columns", {1, {33}}, {2, {33, 21}}, {2, {1, 1}}, 2, 0},
    {"a vector by rows", {1, {33}}, {2, {5, 33}}, {2, {1, 2}}, 1, 4},
    {"pictures", {3, {2, 3, 18}}, {3, {4, 2, 18}}, {2, {3, -1}}, 2, 0},
    {"pictures by columns", {3, {3, 2, 4}}, {3, {3, 5, 6}}, {2, {1, 1}}, 2, 0},
    {"the middle of pictures", {3, {2, 5, 4}}, {3, {3, 5, 17}}, {2, {2, -2}}, 2, 0},
    {"Keras's higher ranks", {2, {3, 2}}, {3, {1, 2, 3}}, {2, {-2, -1}}, 1, 0},
    {"more than a vector", {2, {17, 8}}, {2, {8, 33}}, {2, {2, 1}}, 2, 0},
    {"a long sum", {2, {2, 3000}}, {2, {3, 3000}}, {2, {2, 2}}, 1, 0},
    {"a long sum by columns", {2, {2, 3000}}, {2, {3000, 18}}, {2, {2, 1}}, 1, 0},
    {"one product", {2, {3, 1}}, {2, {1, 5}}, {2, {2, 1}}, 2, 0},
    {"eight axes", {4, {2, 1, 2, 3}}, {5, {2, 1, 3, 2, 2}}, {2, {4, 3}}, 2, 0},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static struct variants seen, seen_normalized;

static struct twin dot(struct twin a, struct twin b, plait_axes axes, bool normalize)
{
    const plait_dot_opts opts = {.normalize = normalize};

    return (struct twin){plait_dot(PLAIT_NODES(a.node, b.node), axes, &opts),
                         oracle_dot(a.ref, b.ref, axes, normalize)};
}

static void new_inputs(size_t i, plait_graph *graph, enum data data, struct random *random, struct twin x[2])
{
    const size_t batch = cases[i].batch;

    x[0] = twin_input(graph, cases[i].a, batch, random_floats(random, data, batch * sample_size(cases[i].a)));
    x[1] = twin_input(graph, cases[i].b, batch, random_floats(random, data, batch * sample_size(cases[i].b)));
}

static void try(size_t i, enum data data, enum gate gate, bool normalize, struct random *random)
{
    plait_graph *graph = twin_graph();
    struct twin x[2];

    new_inputs(i, graph, data, random, x);
    const struct twin y = dot(x[0], x[1], cases[i].axes, normalize);
    check_ok(plait_graph_check(graph));
    trial_run_variants(&(struct trial){.name = cases[i].name,
                                       .inputs = x,
                                       .input_count = 2,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = gate,
                                       .run = {.planned = cases[i].planned}},
                       y, normalize ? &seen_normalized : &seen);
    plait_graph_free(graph);
    scratch_reset();
}

static void axes_of_all_kinds(void **state)
{
    struct random random = random_stream("dot");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        try(i, DATA_INTEGERS, GATE_INTEGERS, false, &random);
        try(i, i % 2 ? DATA_POSITIVE : DATA_NORMAL, i % 2 ? GATE_POSITIVE : GATE_ZERO_MEAN, false, &random);
    }
    check_variants(&seen, "cpu");
}

static void normalized(void **state)
{
    struct random random = random_stream("dot normalized");

    (void)state;
    for (size_t i = 0; i < CASES; i += 2) {
        try(i, DATA_NORMAL, GATE_HARD, true, &random);
    }
    check_variants(&seen_normalized, "cpu");
    check_verdict(compare_enough(0.6), "normalized");
}

/* Inputs that are parts of joined tensors, and a result that is. */
static void joined(void **state)
{
    struct random random = random_stream("dot joined");

    (void)state;
    for (size_t i = 0; i < 12; i++) {
        plait_graph *graph = twin_graph();
        struct twin inputs[3];
        new_inputs(i, graph, DATA_NORMAL, &random, inputs);
        const struct twin a = twin_activate(inputs[0], PLAIT_LINEAR);
        const struct twin b = twin_activate(inputs[1], PLAIT_LINEAR);
        const struct twin y = dot(a, b, cases[i].axes, false);
        const plait_shape shape = plait_node_shape(y.node);
        inputs[2] = twin_input(graph, shape, cases[i].batch,
                               random_floats(&random, DATA_NORMAL, cases[i].batch * sample_size(shape)));
        const struct twin outputs[] = {twin_concatenate((const struct twin[]){inputs[0], a}, 2, -1),
                                       twin_concatenate((const struct twin[]){inputs[1], b}, 2, 1),
                                       twin_concatenate((const struct twin[]){inputs[2], y}, 2, i % 2 ? 1 : -1)};
        trial_run_variants(&(struct trial){.name = scratch_text("%s, joined", cases[i].name),
                                           .inputs = inputs,
                                           .input_count = 3,
                                           .outputs = outputs,
                                           .output_count = 3,
                                           .gate = GATE_ZERO_MEAN,
                                           .run = {.planned = cases[i].planned}},
                           y, &seen);
        plait_graph_free(graph);
        scratch_reset();
    }
}

static void special_values(void **state)
{
    struct random random = random_stream("dot special");
    plait_graph *graph = twin_graph();
    struct twin x[2];

    (void)state;
    for (size_t i = 1; i < 5; i++) {
        new_inputs(i, graph, DATA_NORMAL, &random, x);
        x[0].ref.value[3] = (double)NAN;
        x[1].ref.value[5] = (double)INFINITY;
        const struct twin y = dot(x[0], x[1], cases[i].axes, false);
        trial_run_variants(&(struct trial){.name = "special values",
                                           .inputs = x,
                                           .input_count = 2,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_HARD},
                           y, &seen);
    }
    plait_graph_free(graph);
}

static void activated(void **state)
{
    struct random random = random_stream("dot activated");

    (void)state;
    for (size_t i = 1; i < 3; i++) {
        plait_graph *graph = twin_graph();
        struct twin x[2];
        new_inputs(i, graph, DATA_NORMAL, &random, x);
        const struct twin sum = dot(x[0], x[1], cases[i].axes, false);
        const struct twin y = twin_relu(sum, NULL);
        trial_run_variants(&(struct trial){.name = "activated",
                                           .inputs = x,
                                           .input_count = 2,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_ZERO_MEAN},
                           sum, &seen);
        plait_graph_free(graph);
        scratch_reset();
    }
}

/* One axis for both inputs, each from its own end. */
static void one_axis(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node a = plait_input(graph, NULL, PLAIT_SHAPE(2, 4));
    const plait_node b = plait_input(graph, NULL, PLAIT_SHAPE(4));
    const plait_node y = plait_dot(PLAIT_NODES(a, b), PLAIT_AXES(-1), NULL);
    const plait_node z = plait_dot(PLAIT_NODES(a, b), PLAIT_AXES(-1), &(plait_dot_opts){.normalize = 1});

    (void)state;
    check_ok(plait_graph_check(graph));
    assert_int_equal(plait_node_shape(y).rank, 1);
    assert_int_equal(plait_node_shape(y).dims[0], 2);
    assert_string_equal(plait_node_name(z), "dot_1");
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node a = plait_input(graph, "a", PLAIT_SHAPE(4, 3));
    const plait_node b = plait_input(graph, "b", PLAIT_SHAPE(4, 5));
    const plait_node c = plait_input(graph, "c", PLAIT_SHAPE(1, 1, 1, 1, 3));
    const plait_node d = plait_input(graph, "d", PLAIT_SHAPE(1, 1, 1, 1, 3));
    const plait_dot_opts mine = {.name = "mine", .normalize = 1};

    (void)state;
    (void)plait_dot(PLAIT_NODES(a), PLAIT_AXES(1), NULL);
    (void)plait_dot(PLAIT_NODES(a, b, c), PLAIT_AXES(1), NULL);
    (void)plait_dot(PLAIT_NODES(a, b), PLAIT_AXES(2), NULL);
    (void)plait_dot(PLAIT_NODES(a, b), PLAIT_AXES(0), NULL);
    (void)plait_dot(PLAIT_NODES(a, b), PLAIT_AXES(1, 1, 1), NULL);
    (void)plait_dot(PLAIT_NODES(c, d), PLAIT_AXES(5), NULL);
    (void)plait_dot(PLAIT_NODES(a, b), PLAIT_AXES(2, 3), &mine);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "dot \"dot\": it takes exactly 2 inputs but got 1");
    check_has(plait_error_message(), "dot \"dot_1\": it takes exactly 2 inputs but got 3");
    check_has(plait_error_message(),
              "dot \"dot_2\": axis 2 of input 0 {4,3} has size 3 but axis 2 of input 1 {4,5} has 5; "
              "they must agree");
    check_has(plait_error_message(), "dot \"dot_3\": axis 0 is out of range for input {4,3}");
    check_has(plait_error_message(), "dot \"dot_4\": it has 3 axes; name one for both inputs, or one for each");
    check_has(plait_error_message(), "dot \"dot_5\": inputs {1,1,1,1,3} and {1,1,1,1,3} give 8 axes; besides the batch "
                                     "there may be 7");
    check_has(plait_error_message(), "dot \"mine\": axis 3 is out of range for input {4,5}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_of_all_kinds), cmocka_unit_test(normalized), cmocka_unit_test(joined),
        cmocka_unit_test(special_values),    cmocka_unit_test(activated),  cmocka_unit_test(one_axis),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
