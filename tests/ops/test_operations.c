/* SPDX-License-Identifier: MIT */
/* Keras's operations: bit-exact, with NumPy's broadcasting, on nodes, numbers and arrays. */
#include "layer.h"
#include "oracle_operations.h"

#include <math.h>
#include <plait/model.h>
#include <string.h>

static const struct operation {
    const char *name;
    plait_node (*make)(plait_operand a, plait_operand b, const plait_layer_opts *opts);
    enum merge kind;
    bool divides;
} operations[] = {
    {"add", plait_ops_add, MERGE_ADD, false},
    {"subtract", plait_ops_subtract, MERGE_SUBTRACT, false},
    {"multiply", plait_ops_multiply, MERGE_MULTIPLY, false},
    {"divide", plait_ops_divide, MERGE_ADD, true},
    {"true_divide", plait_ops_true_divide, MERGE_ADD, true},
    {"maximum", plait_ops_maximum, MERGE_MAXIMUM, false},
    {"minimum", plait_ops_minimum, MERGE_MINIMUM, false},
};

enum { OPERATIONS = sizeof operations / sizeof operations[0] };

static struct variants seen[OPERATIONS];

static struct reference oracle(const struct operation *operation, struct reference a, struct reference b)
{
    return operation->divides ? oracle_divide(a, b)
                              : oracle_merge(operation->kind, (const struct reference[]){a, b}, 2);
}

static void try(const struct operation *operation, const char *name, const struct twin *inputs, size_t count,
                struct twin y)
{
    check_ok(plait_graph_check(y.node.graph));
    trial_run_variants(&(struct trial){.name = scratch_text("%s, %s", operation->name, name),
                                       .inputs = inputs,
                                       .input_count = count,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = operation->divides ? GATE_ULP : GATE_BITS_ZERO,
                                       .limit = 2.5,
                                       .run = {.planned = 3}},
                       y, &seen[operation - operations]);
    plait_graph_free(y.node.graph);
    scratch_reset();
}

static struct twin new_input(plait_graph *graph, plait_shape shape, enum data data, struct random *random)
{
    return twin_input(graph, shape, 2, random_floats(random, data, 2 * sample_size(shape)));
}

/* ---- Two nodes -------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    plait_shape a, b;
} pairs[] = {
    {"plain", {3, {5, 7, 3}}, {3, {5, 7, 3}}},
    {"numbers", {0}, {0}},
    {"channels", {3, {4, 5, 20}}, {3, {1, 1, 20}}},
    {"both stretch", {2, {4, 1}}, {2, {1, 19}}},
};

static void two_nodes(void **state)
{
    struct random random = random_stream("operations");

    (void)state;
    for (size_t i = 0; i < OPERATIONS * sizeof pairs / sizeof pairs[0]; i++) {
        const struct operation *operation = &operations[i % OPERATIONS];
        plait_graph *graph = twin_graph();
        const enum data data = i % 3 == 2 && !operation->divides ? DATA_SPECIAL : DATA_NORMAL;
        const struct twin x[] = {new_input(graph, pairs[i / OPERATIONS].a, data, &random),
                                 new_input(graph, pairs[i / OPERATIONS].b, data, &random)};
        const struct twin y = {operation->make(plait_of(x[0].node), plait_of(x[1].node), NULL),
                               oracle(operation, x[0].ref, x[1].ref)};
        try(operation, pairs[i / OPERATIONS].name, x, 2, y);
    }
    for (size_t i = 0; i < OPERATIONS; i++) {
        check_variants(&seen[i], "cpu");
    }
}

/* ---- Constants -------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    plait_shape x;
    bool is_number;
    plait_shape constant;
    plait_shape as_sample; /* the constant's shape without a batch axis */
} constants[] = {
    {"a number", {3, {5, 7, 3}}, true, {0}, {0}},
    {"a number on numbers", {0}, true, {0}, {0}},
    {"a number as an array", {2, {5, 17}}, false, {0}, {0}},
    {"channels", {3, {4, 5, 20}}, false, {1, {20}}, {1, {20}}},
    {"pixels", {3, {4, 5, 20}}, false, {3, {4, 5, 1}}, {3, {4, 5, 1}}},
    {"every element", {2, {5, 17}}, false, {2, {5, 17}}, {2, {5, 17}}},
    {"with a batch axis", {2, {5, 17}}, false, {3, {1, 1, 17}}, {2, {1, 17}}},
    {"a larger constant", {2, {1, 17}}, false, {2, {5, 17}}, {2, {5, 17}}},
    {"both stretch", {2, {4, 1}}, false, {1, {19}}, {1, {19}}},
};

