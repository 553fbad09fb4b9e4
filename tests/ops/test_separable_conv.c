/* SPDX-License-Identifier: MIT */
/* SeparableConv2D and SeparableConv1D: a layer of two nodes. */
#include "convolution.h"

#include <string.h>

static struct twin make(struct twin x, const struct convolution_case *c, struct random *random, enum data data)
{
    const size_t multiplier = c->multiplier ? c->multiplier : 1;
    const size_t between = c->x[2] * multiplier;

    return twin_separable_conv2d(
        x, &(plait_separable_conv2d_opts){
               .depthwise_kernel = convolution_kernel(c, random, data, c->x[2], multiplier),
               .pointwise_kernel = random_array(random, data, PLAIT_SHAPE(1, 1, between, c->kernel[2])),
               .bias = convolution_bias(c, random, data, c->kernel[2]),
               .padding = c->padding,
               .activation = c->activation,
               .strides = {c->strides[0], c->strides[1]},
               .dilation_rate = {c->dilation[0], c->dilation[1]},
           });
}

static struct twin make_sequence(struct twin x, const struct convolution_case *c, struct random *random, enum data data)
{
    const size_t multiplier = c->multiplier ? c->multiplier : 1;
    const size_t between = c->x[2] * multiplier;

    return twin_separable_conv1d(
        x, &(plait_separable_conv1d_opts){
               .depthwise_kernel = convolution_kernel(c, random, data, c->x[2], multiplier),
               .pointwise_kernel = random_array(random, data, PLAIT_SHAPE(1, between, c->kernel[2])),
               .bias = convolution_bias(c, random, data, c->kernel[2]),
               .padding = c->padding,
               .activation = c->activation,
               .strides = c->strides[1],
               .dilation_rate = c->dilation[1],
           });
}

static void pictures(void **state)
{
    static const struct convolution_case cases[] = {
        {"one of all", 2, {1, 1, 1}, {1, 1, 1}, PLAIT_VALID},
        {"3x3", 2, {5, 9, 20}, {3, 3, 17}, PLAIT_SAME, .activation = PLAIT_RELU},
        {"3x3, 3 channels", 2, {5, 9, 3}, {3, 3, 33}, PLAIT_SAME},
        {"5x5 stride 2", 2, {8, 11, 18}, {5, 5, 6}, PLAIT_SAME, .strides = {2, 2}, .activation = PLAIT_SILU},
        {"dilation", 2, {8, 11, 6}, {3, 3, 6}, PLAIT_VALID, {0, 0}, {2, 2}, .multiplier = 2, .activation = PLAIT_TANH},
    };
    static const struct convolution_case last = {"softmax", 2,          {3, 4, 6},
                                                 {3, 3, 5}, PLAIT_SAME, .activation = PLAIT_SOFTMAX};
    struct convolution_test test = {.make = make, .slow = 100000};
    struct random random = random_stream("softmax");

    (void)state;
    convolution_run(&test, &last, &random, DATA_NORMAL, GATE_L2);
    convolution_windows(&test, cases, sizeof cases / sizeof cases[0]);
}

static void sequences(void **state)
{
    static const struct convolution_case cases[] = {
        {"valid", 3, {0, 12, 7}, {0, 3, 5}, PLAIT_VALID, .multiplier = 2, .activation = PLAIT_TANH},
        {"same", 3, {0, 12, 7}, {0, 3, 5}, PLAIT_SAME, .multiplier = 2, .activation = PLAIT_TANH},
        {"valid, stride", 3, {0, 12, 7}, {0, 3, 5}, PLAIT_VALID, {0, 2}, .multiplier = 2, .activation = PLAIT_TANH},
        {"same, stride", 3, {0, 12, 7}, {0, 3, 5}, PLAIT_SAME, {0, 2}, .multiplier = 2, .activation = PLAIT_TANH},
    };
    struct convolution_test test = {.make = make_sequence, .slow = 100000};

    (void)state;
    convolution_windows(&test, cases, sizeof cases / sizeof cases[0]);
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
