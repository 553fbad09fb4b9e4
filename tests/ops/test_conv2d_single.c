/* SPDX-License-Identifier: MIT */
/* Conv2D with a single filter. */
#include "convolution.h"

static struct convolution_test test = {.make = convolution_conv2d, .variant = "conv2d=single_cpu"};

static const struct convolution_case cases[] = {
    {"one of all", 1, {1, 1, 1}, {1, 1, 1}, PLAIT_SAME},
    {"1 x 1", 2, {5, 33, 32}, {1, 1, 1}, PLAIT_SAME},
    {"1 x 1, a part of a vector", 2, {3, 16, 37}, {1, 1, 1}, PLAIT_VALID},
    {"few channels", 1, {4, 17, 3}, {3, 3, 1}, PLAIT_SAME},
    {"3 x 3, taps in one piece", 2, {6, 35, 48}, {3, 3, 1}, PLAIT_SAME},
    {"3 x 3, valid", 1, {6, 20, 16}, {3, 3, 1}, PLAIT_VALID},
    {"larger than the picture", 1, {2, 3, 20}, {7, 5, 1}, PLAIT_SAME},
    {"a row", 1, {1, 70, 16}, {1, 4, 1}, PLAIT_SAME},
    {"a column", 1, {70, 1, 16}, {4, 1, 1}, PLAIT_SAME},
    {"strides", 2, {9, 40, 18}, {3, 3, 1}, PLAIT_SAME, .strides = {2, 2}},
    {"strides beyond the kernel", 1, {9, 40, 32}, {2, 2, 1}, PLAIT_VALID, .strides = {3, 4}},
    {"dilation", 2, {9, 21, 16}, {3, 3, 1}, PLAIT_SAME, .dilation = {2, 3}},
    {"dilation beyond the picture", 1, {3, 4, 16}, {3, 3, 1}, PLAIT_SAME, .dilation = {5, 7}},
    {"no bias", 1, {3, 4, 16}, {1, 1, 1}, PLAIT_SAME, .no_bias = true},
    {"sigmoid", 1, {16, 16, 32}, {1, 1, 1}, PLAIT_SAME, .activation = PLAIT_SIGMOID},
    {"many chunks", 3, {30, 40, 16}, {1, 1, 1}, PLAIT_SAME},
    {"3 of 8 samples", 3, {6, 7, 18}, {3, 3, 1}, PLAIT_SAME, .planned = 8},
    {"8 samples in parts of 3", 8, {6, 7, 18}, {3, 3, 1}, PLAIT_SAME, .planned = 3},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static void windows(void **state)
{
    (void)state;
    convolution_windows(&test, cases, CASES);
}

static void integers(void **state)
{
    (void)state;
    convolution_integers(&test, cases, CASES);
}

static void sums(void **state)
{
    static const struct convolution_case longest[] = {
        {"many channels", 1, {2, 3, 4096}, {1, 1, 1}, PLAIT_SAME},
        {"many taps", 1, {12, 12, 128}, {12, 12, 1}, PLAIT_VALID},
    };

    (void)state;
    convolution_sums(&test, longest, sizeof longest / sizeof longest[0]);
}

static void neighbours(void **state)
{
    static const struct convolution_case slices = {"slices", 2, {6, 20, 20}, {3, 3, 1}, PLAIT_SAME, .planned = 3};
    static const struct convolution_case epilogue = {"epilogue", 2, {6, 18, 17}, {3, 3, 1}, PLAIT_SAME};

    (void)state;
    convolution_slices(&test, &slices, 1);
    convolution_epilogues(&test, &epilogue, 1);
}

/* What it refuses when it is forced, and why. */
static void refusals(void **state)
{
    static const struct convolution_refusal refused[] = {
        {"it takes a single filter, not 4", {3, 3, 4, 4}, {0}, PLAIT_FAST},
        {"it takes a single filter, not 2", {3, 3, 2, 2}, {.groups = 2}, PLAIT_FAST},
    };

    (void)state;
    convolution_refusals(test.variant, refused, sizeof refused / sizeof refused[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),    cmocka_unit_test(integers), cmocka_unit_test(sums),
        cmocka_unit_test(neighbours), cmocka_unit_test(refusals),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
