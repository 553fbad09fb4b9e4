/* SPDX-License-Identifier: MIT */
/* BatchNormalization: along every axis, with and without gamma and beta, by its own kernels; what becomes of
 * it in the weights of its producer is tested with the planner. */
#include "graph/op.h"
#include "random.h"
#include "trial.h"

#include <math.h>

static const struct {
    const char *name;
    int axis; /* 0: Keras's default */
    size_t batch;
    size_t planned; /* 0: batch */
    plait_shape shape;
    bool gamma;
    bool beta;
    float epsilon; /* 0: Keras's default */
} cases[] = {
    {"channels", 0, 2, 0, {3, {4, 5, 20}}, true, true, 0},
    {"no gamma", -1, 2, 0, {3, {4, 5, 20}}, false, true, 0},
    {"no beta", 3, 2, 0, {3, {4, 5, 20}}, true, false, 1.001e-5F},
    {"neither", -1, 2, 0, {3, {4, 5, 3}}, false, false, 0.1F},
    {"rows", 1, 2, 4, {3, {4, 5, 20}}, true, true, 0},
    {"cols", 2, 2, 0, {3, {4, 5, 20}}, true, true, 0},
    {"cols from the end", -2, 1, 0, {3, {4, 17, 1}}, true, true, 0},
    {"one axis", -1, 3, 0, {1, {16}}, true, true, 0},
    {"one channel", -1, 3, 0, {2, {5, 1}}, true, true, 0},
    {"long", -1, 1, 0, {1, {8200}}, true, true, 0},
    {"more than planned", 1, 5, 2, {2, {6, 3}}, true, true, 0},
    {"seven axes", 4, 2, 0, {7, {2, 1, 2, 3, 1, 2, 2}}, true, true, 0},
};

enum { CASES = sizeof cases / sizeof cases[0] };

/* Options of case `index`, with random arrays. */
static plait_batch_normalization_opts options_of(size_t index, struct random *random)
{
    const int axis = cases[index].axis ? cases[index].axis : -1;
    const size_t rank = cases[index].shape.rank;
    const size_t channels = cases[index].shape.dims[axis > 0 ? (size_t)axis - 1 : rank - (size_t)-axis];
    const plait_shape shape = PLAIT_SHAPE(channels);
    const plait_array none = {0};
    const plait_array gamma = {random_floats(random, DATA_NORMAL, channels), shape};
    const plait_array beta = {random_floats(random, DATA_NORMAL, channels), shape};

    return (plait_batch_normalization_opts){
        .gamma = cases[index].gamma ? gamma : none,
        .beta = cases[index].beta ? beta : none,
        .moving_mean = {random_floats(random, DATA_NORMAL, channels), shape},
        .moving_variance = {random_floats(random, DATA_POSITIVE, channels), shape},
        .epsilon = cases[index].epsilon,
        .axis = cases[index].axis,
    };
}

static struct twin input_of(size_t index, struct random *random)
{
    size_t count = cases[index].batch;

    for (size_t axis = 0; axis < cases[index].shape.rank; axis++) {
        count *= cases[index].shape.dims[axis];
    }
    return twin_input(twin_graph(), cases[index].shape, cases[index].batch, random_floats(random, DATA_NORMAL, count));
}

static void table(void **state)
{
    struct random random = random_stream("table");
    struct variants seen = {0};

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        const plait_batch_normalization_opts opts = options_of(i, &random);
        const struct twin x = input_of(i, &random);
        const struct twin y = twin_batch_normalization(x, &opts);
        trial_run_variants(&(struct trial){.name = cases[i].name,
                                           .inputs = &x,
                                           .input_count = 1,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_HARD,
                                           .run = {.planned = cases[i].planned}},
                           y, &seen);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
    check_variants(&seen, "cpu");
    check_verdict(compare_enough(0.7), "table");
}

