/* SPDX-License-Identifier: MIT */
/* SeparableConv2D and SeparableConv1D: a layer of two nodes. */
#include "oracle_convolution.h"
#include "random.h"
#include "trial.h"

#include <string.h>

static struct variants pictures_seen;

struct separable_case {
    const char *name;
    size_t x[3];      /* rows, cols, channels */
    size_t kernel[4]; /* rows, cols, multiplier, filters */
    bool same;
    size_t strides[2];
    size_t dilation[2];
    plait_activation activation;
};

static void pictures(void **state)
{
    static const struct separable_case cases[] = {
        {"one of all", {1, 1, 1}, {1, 1, 1, 1}, false, {0, 0}, {0, 0}, PLAIT_LINEAR},
        {"3x3", {5, 9, 20}, {3, 3, 1, 17}, true, {0, 0}, {0, 0}, PLAIT_RELU},
        {"3x3, 3 channels", {5, 9, 3}, {3, 3, 1, 33}, true, {0, 0}, {0, 0}, PLAIT_LINEAR},
        {"5x5 stride 2", {8, 11, 18}, {5, 5, 1, 6}, true, {2, 2}, {0, 0}, PLAIT_SILU},
        {"multiplier 2, dilation", {8, 11, 6}, {3, 3, 2, 6}, false, {0, 0}, {2, 2}, PLAIT_TANH},
        {"softmax after it", {3, 4, 6}, {3, 3, 1, 5}, true, {0, 0}, {0, 0}, PLAIT_SOFTMAX},
    };
    struct random random = random_stream("separable");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct separable_case *c = &cases[i];
        const size_t between = c->x[2] * c->kernel[2];
        const plait_separable_conv2d_opts opts = {
            .depthwise_kernel = {random_floats(&random, DATA_NORMAL, c->kernel[0] * c->kernel[1] * between),
                                 PLAIT_SHAPE(c->kernel[0], c->kernel[1], c->x[2], c->kernel[2])},
            .pointwise_kernel = {random_floats(&random, DATA_NORMAL, between * c->kernel[3]),
                                 PLAIT_SHAPE(1, 1, between, c->kernel[3])},
            .bias = {random_floats(&random, DATA_NORMAL, c->kernel[3]), PLAIT_SHAPE(c->kernel[3])},
            .padding = c->same ? PLAIT_SAME : PLAIT_VALID,
            .activation = c->activation,
            .strides = {c->strides[0], c->strides[1]},
            .dilation_rate = {c->dilation[0], c->dilation[1]},
        };
        const struct twin x = twin_input(twin_graph(), PLAIT_SHAPE(c->x[0], c->x[1], c->x[2]), 2,
                                         random_floats(&random, DATA_NORMAL, 2 * c->x[0] * c->x[1] * c->x[2]));
        const struct twin y = twin_separable_conv2d(x, &opts);
        trial_run_variants(&(struct trial){.name = c->name,
                                           .inputs = &x,
                                           .input_count = 1,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = c->activation == PLAIT_SOFTMAX ? GATE_L2 : GATE_HARD,
                                           .limit = 2e-6,
                                           .run = {.accuracy = PLAIT_STRICT}},
                           y, &pictures_seen);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
    check_variants(&pictures_seen, CONVOLUTION_OPTIONAL);
}

