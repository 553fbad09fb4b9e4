/* SPDX-License-Identifier: MIT */
/* DepthwiseConv2D and DepthwiseConv1D, and Conv2D with as many groups as channels. */
#include "convolution.h"

static struct twin make(struct twin x, const struct convolution_case *c, struct random *random, enum data data)
{
    return twin_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){
                                        .kernel = convolution_kernel(c, random, data, c->x[2], c->kernel[2]),
                                        .bias = convolution_bias(c, random, data, c->x[2] * c->kernel[2]),
                                        .padding = c->padding,
                                        .activation = c->activation,
                                        .strides = {c->strides[0], c->strides[1]},
                                        .dilation_rate = {c->dilation[0], c->dilation[1]},
                                    });
}

static struct twin make_sequence(struct twin x, const struct convolution_case *c, struct random *random, enum data data)
{
    return twin_depthwise_conv1d(x, &(plait_depthwise_conv1d_opts){
                                        .kernel = convolution_kernel(c, random, data, c->x[2], c->kernel[2]),
                                        .bias = convolution_bias(c, random, data, c->x[2] * c->kernel[2]),
                                        .padding = c->padding,
                                        .activation = c->activation,
                                        .strides = c->strides[1],
                                        .dilation_rate = c->dilation[1],
                                    });
}

static struct convolution_test test = {.make = make, .slow = 1500};

static const struct convolution_case cases[] = {
    {"one of all", 1, {1, 1, 1}, {1, 1, 1}, PLAIT_VALID},
    {"3x3 same", 2, {6, 9, 16}, {3, 3, 1}, PLAIT_SAME},
    {"3x3 valid", 2, {6, 9, 32}, {3, 3, 1}, PLAIT_VALID},
    {"3x3, several tiles of a row", 1, {5, 30, 17}, {3, 3, 1}, PLAIT_SAME},
    {"3x3, rows of 7", 1, {7, 7, 48}, {3, 3, 1}, PLAIT_SAME},
    {"3x3, rows of 19 and channels with a rest", 1, {4, 19, 88}, {3, 3, 1}, PLAIT_SAME},
    {"3x3 stride 2, even", 1, {8, 28, 20}, {3, 3, 1}, PLAIT_SAME, .strides = {2, 2}},
    {"3x3 stride 2, odd", 2, {9, 27, 33}, {3, 3, 1}, PLAIT_SAME, .strides = {2, 2}},
    {"3x3 stride 2, valid", 2, {9, 27, 33}, {3, 3, 1}, PLAIT_VALID, .strides = {2, 2}},
    {"3 channels", 2, {6, 11, 3}, {3, 3, 1}, PLAIT_SAME},
    {"1 channel", 2, {6, 11, 1}, {3, 3, 1}, PLAIT_SAME},
    {"15 channels", 2, {6, 11, 15}, {5, 5, 1}, PLAIT_SAME},
    {"5x5", 1, {9, 20, 24}, {5, 5, 1}, PLAIT_SAME},
    {"5x5 stride 2", 1, {10, 20, 24}, {5, 5, 1}, PLAIT_SAME, .strides = {2, 2}},
    {"7x7", 1, {9, 20, 18}, {7, 7, 1}, PLAIT_SAME},
    {"9x9", 1, {12, 20, 18}, {9, 9, 1}, PLAIT_SAME},
    {"larger than the picture", 3, {2, 2, 19}, {5, 7, 1}, PLAIT_SAME},
    {"a row longer than it is unrolled", 1, {3, 40, 17}, {1, 31, 1}, PLAIT_SAME},
    {"even kernel", 1, {5, 12, 16}, {2, 4, 1}, PLAIT_SAME},
    {"1x1", 1, {5, 12, 21}, {1, 1, 1}, PLAIT_SAME},
    {"1x1 stride 3", 1, {5, 12, 21}, {1, 1, 1}, PLAIT_SAME, .strides = {3, 3}},
    {"two strides", 2, {11, 13, 18}, {3, 5, 1}, PLAIT_SAME, .strides = {3, 2}},
    {"dilation", 2, {9, 21, 17}, {3, 3, 1}, PLAIT_SAME, .dilation = {2, 3}},
    {"valid dilation", 2, {9, 21, 17}, {3, 3, 1}, PLAIT_VALID, .dilation = {3, 2}},
    {"dilation beyond the picture", 1, {4, 5, 16}, {3, 3, 1}, PLAIT_SAME, .dilation = {5, 4}},
    {"dilation far beyond the picture", 1, {3, 5, 17}, {3, 3, 1}, PLAIT_SAME, .dilation = {1 << 28, 1 << 28}},
    {"strides far beyond the picture", 1, {3, 5, 17}, {3, 3, 1}, PLAIT_SAME, .strides = {1 << 29, 1 << 29}},
    {"long kernel, strides far beyond the picture", 1, {3, 5, 17}, {1, 9, 1}, PLAIT_SAME, {1, 1 << 29}, {1, 1 << 26}},
    {"strides and dilation", 1, {9, 21, 17}, {3, 3, 1}, PLAIT_SAME, {2, 3}, {2, 2}},
    {"long kernel with strides and dilation", 1, {4, 41, 17}, {1, 9, 1}, PLAIT_SAME, {1, 2}, {1, 3}},
    {"multiplier 2", 2, {6, 9, 12}, {3, 3, 2}, PLAIT_SAME},
    {"multiplier 3, few channels", 2, {6, 9, 2}, {3, 3, 3}, PLAIT_SAME, .strides = {2, 2}},
    {"multiplier 5", 1, {6, 9, 7}, {3, 3, 5}, PLAIT_VALID},
    {"one channel, many filters", 1, {6, 17, 1}, {3, 3, 37}, PLAIT_SAME},
};