/* From a slice into a slice, with an activation. */
static void slices(void **state)
{
    struct random random = random_stream("slices");

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct variants seen = {0};
        const plait_batch_normalization_opts opts = options_of(i, &random);
        const struct twin x = input_of(i, &random);
        const struct twin part = twin_relu(x, NULL);
        const struct twin y = twin_batch_normalization(part, &opts);
        const int axis = (int)(i % 3) + 1;
        const struct twin outputs[] = {
            twin_concatenate((struct twin[]){x, part}, 2, axis),
            twin_concatenate((struct twin[]){x, twin_activate(y, PLAIT_TANH), x}, 3, axis),
        };
        trial_run_variants(&(struct trial){.name = cases[i].name,
                                           .inputs = &x,
                                           .input_count = 1,
                                           .outputs = outputs,
                                           .output_count = 2,
                                           .gate = GATE_ULP,
                                           .limit = 8,
                                           .run = {.planned = 3}},
                           y, &seen);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

/* Keras's root of a negative number is NaN, not an error. */
static void negative_variance(void **state)
{
    static const float mean[3] = {0.5F, 0, 0};
    static const float variance[3] = {0.25F, -0.5F, 4};
    static const float x[3] = {1, 1, INFINITY};
    static const char *const variants[] = {"batch_normalization=cpu", "batch_normalization=reference"};
    const plait_batch_normalization_opts opts = {.moving_mean = {mean, {1, {3}}},
                                                 .moving_variance = {variance, {1, {3}}}};
    plait_graph *graph = twin_graph();
    const plait_node input = plait_input(graph, NULL, PLAIT_SHAPE(3));
    const plait_node output = plait_batch_normalization(input, &opts);
    float y[3];

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        check_ok(fixture_run(PLAIT_NODES(input), PLAIT_NODES(output), &(struct run_opts){.variants = variants[v]}, 1,
                             (const float *const[]){x}, (float *const[]){y}));
        assert_true(fabsf(y[0] - 0.5F / sqrtf(0.251F)) < 1e-6F);
        assert_true(isnan(y[1]));
        assert_true(isinf(y[2]));
    }
    plait_graph_free(graph);
}

/* What the planner asks of it: weights in Keras's order, and the affine form along the last axis alone. */
static void traits(void **state)
{
    struct random random = random_stream("traits");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        const plait_batch_normalization_opts opts = options_of(i, &random);
        const struct twin x = input_of(i, &random);
        const struct twin y = twin_batch_normalization(x, &opts);
        const struct node *node = graph_node(y.node.graph, y.node.id);
        const size_t arrays = 2U + cases[i].gamma + cases[i].beta;
        const size_t channels = opts.moving_mean.shape.dims[0];
        const bool last = cases[i].axis == 0 || cases[i].axis == -1 || cases[i].axis == (int)cases[i].shape.rank;
        double *affine = scratch(2 * channels, sizeof *affine);
        assert_int_equal(node->weight_count, arrays);
        assert_string_equal(node->weights[0].name, cases[i].gamma ? "gamma" : cases[i].beta ? "beta" : "moving_mean");
        assert_string_equal(node->weights[arrays - 1].name, "moving_variance");
        assert_true(node->weights[arrays - 1].frozen && node->weights[arrays - 2].frozen);
        assert_int_equal(node->op->affine(node, channels, affine, affine + channels), last);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

static void mistakes(void **state)
{
    static const float values[4] = {1, 1, 1, 1};
    const plait_array four = {values, {1, {4}}};
    const plait_array five = {values, {1, {5}}};
    const plait_array lost = {NULL, {1, {5}}};
    const struct {
        plait_batch_normalization_opts opts;
        const char *message;
    } wrong[] = {
        {{0},
         "moving_mean is missing; it must have shape {5}\nbatch_normalization \"batch_normalization\": "
         "moving_variance is missing"},
        {{.moving_mean = four, .moving_variance = five}, "moving_mean has shape {4} but must have {5}"},
        {{.moving_mean = five, .moving_variance = five, .gamma = four}, "gamma has shape {4} but must have {5}"},
        {{.moving_mean = five, .moving_variance = five, .beta = lost}, "beta is missing; it must have shape {5}"},
        {{.moving_mean = five, .moving_variance = five, .axis = 1}, "moving_mean has shape {5} but must have {3}"},
        {{.moving_mean = five, .moving_variance = five, .axis = 3}, "axis 3 is out of range for input {3,5}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        plait_graph *graph = twin_graph();
        const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(3, 5));
        const plait_node y = plait_batch_normalization(x, &wrong[i].opts);
        check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, wrong[i].message);
        assert_int_equal(plait_node_shape(y).rank, 0);
        plait_graph_free(graph);
    }
}

static void no_options(void **state)
{
    plait_graph *graph = twin_graph();

    (void)state;
    (void)plait_batch_normalization(plait_input(graph, NULL, PLAIT_SHAPE(3)), NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "moving_mean is missing");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),  cmocka_unit_test(slices),   cmocka_unit_test(negative_variance),
        cmocka_unit_test(traits), cmocka_unit_test(mistakes), cmocka_unit_test(no_options),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
