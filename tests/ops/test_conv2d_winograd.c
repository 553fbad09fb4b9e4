/* SPDX-License-Identifier: MIT */
/* Conv2D by Winograd's algorithm, in tiles of both sizes. */
#include "convolution.h"

enum { SIZES = 2 };

static struct convolution_test sizes[SIZES] = {
    {.make = convolution_conv2d, .variant = "conv2d=winograd4_cpu"},
    {.make = convolution_conv2d, .variant = "conv2d=winograd2_cpu"},
};

static void tiles(void **state)
{
    static const struct convolution_case cases[] = {
        {"one of all", 16, {1, 1, 1}, {3, 3, 1}, PLAIT_SAME},
        {"one tile", 1, {4, 4, 16}, {3, 3, 32}, PLAIT_SAME},
        {"one output", 2, {3, 3, 17}, {3, 3, 5}, PLAIT_VALID},
        {"valid", 2, {8, 9, 3}, {3, 3, 16}, PLAIT_VALID},
        {"parts of tiles", 2, {7, 5, 20}, {3, 3, 33}, PLAIT_SAME},
        {"a row", 1, {1, 23, 16}, {3, 3, 49}, PLAIT_SAME},
        {"a column", 1, {23, 1, 16}, {3, 3, 15}, PLAIT_SAME},
        {"channels in blocks", 1, {6, 6, 300}, {3, 3, 17}, PLAIT_SAME},
        {"several lots", 3, {33, 30, 16}, {3, 3, 16}, PLAIT_SAME},
        {"several lots of filters", 1, {8, 8, 40}, {3, 3, 150}, PLAIT_SAME},
        {"3 of 8 samples", 3, {6, 7, 18}, {3, 3, 4}, PLAIT_SAME, .planned = 8},
        {"8 samples in parts of 3", 8, {6, 7, 18}, {3, 3, 4}, PLAIT_SAME, .planned = 3},
    };

    (void)state;
    for (size_t size = 0; size < SIZES; size++) {
        convolution_windows(&sizes[size], cases, sizeof cases / sizeof cases[0]);
    }
}

/* Kernels of one row or column, in tiles of 4 outputs. */
static void lines(void **state)
{
    static const struct convolution_case cases[] = {
        {"one of all, 1 x 7", 16, {1, 1, 1}, {1, 7, 1}, PLAIT_SAME},
        {"one tile, 7 x 1", 1, {4, 1, 16}, {7, 1, 32}, PLAIT_SAME},
        {"1 x 7, same", 2, {17, 17, 33}, {1, 7, 20}, PLAIT_SAME},
        {"7 x 1, same", 2, {17, 17, 33}, {7, 1, 20}, PLAIT_SAME},
        {"1 x 7, valid", 1, {5, 14, 160}, {1, 7, 35}, PLAIT_VALID},
        {"7 x 1, valid", 1, {14, 5, 160}, {7, 1, 35}, PLAIT_VALID},
        {"1 x 3", 2, {8, 9, 40}, {1, 3, 48}, PLAIT_SAME},
        {"3 x 1", 2, {9, 8, 40}, {3, 1, 48}, PLAIT_SAME},
        {"several lots", 3, {40, 33, 16}, {7, 1, 17}, PLAIT_SAME},
        {"3 of 8 samples", 3, {6, 7, 18}, {1, 7, 4}, PLAIT_SAME, .planned = 8},
        {"8 samples in parts of 3", 8, {6, 7, 18}, {7, 1, 4}, PLAIT_SAME, .planned = 3},
    };
    static const struct convolution_case slices = {"slices", 2, {6, 5, 20}, {1, 7, 20}, PLAIT_SAME, .planned = 3};
    static const struct convolution_case epilogue = {"epilogue", 2, {6, 5, 17}, {7, 1, 18}, PLAIT_SAME};

    (void)state;
    convolution_windows(&sizes[0], cases, sizeof cases / sizeof cases[0]);
    convolution_slices(&sizes[0], &slices, 1);
    convolution_epilogues(&sizes[0], &epilogue, 1);
}

static void neighbours(void **state)
{
    static const struct convolution_case slices = {"slices", 2, {6, 5, 20}, {3, 3, 20}, PLAIT_SAME, .planned = 3};
    static const struct convolution_case epilogue = {"epilogue", 2, {6, 5, 17}, {3, 3, 18}, PLAIT_SAME};

    (void)state;
    for (size_t size = 0; size < SIZES; size++) {
        convolution_slices(&sizes[size], &slices, 1);
        convolution_epilogues(&sizes[size], &epilogue, 1);
    }
}

/* What it refuses when it is forced, and why. */
static void refusals(void **state)
{
    static const struct convolution_refusal cases[] = {
        {"strides, dilation_rate and groups 1", {3, 3, 4, 4}, {.strides = {2, 1}}, PLAIT_FAST},
        {"strides, dilation_rate and groups 1", {3, 3, 4, 4}, {.dilation_rate = {1, 3}}, PLAIT_FAST},
        {"strides, dilation_rate and groups 1", {3, 3, 2, 4}, {.groups = 2}, PLAIT_FAST},
        {"the kernel must be {3,3}", {3, 5, 4, 4}, {0}, PLAIT_FAST},
        {"the kernel must be {3,3}", {7, 3, 4, 4}, {0}, PLAIT_FAST},
        {"the kernel must be {3,3}", {7, 7, 4, 4}, {0}, PLAIT_FAST},
        {"the kernel must be {3,3}", {1, 1, 4, 4}, {0}, PLAIT_FAST},
        {"not PLAIT_STRICT", {3, 3, 4, 4}, {0}, PLAIT_STRICT},
    };

    (void)state;
    for (size_t size = 0; size < SIZES; size++) {
        convolution_refusals(sizes[size].variant, cases, sizeof cases / sizeof cases[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles),
        cmocka_unit_test(lines),
        cmocka_unit_test(neighbours),
        cmocka_unit_test(refusals),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