static void with_a_constant(const struct operation *operation, size_t i, bool first, struct random *random)
{
    plait_graph *graph = twin_graph();
    const enum data data = i == 5 && !operation->divides ? DATA_SPECIAL : DATA_NORMAL;
    const struct twin x = new_input(graph, constants[i].x, data, random);
    const plait_array array = random_array(random, data, constants[i].constant);
    const plait_operand constant = constants[i].is_number ? plait_number(array.data[0]) : plait_constant(array);
    const struct reference ref = oracle_constant((plait_array){array.data, constants[i].as_sample});
    struct twin y;

    if (first) {
        y = (struct twin){operation->make(constant, plait_of(x.node), NULL), oracle(operation, ref, x.ref)};
    } else {
        y = (struct twin){operation->make(plait_of(x.node), constant, NULL), oracle(operation, x.ref, ref)};
    }
    try(operation, scratch_text("%s %s", constants[i].name, first ? "first" : "last"), &x, 1, y);
}

static void numbers_and_arrays(void **state)
{
    struct random random = random_stream("operations constants");

    (void)state;
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        for (size_t k = 0; k < OPERATIONS; k++) {
            with_a_constant(&operations[k], i, (i + k) % 2 == 0, &random);
            if (i == 3) {
                with_a_constant(&operations[k], i, (i + k) % 2 == 1, &random);
            }
        }
    }
}

static struct twin make_negative(struct twin x, const void *opts)
{
    const struct twin y = {plait_ops_negative(x.node, opts),
                           oracle_merge(MERGE_MULTIPLY, (const struct reference[]){x.ref, oracle_number(-1)}, 2)};

    return y;
}

static void negative(void **state)
{
    static const struct layer_case cases[] = {{.name = "negative", .shape = {2, {5, 19}}}};
    struct layer_test test = {.make = make_negative, .data = DATA_SPECIAL, .gate = GATE_BITS};

    (void)state;
    layer_trial_table(&test, cases, 1);
}

/* ---- Functions of every element --------------------------------------------------------------------- */

static struct twin make_function(struct twin x, const void *kind)
{
    const plait_activation *activation = kind;

    return (struct twin){plait_ops_activate(x.node, *activation, NULL), oracle_activate(x.ref, *activation)};
}

static void functions(void **state)
{
    static const struct {
        plait_activation kind;
        const char *name;
    } named[] = {{PLAIT_RELU, "relu"},       {PLAIT_LEAKY_RELU, "leaky_relu"},     {PLAIT_SILU, "silu"},
                 {PLAIT_EXPONENTIAL, "exp"}, {PLAIT_HARD_SIGMOID, "hard_sigmoid"}, {PLAIT_SQUAREPLUS, "squareplus"},
                 {PLAIT_RELU6, "relu6"}};
    struct random random = random_stream("functions");

    (void)state;
    for (plait_activation kind = PLAIT_RELU; kind <= PLAIT_GELU_TANH; kind++) {
        struct layer_test test = {.make = make_function, .gate = GATE_ULP, .limit = 8};
        kind = kind == PLAIT_SOFTMAX ? PLAIT_GELU_TANH : kind; /* which goes over elements one by one again */
        layer_trial(&test, &(struct layer_case){.name = "function", .shape = {1, {33}}, .opts = &kind}, &random);
    }
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        assert_string_equal(plait_node_name(plait_ops_activate(x, named[i].kind, NULL)), named[i].name);
    }
    check_ok(plait_graph_check(graph));
    (void)plait_ops_activate(x, PLAIT_LINEAR, NULL);
    (void)plait_ops_activate(x, PLAIT_SOFTMAX, NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "activation \"activation\": activation 0 is no operation on single elements");
    check_has(plait_error_message(), "activation \"activation_1\": activation 25 is no operation on single elements");
    plait_graph_free(graph);
}

/* ---- As a part of a graph --------------------------------------------------------------------------- */

static struct twin chain(struct twin x, const plait_array *bias)
{
    const struct reference constants_of_it[] = {oracle_number(2), oracle_constant(*bias), oracle_number(1),
                                                oracle_number(4)};
    struct twin y = x;

    y.node = plait_ops_multiply(plait_number(2), plait_of(y.node), NULL);
    y.ref = oracle_merge(MERGE_MULTIPLY, (const struct reference[]){constants_of_it[0], y.ref}, 2);
    y.node = plait_ops_add(plait_of(y.node), plait_constant(*bias), NULL);
    y.ref = oracle_merge(MERGE_ADD, (const struct reference[]){y.ref, constants_of_it[1]}, 2);
    y.node = plait_ops_subtract(plait_number(1), plait_of(y.node), NULL);
    y.ref = oracle_merge(MERGE_SUBTRACT, (const struct reference[]){constants_of_it[2], y.ref}, 2);
    y.node = plait_ops_divide(plait_of(y.node), plait_number(4), NULL);
    y.ref = oracle_divide(y.ref, constants_of_it[3]);
    y.node = plait_ops_negative(y.node, NULL);
    y.ref = oracle_merge(MERGE_MULTIPLY, (const struct reference[]){y.ref, oracle_number(-1)}, 2);
    return y;
}