static void sequences(void **state)
{
    struct random random = random_stream("separable sequences");
    struct variants seen = {0};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const plait_separable_conv1d_opts opts = {
            .depthwise_kernel = {random_floats(&random, DATA_NORMAL, 3 * 7 * 2), PLAIT_SHAPE(3, 7, 2)},
            .pointwise_kernel = {random_floats(&random, DATA_NORMAL, 14 * 5), PLAIT_SHAPE(1, 14, 5)},
            .bias = {random_floats(&random, DATA_NORMAL, 5), PLAIT_SHAPE(5)},
            .padding = i % 2 ? PLAIT_SAME : PLAIT_VALID,
            .activation = PLAIT_RELU,
            .strides = i / 2 + 1,
        };
        const struct twin x =
            twin_input(twin_graph(), PLAIT_SHAPE(12, 7), 3, random_floats(&random, DATA_NORMAL, 3 * 12 * 7));
        const struct twin y = twin_separable_conv1d(x, &opts);
        trial_run_variants(&(struct trial){.name = scratch_text("sequence %zu", i),
                                           .inputs = &x,
                                           .input_count = 1,
                                           .outputs = &y,
                                           .output_count = 1,
                                           .gate = GATE_HARD,
                                           .run = {.accuracy = PLAIT_STRICT}},
                           y, &seen);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

/* It is one layer with all its weights, and batch normalization after it costs no step. */
static void one_layer(void **state)
{
    static const float values[256];
    static char text[4096];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(5, 5, 4));
    const plait_separable_conv2d_opts opts = {
        .depthwise_kernel = {values, PLAIT_SHAPE(3, 3, 4, 2)},
        .pointwise_kernel = {values, PLAIT_SHAPE(1, 1, 8, 6)},
        .bias = {values, PLAIT_SHAPE(6)},
    };
    const plait_array six = {values, PLAIT_SHAPE(6)};
    const plait_node y = plait_separable_conv2d(x, &opts);
    const plait_node z =
        plait_batch_normalization(y, &(plait_batch_normalization_opts){.moving_mean = six, .moving_variance = six});

    (void)state;
    assert_string_equal(plait_node_name(y), "separable_conv2d");
    assert_string_equal(fixture_steps(PLAIT_NODES(x), PLAIT_NODES(z), &(struct run_opts){0}),
                        "separable_conv2d separable_conv2d");
    check_ok(plait_graph_summary(PLAIT_NODES(x), PLAIT_NODES(y), NULL, text, sizeof text, NULL));
    check_has(text, "separable_conv2d");
    check_has(text, "126"); /* 3*3*4*2 + 8*6 + 6 */
    assert_true(strstr(strstr(text, "SeparableConv2D") + 1, "SeparableConv2D") == NULL);
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    static const float values[256];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(5, 5, 4));
    const plait_node row = plait_input(graph, "row", PLAIT_SHAPE(5, 4));
    const plait_array depthwise = {values, PLAIT_SHAPE(3, 3, 4, 1)};
    const plait_array wide = {values, PLAIT_SHAPE(1, 2, 4, 6)};
    const plait_array other = {values, PLAIT_SHAPE(1, 1, 5, 6)};

    (void)state;
    (void)plait_separable_conv2d(x, NULL);
    (void)plait_separable_conv2d(x, &(plait_separable_conv2d_opts){.depthwise_kernel = depthwise});
    (void)plait_separable_conv2d(
        x, &(plait_separable_conv2d_opts){.depthwise_kernel = depthwise, .pointwise_kernel = wide});
    (void)plait_separable_conv2d(
        x, &(plait_separable_conv2d_opts){.depthwise_kernel = depthwise, .pointwise_kernel = other});
    (void)plait_separable_conv1d(row, &(plait_separable_conv1d_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "separable_conv2d \"separable_conv2d\": depthwise_kernel is missing; it must have shape {rows, cols, "
                  "channels, multiplier}");
    check_has(plait_error_message(), "separable_conv2d \"separable_conv2d_1\": pointwise_kernel is missing");
    check_has(plait_error_message(),
              "separable_conv2d \"separable_conv2d_2\": pointwise_kernel has shape {1,2,4,6} but "
              "must have size 1 along the axes of the input");
    check_has(plait_error_message(), "separable_conv2d \"separable_conv2d_3\": input has 4 channels but "
                                     "pointwise_kernel expects 5");
    check_has(plait_error_message(),
              "separable_conv1d \"mine\": depthwise_kernel is missing; it must have shape {size, "
              "channels, multiplier}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures),
        cmocka_unit_test(sequences),
        cmocka_unit_test(one_layer),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
