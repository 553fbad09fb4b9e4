/* SPDX-License-Identifier: MIT */
/* The tests that all elementwise merge layers share; each test_<layer>.c defines `test`, its layer. */
#ifndef OPS_MERGE_TRIALS_H
#define OPS_MERGE_TRIALS_H

#include "random.h"
#include "trial.h"

#include <plait/model.h>

enum { MERGE_INPUTS = 5 };

struct merge_test {
    enum merge kind;
    plait_node (*layer)(plait_nodes x, const plait_layer_opts *opts);
    size_t exactly; /* the number of inputs that it takes; 0: any */
    enum gate gate;
    double limit;
    float keras[8];       /* of Keras's own x1 and x2, below */
    const char *numbered; /* its second name in a graph: "add_1" */
    struct variants seen;
};

static struct merge_test test;

/* ---- A table of shapes ------------------------------------------------------------------------------ */

struct merge_case {
    const char *name;
    size_t batch;
    size_t planned; /* 0: batch */
    size_t count;
    plait_shape shapes[MERGE_INPUTS];
};

static const struct merge_case merge_cases[] = {
    {"plain", 2, 0, 2, {{3, {5, 7, 3}}, {3, {5, 7, 3}}}},
    {"numbers", 3, 0, 2, {{0}, {0}}},
    {"one element", 1, 0, 2, {{1, {1}}, {1, {1}}}},
    {"15 elements", 1, 0, 2, {{1, {15}}, {1, {15}}}},
    {"16 elements", 1, 0, 2, {{1, {16}}, {1, {16}}}},
    {"17 elements", 1, 0, 2, {{1, {17}}, {1, {17}}}},
    {"longer than a work-item's run", 1, 0, 2, {{1, {8200}}, {1, {8200}}}},
    {"channels", 2, 0, 2, {{3, {4, 5, 20}}, {1, {20}}}},
    {"channels first", 2, 0, 2, {{1, {20}}, {3, {4, 5, 20}}}},
    {"pixels", 2, 0, 2, {{3, {4, 5, 20}}, {3, {4, 5, 1}}}},
    {"both stretch", 2, 0, 2, {{3, {1, 1, 6}}, {3, {4, 3, 1}}}},
    {"squeeze and excite", 2, 0, 2, {{3, {3, 3, 17}}, {3, {1, 1, 17}}}},
    {"lower rank", 2, 0, 2, {{1, {3}}, {2, {4, 3}}}},
    {"ones in the middle", 2, 0, 2, {{2, {4, 5}}, {3, {1, 1, 5}}}},
    {"outer product", 2, 0, 2, {{2, {2, 1}}, {1, {3}}}},
    {"a number for all", 3, 0, 2, {{3, {2, 3, 2}}, {0}}},
    {"seven axes", 2, 0, 2, {{7, {2, 1, 2, 1, 3, 1, 2}}, {7, {1, 2, 1, 2, 3, 2, 1}}}},
    {"less than planned", 1, 4, 2, {{3, {3, 1, 5}}, {3, {1, 4, 5}}}},
    {"some more than planned", 5, 2, 2, {{2, {3, 5}}, {1, {5}}}},
    {"one input", 2, 0, 1, {{2, {3, 5}}}},
    {"three inputs", 2, 0, 3, {{2, {3, 5}}, {2, {3, 5}}, {2, {3, 5}}}},
    {"three that stretch", 2, 0, 3, {{1, {5}}, {3, {2, 3, 1}}, {2, {3, 5}}}},
    {"five inputs", 2, 3, 5, {{1, {4}}, {1, {1}}, {2, {3, 1}}, {2, {3, 4}}, {1, {4}}}},
};

/* Makes inputs of the shapes and the layer on them. */
static struct twin merge_twin(const struct merge_case *c, struct random *random, enum data data, struct twin *inputs)
{
    plait_graph *graph = twin_graph();