static void windows(void **state)
{
    (void)state;
    convolution_windows(&test, cases, sizeof cases / sizeof cases[0]);
}

static void integers(void **state)
{
    (void)state;
    convolution_integers(&test, cases, sizeof cases / sizeof cases[0]);
}

static void long_sums(void **state)
{
    static const struct convolution_case sums[] = {
        {"49 terms", 1, {9, 9, 16}, {7, 7, 1}, PLAIT_VALID},
        {"64 terms", 1, {9, 9, 16}, {8, 8, 1}, PLAIT_VALID},
        {"961 terms", 1, {33, 33, 16}, {31, 31, 1}, PLAIT_VALID},
        {"1500 terms of a row", 1, {1, 1503, 16}, {1, 1500, 1}, PLAIT_VALID},
    };

    (void)state;
    convolution_sums(&test, sums, sizeof sums / sizeof sums[0]);
}

static void random_windows(void **state)
{
    (void)state;
    convolution_random(
        &test,
        &(struct convolution_range){
            .channels = 40, .filters = 4, .kernel = 10, .strides = 3, .dilation = 3, .size = 24, .is_free = true},
        12);
}

static void neighbours(void **state)
{
    static const struct convolution_case epilogues[] = {
        {"20 channels", 2, {5, 17, 20}, {3, 3, 1}, PLAIT_SAME},
        {"3 channels", 2, {5, 6, 3}, {3, 3, 1}, PLAIT_SAME},
        {"9x9", 1, {5, 17, 20}, {9, 9, 1}, PLAIT_SAME},
    };
    static const struct convolution_case slices[] = {
        {"20 channels", 2, {4, 9, 20}, {3, 3, 1}, PLAIT_SAME, .planned = 4},
        {"3 channels", 3, {4, 9, 3}, {3, 3, 1}, PLAIT_SAME, .planned = 4},
    };

    (void)state;
    convolution_epilogues(&test, epilogues, sizeof epilogues / sizeof epilogues[0]);
    convolution_slices(&test, slices, sizeof slices / sizeof slices[0]);
}

static void special_values(void **state)
{
    (void)state;
    convolution_special(&test,
                        &(struct convolution_case){"special", 1, {6, 18, 19}, {3, 3, 1}, PLAIT_SAME, .thorough = true});
}

