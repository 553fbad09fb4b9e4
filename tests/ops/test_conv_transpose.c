/* SPDX-License-Identifier: MIT */
/* Conv2DTranspose and Conv1DTranspose: strides, both kinds of padding, dilation; every phase. */
#include "convolution.h"

static struct twin make(struct twin x, const struct convolution_case *c, struct random *random, enum data data)
{
    return twin_conv2d_transpose(x, &(plait_conv2d_transpose_opts){
                                        .kernel = convolution_kernel(c, random, data, c->kernel[2], c->x[2]),
                                        .bias = convolution_bias(c, random, data, c->kernel[2]),
                                        .padding = c->padding,
                                        .activation = c->activation,
                                        .strides = {c->strides[0], c->strides[1]},
                                        .output_padding = c->output_padding,
                                        .dilation_rate = {c->dilation[0], c->dilation[1]},
                                    });
}

static struct twin make_sequence(struct twin x, const struct convolution_case *c, struct random *random, enum data data)
{
    return twin_conv1d_transpose(x, &(plait_conv1d_transpose_opts){
                                        .kernel = convolution_kernel(c, random, data, c->kernel[2], c->x[2]),
                                        .bias = convolution_bias(c, random, data, c->kernel[2]),
                                        .padding = c->padding,
                                        .activation = c->activation,
                                        .strides = c->strides[1],
                                        .output_padding = c->output_padding,
                                        .dilation_rate = c->dilation[1],
                                    });
}

static struct convolution_test test = {.make = make, .slow = 1500};

static const size_t zero[] = {0, 0}, one[] = {1, 1}, two[] = {2, 1};