    for (size_t i = 0; i < c->count; i++) {
        size_t count = c->batch;
        for (size_t axis = 0; axis < c->shapes[i].rank; axis++) {
            count *= c->shapes[i].dims[axis];
        }
        inputs[i] = twin_input(graph, c->shapes[i], c->batch, random_floats(random, data, count));
    }
    return twin_merge(test.kind, inputs, c->count);
}

static void merge_run(const struct merge_case *c, struct random *random, enum data data)
{
    struct twin inputs[MERGE_INPUTS];
    const struct twin y = merge_twin(c, random, data, inputs);

    trial_run_variants(&(struct trial){.name = c->name,
                                       .inputs = inputs,
                                       .input_count = c->count,
                                       .outputs = &y,
                                       .output_count = 1,
                                       .gate = test.gate,
                                       .limit = test.limit,
                                       .run = {.planned = c->planned}},
                       y, &test.seen);
    plait_graph_free(y.node.graph);
    scratch_reset();
}

static bool merge_takes(size_t count)
{
    return test.exactly == 0 || test.exactly == count;
}

static void shapes_of_all_kinds(void **state)
{
    struct random random = random_stream("merge table");

    (void)state;
    for (size_t i = 0; i < sizeof merge_cases / sizeof merge_cases[0]; i++) {
        if (merge_takes(merge_cases[i].count)) {
            merge_run(&merge_cases[i], &random, DATA_NORMAL);
        }
    }
    check_variants(&test.seen, "cpu");
    check_verdict(compare_enough(0.7), "table");
}

/* ---- Random shapes, special values ------------------------------------------------------------------ */

/* Shapes that broadcast: parts of a common one, with axes set to 1 and leading axes left out. */
static struct merge_case merge_random_case(struct random *random)
{
    struct merge_case c = {.name = "random", .batch = random_between(random, 1, 3)};
    plait_shape common = {.rank = random_between(random, 0, 4)};

    c.planned = random_between(random, c.batch, 4);
    c.count = test.exactly ? test.exactly : random_between(random, 1, MERGE_INPUTS);
    for (size_t axis = 0; axis < common.rank; axis++) {
        common.dims[axis] = random_between(random, 1, axis + 1 == common.rank ? 40 : 4);
    }
    for (size_t i = 0; i < c.count; i++) {
        const size_t missing = random_between(random, 0, 2) ? 0 : random_between(random, 0, common.rank);
        c.shapes[i].rank = common.rank - missing;
        for (size_t axis = missing; axis < common.rank; axis++) {
            c.shapes[i].dims[axis - missing] = random_between(random, 0, 3) ? common.dims[axis] : 1;
        }
    }
    return c;
}

static void random_shapes(void **state)
{
    struct random random = random_stream("merge random");

    (void)state;
    for (size_t round = 0; round < test_rounds(16); round++) {
        const struct merge_case c = merge_random_case(&random);
        merge_run(&c, &random, DATA_NORMAL);
    }
    check_verdict(compare_enough(0.7), "random shapes");
}

static void special_values(void **state)
{
    static const struct merge_case two = {"special values", 2, 0, 2, {{2, {9, 37}}, {2, {9, 37}}}};
    static const struct merge_case four = {"four of them", 2, 0, 4, {{1, {99}}, {1, {99}}, {1, {99}}, {1, {1}}}};
    struct random random = random_stream("merge special");

    (void)state;
    merge_run(&two, &random, DATA_SPECIAL);
    if (merge_takes(4)) {
        merge_run(&four, &random, DATA_SPECIAL);
    }
}

/* ---- As a part of a graph --------------------------------------------------------------------------- */

/* The layer writes into a slice of a joined tensor, whose rows are longer than its own. */
static void slices_of_a_joined_tensor(void **state)
{
    static const struct merge_case c = {"joined", 2, 3, 2, {{3, {3, 4, 19}}, {3, {3, 4, 19}}}};
    struct random random = random_stream("merge joined");

    (void)state;
    for (int axis = 1; axis <= 3; axis++) {
        struct twin inputs[MERGE_INPUTS];
        const struct twin y = merge_twin(&c, &random, DATA_NORMAL, inputs);
        const struct twin parts[] = {inputs[1], y, inputs[0]};
        const struct twin joined = twin_concatenate(parts, 3, axis);
        trial_run_variants(&(struct trial){.name = scratch_text("joined along axis %d", axis),
                                           .inputs = inputs,
                                           .input_count = 2,
                                           .outputs = &joined,
                                           .output_count = 1,
                                           .gate = test.gate,
                                           .limit = test.limit,
                                           .run = {.planned = 3}},
                           y, &test.seen);
        plait_graph_free(y.node.graph);
        scratch_reset();
    }
    check_verdict(compare_enough(0.7), "joined");
}

