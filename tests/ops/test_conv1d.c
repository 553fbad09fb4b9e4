/* SPDX-License-Identifier: MIT */
/* Conv1D: sequences as pictures of one row, with three kinds of padding. */
#include "convolution.h"

static struct twin make(struct twin x, const struct convolution_case *c, struct random *random, enum data data)
{
    return twin_conv1d(
        x, &(plait_conv1d_opts){
               .kernel = convolution_kernel(c, random, data, c->x[2] / (c->groups ? c->groups : 1), c->kernel[2]),
               .bias = convolution_bias(c, random, data, c->kernel[2]),
               .padding = c->padding,
               .activation = c->activation,
               .strides = c->strides[1],
               .dilation_rate = c->dilation[1],
               .groups = c->groups,
           });
}

static struct convolution_test test = {.make = make, .slow = 4000};

static const struct convolution_case cases[] = {
    {"one of all", 1, {0, 1, 1}, {0, 1, 1}, PLAIT_VALID},
    {"valid", 2, {0, 23, 7}, {0, 5, 17}, PLAIT_VALID},
    {"same", 2, {0, 23, 7}, {0, 5, 17}, PLAIT_SAME},
    {"same, even kernel", 2, {0, 23, 16}, {0, 4, 33}, PLAIT_SAME},
    {"causal", 2, {0, 23, 7}, {0, 5, 17}, PLAIT_CAUSAL},
    {"causal, stride", 2, {0, 23, 7}, {0, 5, 17}, PLAIT_CAUSAL, .strides = {0, 3}},
    {"causal, dilation", 3, {0, 23, 7}, {0, 3, 17}, PLAIT_CAUSAL, .dilation = {0, 4}},
    {"causal, longer than the sequence", 2, {0, 3, 7}, {0, 5, 9}, PLAIT_CAUSAL, .dilation = {0, 2}},
    {"stride", 2, {0, 23, 7}, {0, 3, 20}, PLAIT_SAME, .strides = {0, 2}},
    {"dilation", 2, {0, 23, 3}, {0, 3, 20}, PLAIT_VALID, .dilation = {0, 5}},
    {"groups", 2, {0, 13, 6}, {0, 3, 9}, PLAIT_SAME, .groups = 3},
    {"groups of one channel", 2, {0, 13, 18}, {0, 3, 18}, PLAIT_CAUSAL, .groups = 18},
    {"long kernel", 1, {0, 70, 3}, {0, 33, 4}, PLAIT_SAME},
    {"one step", 5, {0, 1, 40}, {0, 1, 20}, PLAIT_VALID},
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
    convolution_random(&test,
                       &(struct convolution_range){.channels = 20,
                                                   .filters = 40,
                                                   .kernel = 17,
                                                   .strides = 4,
                                                   .dilation = 4,
                                                   .groups = 3,
                                                   .size = 30,
                                                   .is_sequence = true},
                       6);
}

/* The transform, too, computes sequences. */
static void fast(void **state)
{
    (void)state;
    struct random random = random_stream("fast");
    convolution_run(&test, &(struct convolution_case){"fast", 2, {0, 40, 8}, {0, 9, 16}, PLAIT_CAUSAL}, &random,
                    DATA_NORMAL, GATE_FAST);
}

static void neighbours(void **state)
{
    static const struct convolution_case rows[] = {
        {"causal", 2, {0, 11, 20}, {0, 3, 20}, PLAIT_CAUSAL, .planned = 4},
        {"stride", 2, {0, 11, 20}, {0, 3, 20}, PLAIT_SAME, .strides = {0, 2}, .planned = 4},
    };

    (void)state;
    convolution_epilogues(&test, rows, sizeof rows / sizeof rows[0]);
    convolution_slices(&test, rows, sizeof rows / sizeof rows[0]);
}

static void mistakes(void **state)
{
    static const float values[64];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));
    const plait_node picture = plait_input(graph, "picture", PLAIT_SHAPE(4, 4, 3));
    const plait_array kernel = {values, PLAIT_SHAPE(3, 3, 2)};

    (void)state;
    (void)plait_conv1d(x, NULL);
    (void)plait_conv1d(picture, &(plait_conv1d_opts){.kernel = kernel});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.kernel = {values, PLAIT_SHAPE(3, 3)}});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.kernel = {values, PLAIT_SHAPE(5, 3, 2)}});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.kernel = kernel, .strides = 2, .dilation_rate = 2});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.kernel = kernel, .padding = (plait_padding)3});
    (void)plait_conv1d(x, &(plait_conv1d_opts){.name = "mine", .kernel = kernel, .groups = 2});
    check_message(
        plait_graph_check(graph), PLAIT_ERR_GRAPH,
        "conv1d \"conv1d\": kernel is missing; it must have shape {size, channels / groups, filters}, and the "
        "input has 3 channels");
    check_has(plait_error_message(), "\"conv1d_1\": input has shape {4,4,3} but must be a sequence, {steps, channels}");
    check_has(plait_error_message(), "\"conv1d_2\": kernel has shape {3,3} but must be {size, channels / groups, ");
    check_has(plait_error_message(), "\"conv1d_3\": kernel {5,3,2} with dilation_rate 1 spans 5 cells of axis 1, but "
                                     "the input {4,3} has 4");
    check_has(plait_error_message(), "\"conv1d_4\": strides {1,2} and dilation_rate {1,2} are both above 1");
    check_has(plait_error_message(),
              "\"conv1d_5\": padding is 3 but must be PLAIT_VALID or PLAIT_SAME or PLAIT_CAUSAL");
    check_has(plait_error_message(), "conv1d \"mine\": groups is 2 but must divide the 3 channels of the input");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows), cmocka_unit_test(integers),   cmocka_unit_test(random_windows),
        cmocka_unit_test(fast),    cmocka_unit_test(neighbours), cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
