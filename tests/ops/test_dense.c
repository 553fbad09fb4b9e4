/* SPDX-License-Identifier: MIT */
/* Dense: every variant on all kinds of rows, alone and with what is fused into it. */
#include "random.h"
#include "trial.h"

static struct variants seen;

struct dense_case {
    const char *name;
    size_t batch;
    size_t planned; /* 0: batch */
    plait_shape x;
    size_t units;
};

static const struct dense_case cases[] = {
    {"one of all", 1, 0, {1, {1}}, 1},
    {"one row", 1, 0, {1, {37}}, 10},
    {"one unit", 3, 0, {1, {37}}, 1},
    {"one channel", 5, 0, {1, {1}}, 33},
    {"a tile", 12, 0, {1, {16}}, 32},
    {"a tile and a bit", 13, 0, {1, {17}}, 33},
    {"three vectors", 25, 0, {1, {70}}, 48},
    {"many units", 2, 0, {1, {40}}, 700},
    {"many rows", 150, 0, {1, {9}}, 70},
    {"rank 2", 3, 0, {2, {5, 20}}, 18},
    {"rank 3", 2, 0, {3, {4, 3, 20}}, 18},
    {"seven axes", 2, 0, {7, {1, 2, 1, 3, 1, 2, 5}}, 6},
    {"less than planned", 1, 14, {2, {2, 24}}, 40},
    {"more than planned", 14, 4, {1, {24}}, 40},
    {"large weights, one row", 1, 0, {1, {1024}}, 260},
    {"large weights, four rows", 4, 0, {1, {1024}}, 260},
    {"large weights, six rows", 6, 0, {1, {1024}}, 260},
    {"large weights, eight rows", 8, 0, {1, {1024}}, 260},
    {"split sum", 1, 0, {1, {8192}}, 5},
    {"split sum, three rows", 3, 5, {1, {9216}}, 20},
    {"split sum that does not divide by 2", 2, 0, {1, {9945}}, 3},
    {"sum of a prime length", 2, 0, {1, {8191}}, 3},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static plait_dense_opts options_of(const struct dense_case *c, struct random *random, enum data data)
{
    const plait_shape kernel = PLAIT_SHAPE(c->x.dims[c->x.rank - 1], c->units);

    return (plait_dense_opts){
        .kernel = {random_floats(random, data, kernel.dims[0] * kernel.dims[1]), kernel},
        .bias = {random_floats(random, data, c->units), PLAIT_SHAPE(c->units)},
    };
}

static struct twin input_of(plait_graph *graph, plait_shape shape, size_t batch, struct random *random, enum data data)
{
    size_t count = batch;

    for (size_t axis = 0; axis < shape.rank; axis++) {
        count *= shape.dims[axis];
    }
    return twin_input(graph, shape, batch, random_floats(random, data, count));
}

/* Runs a case with every variant. */
static void run(const struct dense_case *c, struct random *random, enum data data, enum gate gate)
{
    const plait_dense_opts opts = options_of(c, random, data);
    const struct twin x = input_of(twin_graph(), c->x, c->batch, random, data);
    const struct twin y = twin_dense(x, &opts);

    trial_run_variants(&(struct trial){.name = c->name, .inputs = &x, .input_count = 1, .outputs = &y,
                                       .output_count = 1, .gate = gate,
                                       .run = {.accuracy = PLAIT_STRICT, .planned = c->planned}},
                       y, &seen);
    plait_graph_free(x.node.graph);
    scratch_reset();
}

static void rows(void **state)
{
    struct random random = random_stream("rows");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        run(&cases[i], &random, DATA_NORMAL, GATE_HARD);
    }
    check_variants(&seen, "cpu clblast");
    check_verdict(compare_enough(0.7), "rows");
}

/* Sums of small whole numbers have no rounding errors to hide behind. */
static void integers(void **state)
{
    struct random random = random_stream("integers");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        run(&cases[i], &random, DATA_INTEGERS, GATE_INTEGERS);
    }
}