/* Its activation is applied once, at the end. */
static void activations(void **state)
{
    static const struct merge_case two = {"activated", 2, 0, 2, {{2, {5, 18}}, {2, {5, 18}}}};
    static const struct merge_case three = {"three, activated", 2, 0, 3, {{1, {18}}, {2, {5, 1}}, {2, {5, 18}}}};
    struct random random = random_stream("merge activated");

    (void)state;
    for (size_t count = 2; count <= 3; count++) {
        struct twin inputs[MERGE_INPUTS];
        if (!merge_takes(count)) {
            continue;
        }
        const struct twin x = merge_twin(count == 2 ? &two : &three, &random, DATA_NORMAL, inputs);
        const struct twin y = twin_activate(x, PLAIT_SIGMOID);
        trial_run_variants(&(struct trial){.name = "activated",
                                           .inputs = inputs,
                                           .input_count = count,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_ULP,
                                           .limit = 8},
                           x, &test.seen);
        plait_graph_free(y.node.graph);
        scratch_reset();
    }
    check_verdict(compare_enough(0.7), "activated");
}

/* ---- Keras's own values, names, mistakes ------------------------------------------------------------ */

static void values_of_keras(void **state)
{
    static const float x1[8] = {0, 0, 1, 2, 0, 0, 3, 4};
    static const float x2[8] = {0, 0, 0, 0, 1, 2, 3, 4};
    plait_graph *graph = twin_graph();
    const plait_node a = plait_input(graph, NULL, PLAIT_SHAPE(4, 2));
    const plait_node b = plait_input(graph, NULL, PLAIT_SHAPE(4, 2));
    const plait_node y = test.layer(PLAIT_NODES(a, b), NULL);
    float out[8];

    (void)state;
    check_ok(fixture_run(PLAIT_NODES(a, b), PLAIT_NODES(y), &(struct run_opts){0}, 1, (const float *const[]){x1, x2},
                         (float *const[]){out}));
    check_verdict(compare_floats(out, test.keras, 8), "Keras's test");
    plait_graph_free(graph);
}

static void names(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));
    const plait_node nodes[] = {test.layer(PLAIT_NODES(x, x), NULL), test.layer(PLAIT_NODES(x, x), NULL),
                                test.layer(PLAIT_NODES(x, x), &(plait_layer_opts){.name = "mine"})};

    (void)state;
    check_ok(plait_graph_check(graph));
    assert_string_equal(plait_node_name(nodes[1]), test.numbered);
    assert_string_equal(plait_node_name(nodes[2]), "mine");
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node a = plait_input(graph, "a", PLAIT_SHAPE(4, 3));
    const plait_node b = plait_input(graph, "b", PLAIT_SHAPE(5, 3));
    const plait_node y = test.layer(PLAIT_NODES(a, b), NULL);

    (void)state;
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "input 1 has shape {5,3}, which does not broadcast with {4,3} of the inputs before it");
    assert_int_equal(plait_node_shape(y).rank, 0);
    assert_ptr_equal(test.layer((plait_nodes){NULL, 0}, NULL).graph, NULL);
    plait_graph_free(graph);
}

#define MERGE_TESTS                                                                                                    \
    cmocka_unit_test(shapes_of_all_kinds), cmocka_unit_test(random_shapes), cmocka_unit_test(special_values),          \
        cmocka_unit_test(slices_of_a_joined_tensor), cmocka_unit_test(activations), cmocka_unit_test(values_of_keras), \
        cmocka_unit_test(names), cmocka_unit_test(mistakes)

#endif