static size_t count_steps(struct twin x, struct twin y)
{
    plait_model *model = NULL;

    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x.node), PLAIT_NODES(y.node), NULL, &model));
    const size_t count = plait_model_step_count(model);
    plait_model_free(model);
    return count;
}

/* What scales and shifts goes into the dense layer before it, the rest does not. */
static void folded(void **state)
{
    struct random random = random_stream("operations folded");
    plait_graph *graph = twin_graph();
    const plait_array bias = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(17));
    const plait_array column = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(3, 1));
    const plait_dense_opts opts = {.kernel = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(6, 17))};
    const struct twin x = new_input(graph, PLAIT_SHAPE(3, 6), DATA_NORMAL, &random);
    const struct twin y = chain(twin_dense(x, &opts), &bias);
    const struct twin dense = twin_dense(x, &opts);
    const struct twin not_folded[] = {
        {plait_ops_add(plait_of(dense.node), plait_constant(column), NULL), dense.ref},
        {plait_ops_divide(plait_number(1), plait_of(dense.node), NULL), dense.ref},
        {plait_ops_divide(plait_of(dense.node), plait_number(0), NULL), dense.ref},
        {plait_ops_multiply(plait_of(dense.node), plait_number(INFINITY), NULL), dense.ref},
        {plait_ops_maximum(plait_of(dense.node), plait_number(0), NULL), dense.ref},
    };

    (void)state;
    trial_run(&(struct trial){
        .name = "folded", .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1, .gate = GATE_HARD});
    assert_int_equal(count_steps(x, y), 1);
    for (size_t i = 0; i < sizeof not_folded / sizeof not_folded[0]; i++) {
        assert_in_range(count_steps(x, not_folded[i]), 2, 3);
    }
    plait_graph_free(graph);
}

static void names(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));

    (void)state;
    (void)plait_add(PLAIT_NODES(x, x), NULL);
    assert_string_equal(plait_node_name(plait_ops_add(plait_of(x), plait_number(1), NULL)), "add_1");
    assert_string_equal(plait_node_name(plait_ops_true_divide(plait_of(x), plait_number(1), NULL)), "true_divide");
    assert_string_equal(plait_node_name(plait_ops_negative(x, NULL)), "negative");
    assert_string_equal(plait_node_name(plait_ops_negative(x, &(plait_layer_opts){.name = "mine"})), "mine");
    check_ok(plait_graph_check(graph));
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    static const float values[40];
    plait_graph *graph = twin_graph();
    const plait_operand a = plait_of(plait_input(graph, "a", PLAIT_SHAPE(4, 3)));
    const plait_operand b = plait_of(plait_input(graph, "b", PLAIT_SHAPE(5, 3)));
    const plait_operand c = plait_of(plait_input(graph, "c", PLAIT_SHAPE(3)));

    (void)state;
    (void)plait_ops_add(a, b, NULL);
    (void)plait_ops_add(a, c, NULL);
    (void)plait_ops_add(a, plait_constant((plait_array){values, PLAIT_SHAPE(5, 3)}), NULL);
    (void)plait_ops_add(a, plait_constant((plait_array){values, PLAIT_SHAPE(2, 4, 3)}), NULL);
    (void)plait_ops_add(a, plait_constant((plait_array){values, PLAIT_SHAPE(1, 1, 4, 3)}), NULL);
    (void)plait_ops_add(a, plait_constant((plait_array){values, PLAIT_SHAPE(0, 3)}), NULL);
    (void)plait_ops_add(plait_constant((plait_array){0}), a, &(plait_layer_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "add \"add\": input 1 has shape {5,3}, which does not broadcast with {4,3} of the inputs before it");
    check_has(plait_error_message(),
              "add \"add_1\": input 1 has shape {3} but input 0 has {4,3}: aligned at their last "
              "axes, the batch of one meets another axis");
    check_has(plait_error_message(), "add \"add_2\": the constant has shape {5,3}, which does not broadcast with input "
                                     "{4,3}");
    check_has(plait_error_message(), "add \"add_3\": the constant has shape {2,4,3} but the input {4,3}: aligned at "
                                     "their last axes, the batch meets the axis of size 2");
    check_has(plait_error_message(), "add \"add_4\": the constant has shape {1,1,4,3} but the input {4,3}");
    check_has(plait_error_message(), "add \"add_5\": the constant array of shape {0,3} has no values");
    check_has(plait_error_message(), "add \"mine\": the constant array of shape {} has no values");
    assert_ptr_equal(plait_ops_add(plait_number(1), plait_number(2), NULL).graph, NULL);
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_nodes), cmocka_unit_test(numbers_and_arrays),
        cmocka_unit_test(negative),  cmocka_unit_test(functions),
        cmocka_unit_test(folded),    cmocka_unit_test(names),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