static const struct convolution_case cases[] = {
    {"one of all", 1, {1, 1, 1}, {1, 1, 1}, PLAIT_VALID},
    {"3x3 same", 2, {5, 6, 7}, {3, 3, 9}, PLAIT_SAME},
    {"3x3 valid", 2, {5, 6, 7}, {3, 3, 17}, PLAIT_VALID},
    {"3x3 stride 2 same", 2, {5, 6, 7}, {3, 3, 33}, PLAIT_SAME, .strides = {2, 2}},
    {"3x3 stride 2 valid", 2, {5, 6, 7}, {3, 3, 4}, PLAIT_VALID, .strides = {2, 2}},
    {"2x2 stride 2", 2, {5, 6, 20}, {2, 2, 16}, PLAIT_VALID, .strides = {2, 2}},
    {"4x4 stride 2 same", 1, {5, 6, 3}, {4, 4, 3}, PLAIT_SAME, .strides = {2, 2}},
    {"5x5 stride 2 same", 1, {7, 4, 16}, {5, 5, 8}, PLAIT_SAME, .strides = {2, 2}},
    {"stride above the kernel, valid", 1, {4, 5, 3}, {2, 1, 4}, PLAIT_VALID, .strides = {3, 4}},
    {"stride above the kernel, same", 1, {4, 5, 3}, {2, 1, 4}, PLAIT_SAME, .strides = {3, 4}},
    {"two strides", 2, {4, 5, 6}, {3, 5, 4}, PLAIT_SAME, .strides = {3, 2}},
    {"dilation same", 1, {6, 5, 4}, {3, 3, 5}, PLAIT_SAME, .dilation = {2, 3}},
    {"dilation valid", 1, {6, 5, 4}, {3, 2, 5}, PLAIT_VALID, .dilation = {2, 3}},
    {"output padding 0, valid", 1, {4, 5, 3}, {3, 3, 4}, PLAIT_VALID, .strides = {2, 2}, .output_padding = zero},
    {"output padding 1, valid", 1, {4, 5, 3}, {3, 3, 4}, PLAIT_VALID, .strides = {2, 2}, .output_padding = one},
    {"output padding 0, same", 1, {4, 5, 3}, {3, 3, 4}, PLAIT_SAME, .strides = {2, 2}, .output_padding = zero},
    {"output padding 1, same", 1, {4, 5, 3}, {3, 3, 4}, PLAIT_SAME, .strides = {2, 2}, .output_padding = one},
    {"output padding 1, even kernel", 1, {4, 5, 3}, {4, 2, 4}, PLAIT_SAME, .strides = {2, 2}, .output_padding = one},
    {"two output paddings", 1, {4, 5, 3}, {1, 5, 4}, PLAIT_SAME, .strides = {3, 2}, .output_padding = two},
    {"one pixel", 3, {1, 1, 40}, {4, 4, 18}, PLAIT_VALID},
    {"one pixel, stride 4", 3, {1, 1, 40}, {4, 4, 18}, PLAIT_SAME, .strides = {4, 4}},
    {"8x8 stride 4", 1, {5, 3, 5}, {8, 8, 5}, PLAIT_SAME, .strides = {4, 4}},
    {"strides above the output", 1, {1, 1, 3}, {2, 3, 5}, PLAIT_VALID, .strides = {40, 1}, .output_padding = zero},
    {"strides far above the output",
     1,
     {1, 1, 3},
     {2, 3, 5},
     PLAIT_VALID,
     .strides = {1 << 29, 1 << 28},
     .output_padding = zero},
    {"too many phases", 1, {2, 1, 3}, {2, 3, 2}, PLAIT_VALID, .strides = {40, 33}},
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

static void random_windows(void **state)
{
    (void)state;
    convolution_random(
        &test,
        &(struct convolution_range){
            .channels = 20, .filters = 34, .kernel = 6, .strides = 5, .dilation = 3, .size = 7, .is_spread = true},
        12);
}

static void neighbours(void **state)
{
    static const struct convolution_case rows[] = {
        {"stride 2", 2, {4, 5, 6}, {3, 3, 20}, PLAIT_SAME, .strides = {2, 2}, .planned = 3},
    };

    (void)state;
    convolution_epilogues(&test, rows, sizeof rows / sizeof rows[0]);
    convolution_slices(&test, rows, sizeof rows / sizeof rows[0]);
}

static void sequences(void **state)
{
    static const struct convolution_case rows[] = {
        {"valid", 2, {0, 5, 7}, {0, 5, 18}, PLAIT_VALID, {0, 1}, {0, 1}, .activation = PLAIT_TANH},
        {"same", 2, {0, 6, 7}, {0, 5, 18}, PLAIT_SAME, {0, 1}, {0, 1}, .activation = PLAIT_TANH},
        {"valid, stride 2",
         2,
         {0, 7, 7},
         {0, 5, 18},
         PLAIT_VALID,
         {0, 2},
         {0, 1},
         .output_padding = one,
         .activation = PLAIT_TANH},
        {"same, stride 2",
         2,
         {0, 8, 7},
         {0, 5, 18},
         PLAIT_SAME,
         {0, 2},
         {0, 1},
         .output_padding = one,
         .activation = PLAIT_TANH},
        {"valid, stride 3",
         2,
         {0, 9, 7},
         {0, 5, 18},
         PLAIT_VALID,
         {0, 3},
         {0, 1},
         .output_padding = zero,
         .activation = PLAIT_TANH},
        {"same, stride 3",
         2,
         {0, 10, 7},
         {0, 5, 18},
         PLAIT_SAME,
         {0, 3},
         {0, 1},
         .output_padding = zero,
         .activation = PLAIT_TANH},
        {"valid, dilation 2", 2, {0, 11, 7}, {0, 5, 18}, PLAIT_VALID, {0, 1}, {0, 2}, .activation = PLAIT_TANH},
        {"same, dilation 2", 2, {0, 12, 7}, {0, 5, 18}, PLAIT_SAME, {0, 1}, {0, 2}, .activation = PLAIT_TANH},
    };
    struct convolution_test sequence = {.make = make_sequence, .slow = 100000};

    (void)state;
    convolution_windows(&sequence, rows, sizeof rows / sizeof rows[0]);
}

static void mistakes(void **state)
{
    static const float values[64];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 4, 3));
    const plait_node row = plait_input(graph, "row", PLAIT_SHAPE(4, 3));
    const plait_array kernel = {values, PLAIT_SHAPE(2, 2, 5, 3)};
    const plait_array one_tap = {values, PLAIT_SHAPE(1, 5, 3)};

    (void)state;
    (void)plait_conv2d_transpose(x, NULL);
    (void)plait_conv2d_transpose(row, &(plait_conv2d_transpose_opts){.kernel = kernel});
    (void)plait_conv2d_transpose(x, &(plait_conv2d_transpose_opts){.kernel = {values, PLAIT_SHAPE(2, 2, 3, 5)}});
    (void)plait_conv2d_transpose(x, &(plait_conv2d_transpose_opts){.kernel = kernel, .output_padding = one});
    (void)plait_conv2d_transpose(
        x, &(plait_conv2d_transpose_opts){
               .kernel = kernel, .padding = PLAIT_SAME, .strides = {2, 2}, .output_padding = zero});
    (void)plait_conv2d_transpose(
        x, &(plait_conv2d_transpose_opts){.kernel = kernel, .strides = {2, 1}, .dilation_rate = {1, 2}});
    (void)plait_conv2d_transpose(x, &(plait_conv2d_transpose_opts){.kernel = kernel, .strides = {1, 1 << 29}});
    (void)plait_conv1d_transpose(row, &(plait_conv1d_transpose_opts){.kernel = one_tap, .dilation_rate = SIZE_MAX});
    (void)plait_conv1d_transpose(
        row, &(plait_conv1d_transpose_opts){.name = "mine", .kernel = one_tap, .padding = PLAIT_CAUSAL});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "conv2d_transpose \"conv2d_transpose\": kernel is missing; it must have shape {rows, cols, filters, "
                  "channels}, and the input has 3 channels");
    check_has(plait_error_message(), "\"conv2d_transpose_1\": input has shape {4,3} but must be a picture");
    check_has(plait_error_message(), "\"conv2d_transpose_2\": input has 3 channels but kernel expects 5 (kernel "
                                     "{2,2,3,5}, the channels last); transpose the weights");
    check_has(plait_error_message(),
              "\"conv2d_transpose_3\": output_padding is 1 along axis 1 but must be below the stride, 1");
    check_has(plait_error_message(),
              "\"conv2d_transpose_4\": kernel {2,2,5,3} with PLAIT_SAME and output_padding 0 makes 6 outputs of 4 "
              "inputs with stride 2 along axis 1, which Keras excludes; raise output_padding");
    check_has(plait_error_message(), "\"conv2d_transpose_5\": strides {2,1} and dilation_rate {1,2} are both above 1");
    check_has(plait_error_message(), "\"conv2d_transpose_6\": kernel {2,2,5,3} with stride 536870912 and dilation_rate "
                                     "1 spreads 4 inputs over more than");
    check_has(plait_error_message(), "\"conv1d_transpose\": kernel {1,5,3} with stride 1 and dilation_rate ");
    check_has(plait_error_message(), "conv1d_transpose \"mine\": padding is 2 but must be PLAIT_VALID or PLAIT_SAME");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),    cmocka_unit_test(integers),  cmocka_unit_test(random_windows),
        cmocka_unit_test(neighbours), cmocka_unit_test(sequences), cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
