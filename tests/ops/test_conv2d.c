/* SPDX-License-Identifier: MIT */
/* Conv2D: every variant on all kinds of windows and shapes, alone and with what is fused into it. */
#include "convolution.h"

static struct convolution_test test = {.make = convolution_conv2d, .slow = 30000};

static const struct convolution_case cases[] = {
    {"one of all", 1, {1, 1, 1}, {1, 1, 1}, PLAIT_VALID},
    {"one pixel of many channels", 2, {1, 1, 300}, {1, 1, 20}, PLAIT_VALID},
    {"1x1", 2, {5, 7, 19}, {1, 1, 33}, PLAIT_VALID},
    {"1x1 with stride", 2, {7, 9, 8}, {1, 1, 16}, PLAIT_VALID, .strides = {2, 2}},
    {"3x3 valid", 2, {6, 9, 4}, {3, 3, 16}, PLAIT_VALID},
    {"3x3 same", 2, {6, 9, 4}, {3, 3, 17}, PLAIT_SAME},
    {"3x3 larger than the picture", 3, {2, 2, 5}, {3, 3, 32}, PLAIT_SAME},
    {"even kernel", 1, {5, 6, 3}, {2, 4, 31}, PLAIT_SAME},
    {"kernel rows", 2, {9, 8, 6}, {7, 1, 48}, PLAIT_SAME},
    {"kernel cols", 2, {8, 9, 6}, {1, 7, 40}, PLAIT_SAME},
    {"first layer", 1, {17, 19, 3}, {7, 7, 64}, PLAIT_SAME, .strides = {2, 2}},
    {"two strides", 2, {11, 13, 5}, {3, 5, 24}, PLAIT_SAME, .strides = {3, 2}},
    {"strides above the kernel", 2, {11, 13, 5}, {1, 2, 24}, PLAIT_SAME, .strides = {4, 3}},
    {"valid with a rest", 1, {12, 11, 5}, {3, 3, 24}, PLAIT_VALID, .strides = {4, 3}},
    {"dilation", 2, {9, 11, 7}, {3, 3, 9}, PLAIT_SAME, .dilation = {2, 3}},
    {"valid dilation", 2, {9, 11, 7}, {3, 3, 9}, PLAIT_VALID, .dilation = {3, 2}},
    {"dilation beyond the picture", 1, {4, 5, 6}, {3, 3, 18}, PLAIT_SAME, .dilation = {5, 4}},
    {"many pixels", 1, {24, 25, 3}, {3, 3, 2}, PLAIT_SAME},
    {"rows divide by 4, large kernel", 2, {8, 7, 3}, {9, 9, 5}, PLAIT_SAME},
    {"rows divide by 3, large kernel", 1, {9, 7, 3}, {11, 10, 5}, PLAIT_SAME},
    {"rows are prime, large kernel", 1, {11, 5, 3}, {10, 9, 5}, PLAIT_SAME},
    {"two groups", 2, {5, 6, 8}, {3, 3, 34}, PLAIT_SAME, .groups = 2},
    {"groups of one channel", 2, {5, 6, 12}, {3, 3, 12}, PLAIT_SAME, .strides = {2, 2}, .groups = 12},
    {"groups of one channel, more filters", 1, {5, 6, 5}, {3, 3, 20}, PLAIT_SAME, .groups = 5},
    {"large weights, one pixel", 1, {1, 1, 1024}, {1, 1, 260}, PLAIT_VALID},
    {"large weights, four pixels", 1, {2, 2, 1024}, {1, 1, 260}, PLAIT_VALID},
    {"large weights, six pixels", 2, {1, 3, 1024}, {1, 1, 260}, PLAIT_VALID},
    {"weights above the cache", 1, {6, 5, 64}, {12, 12, 4}, PLAIT_SAME},
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

static const struct convolution_case sums[] = {
    {"27 terms", 1, {5, 5, 3}, {3, 3, 4}, PLAIT_SAME},
    {"192 terms", 1, {3, 4, 192}, {1, 1, 4}, PLAIT_SAME},
    {"256 terms", 1, {3, 4, 256}, {1, 1, 4}, PLAIT_SAME},
    {"576 terms", 1, {3, 4, 64}, {3, 3, 4}, PLAIT_SAME},
    {"4608 terms", 1, {3, 3, 512}, {3, 3, 18}, PLAIT_VALID},
    {"16384 terms", 1, {16, 17, 64}, {16, 16, 2}, PLAIT_VALID},
    {"36864 terms", 1, {24, 24, 64}, {24, 24, 2}, PLAIT_VALID},
};

static void long_sums(void **state)
{
    (void)state;
    convolution_sums(&test, sums, sizeof sums / sizeof sums[0]);
    struct random random = random_stream("zero mean");
    for (size_t i = 0; i < test_rounds(sizeof sums / sizeof sums[0]); i++) {
        convolution_run(&test, &sums[i], &random, DATA_NORMAL, i < 3 ? GATE_HARD : GATE_ZERO_MEAN);
    }
}

static void random_windows(void **state)
{
    (void)state;
    convolution_random(
        &test,
        &(struct convolution_range){
            .channels = 20, .filters = 40, .kernel = 11, .strides = 4, .dilation = 4, .groups = 3, .size = 13},
        40);
}

static void neighbours(void **state)
{
    static const struct convolution_case epilogues[] = {
        {"3x3", 2, {5, 6, 7}, {3, 3, 20}, PLAIT_SAME},
        {"groups", 2, {5, 6, 8}, {3, 3, 20}, PLAIT_SAME, .groups = 2},
        {"weights above the cache", 1, {4, 3, 64}, {12, 12, 4}, PLAIT_SAME},
    };
    static const struct convolution_case slices[] = {
        {"1x1", 2, {4, 5, 20}, {1, 1, 20}, PLAIT_SAME, .planned = 4},
        {"3x3", 3, {4, 5, 20}, {3, 3, 20}, PLAIT_SAME, .planned = 4},
        {"3x3, two groups", 2, {4, 5, 20}, {3, 3, 20}, PLAIT_SAME, .groups = 2, .planned = 4},
    };

    (void)state;
    convolution_epilogues(&test, epilogues, sizeof epilogues / sizeof epilogues[0]);
    convolution_slices(&test, slices, sizeof slices / sizeof slices[0]);
}

static void special_values(void **state)
{
    (void)state;
    convolution_special(&test, &(struct convolution_case){"special", 1, {6, 8, 19}, {3, 3, 17}, PLAIT_SAME});
}

/* What is wrong with a call, and the part of the message that says so. */
static const struct {
    const char *message;
    plait_shape x;
    plait_shape kernel; /* rank 0: none */
    plait_shape bias;   /* rank 0: none */
    plait_conv2d_opts opts;
} wrong[] = {
    {"input has shape {4,3} but must be a picture, {rows, cols, channels}", {2, {4, 3}}, {4, {3, 3, 3, 4}}, {0}, {0}},
    {"kernel is missing; it must have shape {rows, cols, channels / groups, filters}, and the input has 3 channels",
     {3, {4, 4, 3}},
     {0},
     {0},
     {0}},
    {"kernel has shape {3,3,4} but must be {rows, cols, channels / groups, filters}",
     {3, {4, 4, 3}},
     {3, {3, 3, 4}},
     {0},
     {0}},
    {"input has 3 channels but kernel expects 4 (kernel {3,3,4,64}, groups 1); transpose the weights or set groups",
     {3, {4, 4, 3}},
     {4, {3, 3, 4, 64}},
     {0},
     {0}},
    {"input has 8 channels but kernel expects 6 (kernel {1,1,3,4}, groups 2)",
     {3, {4, 4, 8}},
     {4, {1, 1, 3, 4}},
     {0},
     {.groups = 2}},
    {"groups is 3 but must divide the 4 channels of the input and the 6 filters",
     {3, {4, 4, 4}},
     {4, {1, 1, 4, 6}},
     {0},
     {.groups = 3}},
    {"groups is 4 but must divide the 4 channels of the input and the 6 filters",
     {3, {4, 4, 4}},
     {4, {1, 1, 1, 6}},
     {0},
     {.groups = 4}},
    {"input {4,4,3} and kernel {1,0,3,4} must have no size 0", {3, {4, 4, 3}}, {4, {1, 0, 3, 4}}, {0}, {0}},
    {"padding is 7 but must be PLAIT_VALID or PLAIT_SAME",
     {3, {4, 4, 3}},
     {4, {1, 1, 3, 4}},
     {0},
     {.padding = (plait_padding)7}},
    {"strides {2,1} and dilation_rate {1,3} are both above 1",
     {3, {9, 9, 3}},
     {4, {2, 2, 3, 4}},
     {0},
     {.strides = {2, 1}, .dilation_rate = {1, 3}}},
    {"kernel {2,2,3,4} with stride 1 and dilation_rate 18446744073709551615 along axis 2",
     {3, {4, 4, 3}},
     {4, {2, 2, 3, 4}},
     {0},
     {.dilation_rate = {1, SIZE_MAX}}},
    {"kernel {1,1,3,4} with stride 4294967296 and dilation_rate 1 along axis 1",
     {3, {4, 4, 3}},
     {4, {1, 1, 3, 4}},
     {0},
     {.strides = {(size_t)1 << 32, 1}}},
    {"kernel {3,5,3,4} with dilation_rate 2 spans 9 cells of axis 2, but the input {8,8,3} has 8; use PLAIT_SAME",
     {3, {8, 8, 3}},
     {4, {3, 5, 3, 4}},
     {0},
     {.dilation_rate = {1, 2}}},
    {"bias has shape {5} but must have {4}", {3, {4, 4, 3}}, {4, {1, 1, 3, 4}}, {1, {5}}, {0}},
    {"kernel {4294967296,4294967296,3,4} has more than 2147483647 elements",
     {3, {4, 4, 3}},
     {4, {(size_t)1 << 32, (size_t)1 << 32, 3, 4}},
     {0},
     {0}},
    {"output shape {1000,1000,5000} has more than 2147483647 elements",
     {3, {1000, 1000, 1}},
     {4, {1, 1, 1, 5000}},
     {0},
     {0}},
    {"activation 99", {3, {4, 4, 3}}, {4, {1, 1, 3, 4}}, {0}, {.activation = (plait_activation)99}},
};

static void mistakes(void **state)
{
    static const float data[256];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        plait_graph *graph = twin_graph();
        plait_conv2d_opts opts = wrong[i].opts;
        opts.kernel = (plait_array){wrong[i].kernel.rank ? data : NULL, wrong[i].kernel};
        opts.bias = (plait_array){wrong[i].bias.rank ? data : NULL, wrong[i].bias};
        const plait_node y = plait_conv2d(plait_input(graph, NULL, wrong[i].x), &opts);
        check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, wrong[i].message);
        check_has(plait_error_message(), " \"conv2d\": ");
        assert_int_equal(plait_node_shape(y).rank, 0);
        plait_graph_free(graph);
    }
    plait_graph *graph = twin_graph();
    (void)plait_conv2d(plait_input(graph, NULL, PLAIT_SHAPE(4, 4, 3)), NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, "kernel is missing");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),        cmocka_unit_test(integers),   cmocka_unit_test(long_sums),
        cmocka_unit_test(random_windows), cmocka_unit_test(neighbours), cmocka_unit_test(special_values),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