/* Rounding errors do not grow with the length of a sum. What CLBlast makes of it is its own. */
static void long_sums(void **state)
{
    static const size_t lengths[] = {192, 256, 1024, 4608, 16384, 65536};
    struct random random = random_stream("long sums");

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const struct dense_case c = {"long sum", 3, 0, {1, {lengths[i]}}, 7};
        const plait_dense_opts opts = options_of(&c, &random, DATA_POSITIVE);
        const struct twin x = input_of(twin_graph(), c.x, c.batch, &random, DATA_POSITIVE);
        const struct twin y = twin_dense(x, &opts);
        static const char *const variants[] = {NULL, "dense=gpu", "dense=reference"};
        for (size_t v = 0; v < 3; v++) {
            trial_run(&(struct trial){.name = scratch_text("%zu terms, %s", lengths[i], variants[v] ? variants[v] : ""),
                                      .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1,
                                      .gate = GATE_POSITIVE,
                                      .run = {.accuracy = PLAIT_STRICT, .variants = variants[v]}});
        }
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

static void random_rows(void **state)
{
    struct random random = random_stream("random rows");

    (void)state;
    for (size_t round = 0; round < test_rounds(40); round++) {
        struct dense_case c = {.batch = random_between(&random, 1, 30), .units = random_between(&random, 1, 100)};
        c.x.rank = random_between(&random, 1, 4);
        for (size_t axis = 0; axis < c.x.rank; axis++) {
            c.x.dims[axis] = random_between(&random, 1, axis + 1 == c.x.rank ? 300 : 4);
        }
        c.planned = random_between(&random, 1, 40);
        c.name = scratch_text("batch %zu of %zu, rank %zu, %zu channels, %zu units", c.batch, c.planned, c.x.rank,
                              c.x.dims[c.x.rank - 1], c.units);
        run(&c, &random, round % 2 ? DATA_NORMAL : DATA_INTEGERS, round % 2 ? GATE_HARD : GATE_INTEGERS);
    }
}

/* Batch normalization, a residual and an activation in its store. */
static void epilogues(void **state)
{
    static const struct dense_case forms[] = {
        {"few", 3, 0, {1, {20}}, 10},
        {"rank 3", 2, 3, {3, {4, 3, 20}}, 33},
        {"split sum", 2, 0, {1, {8192}}, 5},
    };
    struct random random = random_stream("epilogues");

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct dense_case *c = &forms[i];
        const plait_shape units = PLAIT_SHAPE(c->units);
        plait_shape y_shape = c->x;
        const plait_dense_opts opts = options_of(c, &random, DATA_NORMAL);
        const plait_batch_normalization_opts norm = {
            .gamma = {random_floats(&random, DATA_NORMAL, c->units), units},
            .moving_mean = {random_floats(&random, DATA_NORMAL, c->units), units},
            .moving_variance = {random_floats(&random, DATA_POSITIVE, c->units), units},
        };
        y_shape.dims[y_shape.rank - 1] = c->units;
        const struct twin x = input_of(twin_graph(), c->x, c->batch, &random, DATA_NORMAL);
        const struct twin shortcut = input_of(x.node.graph, y_shape, c->batch, &random, DATA_NORMAL);
        const struct twin dense = twin_dense(x, &opts);
        const struct twin normal = twin_batch_normalization(dense, &norm);
        const struct twin y = twin_relu(twin_merge(MERGE_ADD, (struct twin[]){shortcut, normal}, 2), NULL);
        const struct twin inputs[] = {x, shortcut};
        trial_run_variants(&(struct trial){.name = c->name, .inputs = inputs, .input_count = 2, .outputs = &y,
                                           .output_count = 1, .gate = GATE_HARD,
                                           .run = {.accuracy = PLAIT_STRICT, .planned = c->planned}},
                           dense, &seen);
        assert_string_equal(fixture_steps(PLAIT_NODES(x.node, shortcut.node), PLAIT_NODES(y.node), &(struct run_opts){0}),
                            "dense");
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
    check_verdict(compare_enough(0.2), "epilogues");
}

/* From a slice of one joined tensor into a slice of another, a slice added: rows of one, two and three axes. */
static void slices(void **state)
{
    static const plait_shape shapes[] = {{1, {20}}, {2, {5, 20}}, {3, {4, 3, 20}}};
    struct random random = random_stream("slices");

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        const struct dense_case c = {"slices", 2, 3, shapes[i / 2], 20};
        const int axis = i % 2 ? -1 : 1;
        plait_dense_opts opts = options_of(&c, &random, DATA_NORMAL);
        opts.activation = i % 2 ? PLAIT_SIGMOID : PLAIT_LINEAR;
        const struct twin x = input_of(twin_graph(), c.x, c.batch, &random, DATA_NORMAL);
        const struct twin part = twin_relu(x, NULL);
        const struct twin dense = twin_dense(part, &opts);
        const struct twin sum = twin_merge(MERGE_ADD, (struct twin[]){part, dense}, 2);
        const struct twin outputs[] = {
            twin_concatenate((struct twin[]){x, part}, 2, axis),
            twin_concatenate((struct twin[]){part, twin_activate(sum, PLAIT_TANH), x}, 3, axis),
        };
        trial_run_variants(&(struct trial){.name = scratch_text("rank %zu, axis %d", c.x.rank, axis), .inputs = &x,
                                           .input_count = 1, .outputs = outputs, .output_count = 2, .gate = GATE_ANY,
                                           .run = {.accuracy = PLAIT_STRICT, .planned = c.planned}},
                           dense, &seen);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

/* What is wrong with a call, and the part of the message that says so. */
static const struct {
    const char *message;
    plait_shape x;
    plait_shape kernel; /* rank 0: none */
    plait_shape bias;   /* rank 0: none */
} wrong[] = {
    {"input is a single number but must have an axis of channels", {0, {0}}, {2, {1, 4}}, {0, {0}}},
    {"kernel is missing; it must have shape {3, units}", {2, {4, 3}}, {0, {0}}, {0, {0}}},
    {"kernel has shape {3} but must be {channels, units}", {1, {3}}, {1, {3}}, {0, {0}}},
    {"input has 3 channels but kernel expects 4 (kernel {4,3}); transpose the weights", {1, {3}}, {2, {4, 3}}, {0, {0}}},
    {"input {3} and kernel {3,0} must have no size 0", {1, {3}}, {2, {3, 0}}, {0, {0}}},
    {"bias has shape {3} but must have {4}", {1, {3}}, {2, {3, 4}}, {1, {3}}},
    {"kernel {3,4294967296} has more than 2147483647 elements", {1, {3}}, {2, {3, (size_t)1 << 32}}, {0, {0}}},
    {"output shape {3000,1000000} has more than 2147483647 elements", {2, {3000, 1}}, {2, {1, 1000000}}, {0, {0}}},
};

static void mistakes(void **state)
{
    static const float data[16];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        plait_graph *graph = twin_graph();
        const plait_dense_opts opts = {
            .kernel = {wrong[i].kernel.rank ? data : NULL, wrong[i].kernel},
            .bias = {wrong[i].bias.rank ? data : NULL, wrong[i].bias},
        };
        const plait_node y = plait_dense(plait_input(graph, NULL, wrong[i].x), &opts);
        check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, wrong[i].message);
        check_has(plait_error_message(), "dense \"dense\": ");
        assert_int_equal(plait_node_shape(y).rank, 0);
        plait_graph_free(graph);
    }
    plait_graph *graph = twin_graph();
    (void)plait_dense(plait_input(graph, NULL, PLAIT_SHAPE(3)), NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "kernel is missing");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),        cmocka_unit_test(integers),  cmocka_unit_test(long_sums),
        cmocka_unit_test(random_rows), cmocka_unit_test(epilogues), cmocka_unit_test(slices),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