static void sequences(void **state)
{
    static const struct convolution_case rows[] = {
        {"valid", 2, {0, 19, 2}, {0, 5, 1}, PLAIT_VALID, {0, 1}, {0, 1}, .activation = PLAIT_TANH},
        {"valid, stride 2", 2, {0, 20, 17}, {0, 5, 1}, PLAIT_VALID, {0, 2}, {0, 1}, .activation = PLAIT_TANH},
        {"same, stride 3", 2, {0, 21, 2}, {0, 5, 2}, PLAIT_SAME, {0, 3}, {0, 1}, .activation = PLAIT_TANH},
        {"same, stride 4", 2, {0, 22, 17}, {0, 5, 1}, PLAIT_SAME, {0, 4}, {0, 1}, .activation = PLAIT_TANH},
        {"valid, dilation 2", 2, {0, 23, 2}, {0, 5, 1}, PLAIT_VALID, {0, 1}, {0, 2}, .activation = PLAIT_TANH},
        {"valid, both 2", 2, {0, 24, 17}, {0, 5, 2}, PLAIT_VALID, {0, 2}, {0, 2}, .activation = PLAIT_TANH},
        {"same, 3 and 2", 2, {0, 25, 2}, {0, 5, 1}, PLAIT_SAME, {0, 3}, {0, 2}, .activation = PLAIT_TANH},
        {"same, 4 and 2", 2, {0, 26, 17}, {0, 5, 1}, PLAIT_SAME, {0, 4}, {0, 2}, .activation = PLAIT_TANH},
    };
    struct convolution_test sequence = {.make = make_sequence, .slow = 3000};

    (void)state;
    convolution_windows(&sequence, rows, sizeof rows / sizeof rows[0]);
}

static void mistakes(void **state)
{
    static const float values[64];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 4, 3));
    const plait_node row = plait_input(graph, "row", PLAIT_SHAPE(4, 3));
    const plait_array kernel = {values, PLAIT_SHAPE(3, 3, 3, 1)};

    (void)state;
    (void)plait_depthwise_conv2d(x, NULL);
    (void)plait_depthwise_conv2d(row, &(plait_depthwise_conv2d_opts){.kernel = kernel});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = {values, PLAIT_SHAPE(3, 3, 3)}});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = {values, PLAIT_SHAPE(3, 3, 2, 1)}});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = {values, PLAIT_SHAPE(3, 3, 3, 0)}});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = kernel, .bias = {values, PLAIT_SHAPE(2)}});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = kernel, .padding = PLAIT_CAUSAL});
    (void)plait_depthwise_conv2d(x, &(plait_depthwise_conv2d_opts){.kernel = kernel, .dilation_rate = {1, 2}});
    (void)plait_depthwise_conv1d(
        row, &(plait_depthwise_conv1d_opts){.kernel = {values, PLAIT_SHAPE(1, 3, 1)}, .strides = SIZE_MAX});
    (void)plait_depthwise_conv1d(row, &(plait_depthwise_conv1d_opts){.name = "mine",
                                                                     .kernel = {values, PLAIT_SHAPE(1, 3, 1)},
                                                                     .padding = PLAIT_CAUSAL});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "depthwise_conv2d \"depthwise_conv2d\": kernel is missing; it must have shape {rows, cols, channels, "
                  "multiplier}, and the input has 3 channels");
    check_has(plait_error_message(), "\"depthwise_conv2d_1\": input has shape {4,3} but must be a picture");
    check_has(plait_error_message(), "\"depthwise_conv2d_2\": kernel has shape {3,3,3} but must be {rows, cols, ");
    check_has(plait_error_message(), "\"depthwise_conv2d_3\": input has 3 channels but kernel expects 2 (kernel "
                                     "{3,3,2,1}");
    check_has(plait_error_message(), "\"depthwise_conv2d_4\": input {4,4,3} and kernel {3,3,3,0} must have no size 0");
    check_has(plait_error_message(), "\"depthwise_conv2d_5\": bias has shape {2} but must have {3}");
    check_has(plait_error_message(), "\"depthwise_conv2d_6\": padding is 2 but must be PLAIT_VALID or PLAIT_SAME");
    check_has(plait_error_message(), "\"depthwise_conv2d_7\": kernel {3,3,3,1} with dilation_rate 2 spans 5 cells of "
                                     "axis 2, but the input {4,4,3} has 4");
    check_has(plait_error_message(), "depthwise_conv1d \"depthwise_conv1d\": kernel {1,3,1} with stride "
                                     "18446744073709551615 and dilation_rate 1 along axis 1; all must stay below");
    check_has(plait_error_message(), "depthwise_conv1d \"mine\": padding is 2 but must be PLAIT_VALID or PLAIT_SAME");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),        cmocka_unit_test(integers),   cmocka_unit_test(long_sums),
        cmocka_unit_test(random_windows), cmocka_unit_test(neighbours), cmocka_unit_test(special_values),
        cmocka_unit_test(sequences),      cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
