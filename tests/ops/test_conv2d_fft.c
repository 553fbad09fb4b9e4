/* SPDX-License-Identifier: MIT */
/* Conv2D in the frequency domain: the transforms on the host, then layers of all lengths, tiles and batches. */
#include "convolution.h"
#include "ops/fft.h"

#include <math.h>
#include <stdlib.h>

static struct convolution_test test = {.make = convolution_conv2d, .variant = "conv2d=fft_cpu"};

static const double pi = 3.14159265358979323846;

static void lengths(void **state)
{
    (void)state;
    for (size_t n = 1; n <= FFT_MOST; n++) {
        const struct fft fft = fft_from(n);
        assert_in_range(fft.length, n, FFT_MOST);
        assert_int_equal(fft.length, fft.radices[0] * fft.radices[1]);
        for (size_t i = 0; i < 2; i++) {
            assert_in_range(fft.radices[i], 2, 16);
        }
        for (size_t shorter = n; shorter < fft.length; shorter++) {
            for (size_t radix = 2; radix <= 16; radix++) {
                assert_false(shorter % radix == 0 && shorter / radix >= 2 && shorter / radix <= 16);
            }
        }
    }
    assert_int_equal(fft_from(FFT_MOST + 1).length, 0);
}

static void check_turn(const float *got, size_t turns, size_t length)
{
    const double angle = 2 * pi * (double)(turns % length) / (double)length;

    check_that(fabs((double)got[0] - cos(angle)) <= 6e-8 && fabs((double)got[1] - sin(angle)) <= 6e-8,
               "%zu / %zu of a turn: got %.9g, %.9g", turns, length, (double)got[0], (double)got[1]);
    check_that(turns * 4 % length != 0 || fabs((double)got[0] * (double)got[1]) == 0,
               "%zu / %zu of a turn is not exact: %.9g, %.9g", turns, length, (double)got[0], (double)got[1]);
}

static void tables(void **state)
{
    (void)state;
    for (struct fft fft = fft_from(1); fft.length > 0; fft = fft_from(fft.length + 1)) {
        const size_t floats = fft_table_floats(fft);
        float *table = scratch(floats, sizeof *table);
        const float *at = table;
        fft_table(fft, table);
        for (size_t i = 0; i < 2; i++) {
            for (size_t m = 0; m <= fft.radices[i] / 2; m++, at += 2) {
                check_turn(at, m, fft.radices[i]);
            }
        }
        for (size_t j = 0; j < fft.radices[1]; j++) {
            for (size_t k = 0; k < fft.radices[0]; k++, at += 2) {
                check_turn(at, j * k, fft.length);
            }
        }
        assert_int_equal(at - table, floats);
        scratch_reset();
    }
}

/* Compares one number of a spectrum with the sum of its definition. */
static void check_number(const struct fft_taps *kernel, size_t length, const size_t *at, const float *got)
{
    double re = 0;
    double im = 0;
    double terms = 0;

    for (size_t a = 0; a < kernel->rows; a++) {
        for (size_t b = 0; b < kernel->cols; b++) {
            const double tap = (double)kernel->taps[(a * kernel->cols + b) * kernel->step + at[2]];
            const double angle = 2 * pi * (double)((a * at[1] + b * at[0]) % length) / (double)length;
            re += tap * cos(angle);
            im += tap * sin(angle);
            terms += fabs(tap);
        }
    }
    const double scale = kernel->scale[at[2]];
    const double most = fabs(scale) * (fmax(fabs(re), fabs(im)) * 6e-8 + terms * 1e-14);
    check_that(fabs((double)got[0] - scale * re) <= most && fabs((double)got[FFT_LANES] - scale * im) <= most,
               "length %zu, k %zu, m %zu, lane %zu: got %.9g, %.9g, wanted %.9g, %.9g", length, at[0], at[1], at[2],
               (double)got[0], (double)got[FFT_LANES], scale * re, scale * im);
}

static void kernel_transforms(void **state)
{
    static const size_t cases[][4] = {
        /* rows, cols, lanes, length */
        {1, 1, 1, 4}, {3, 5, 16, 9}, {24, 24, 7, 44}, {5, 2, 3, 256}, {7, 30, 16, 15}, {40, 3, 2, 12}, {300, 1, 2, 256},
    };
    struct random random = random_stream("kernel transforms");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t *c = cases[i];
        const size_t step = c[2] + i; /* other filters between */
        const size_t length = c[3];
        const double scale[FFT_LANES] = {1, 2, -0.5, 3, 1e-3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -7};
        const struct fft_taps kernel = {c[0], c[1], c[2], random_floats(&random, DATA_NORMAL, c[0] * c[1] * step),
                                        step, scale};
        const size_t m_step = 2 * FFT_LANES + 3;
        const size_t k_step = m_step * length + 5;
        float *spectrum = scratch((length / 2 + 1) * k_step, sizeof *spectrum); /* 0 */
        fft_kernel(&kernel, length, spectrum, k_step, m_step);
        for (size_t k = 0; k <= length / 2; k += 1 + length / 20) {
            for (size_t m = 0; m < length; m++) {
                for (size_t lane = 0; lane < c[2]; lane++) {
                    check_number(&kernel, length, (const size_t[]){k, m, lane},
                                 spectrum + k * k_step + m * m_step + lane);
                }
                for (size_t lane = c[2]; lane < FFT_LANES; lane++) {
                    const float *got = spectrum + k * k_step + m * m_step + lane;
                    check_that(got[0] == 0 && got[FFT_LANES] == 0, "lane %zu without a kernel is not 0", lane);
                }
            }
        }
        scratch_reset();
    }
}

static void windows(void **state)
{
    static const struct convolution_case cases[] = {
        {"one of all", 16, {1, 1, 1}, {1, 1, 1}, PLAIT_VALID},
        {"same", 2, {8, 8, 3}, {5, 5, 17}, PLAIT_SAME},
        {"valid", 2, {8, 9, 3}, {5, 5, 16}, PLAIT_VALID},
        {"even kernel", 1, {7, 6, 16}, {4, 6, 15}, PLAIT_SAME},
        {"rows", 2, {13, 5, 2}, {9, 1, 3}, PLAIT_SAME},
        {"columns", 2, {5, 13, 2}, {1, 9, 3}, PLAIT_SAME},
        {"kernel larger than the picture", 3, {3, 4, 5}, {9, 13, 4}, PLAIT_SAME},
        {"kernel as large as the picture", 3, {7, 6, 17}, {7, 6, 33}, PLAIT_VALID},
        {"tiles of a wide picture", 1, {9, 70, 2}, {5, 5, 2}, PLAIT_SAME},
        {"tiles of a tall picture", 1, {70, 9, 2}, {4, 4, 2}, PLAIT_VALID},
        {"tiles both ways", 2, {45, 38, 2}, {3, 7, 3}, PLAIT_SAME},
        {"many blocks", 2, {6, 6, 37}, {5, 5, 49}, PLAIT_SAME},
        {"3 of 8 samples", 3, {6, 7, 4}, {5, 5, 4}, PLAIT_SAME, .planned = 8},
        {"8 samples in parts of 3", 8, {6, 7, 4}, {5, 5, 4}, PLAIT_SAME, .planned = 3},
        {"13 samples", 13, {6, 7, 4}, {5, 5, 4}, PLAIT_SAME},
    };

    (void)state;
    convolution_windows(&test, cases, sizeof cases / sizeof cases[0]);
}

/* Lengths with all radices: three outputs a side, too few for shorter tiles to be cheaper. */
static void radices(void **state)
{
    static const size_t cases[] = {4, 15, 22, 28, 66, 90, 104, 168, 240};
    struct random random = random_stream("radices");

    (void)state;
    for (size_t i = 0; i < test_rounds(sizeof cases / sizeof cases[0]); i++) {
        const size_t n = cases[i];
        const struct convolution_case c = {scratch_text("length %zu", n), 1, {n, n, 1}, {n - 2, n - 2, 2}, PLAIT_VALID};
        convolution_run(&test, &c, &random, DATA_NORMAL, GATE_FAST);
    }
}

/* The layer for which all this is. */
static void large_kernel(void **state)
{
    static const struct convolution_case c = {"24x24", 2, {32, 32, 64}, {24, 24, 20}, PLAIT_SAME};
    struct random random = random_stream("large kernel");

    (void)state;
    if (test_rounds(8) == 8) {
        convolution_run(&test, &c, &random, DATA_NORMAL, GATE_FAST);
    }
}

static void neighbours(void **state)
{
    static const struct convolution_case slices = {"slices", 2, {6, 5, 20}, {5, 5, 20}, PLAIT_SAME, .planned = 3};
    static const struct convolution_case epilogue = {"epilogue", 2, {6, 5, 3}, {5, 5, 18}, PLAIT_SAME};

    (void)state;
    convolution_slices(&test, &slices, 1);
    convolution_epilogues(&test, &epilogue, 1);
}

/* What it refuses when it is forced, and why. */
static void refusals(void **state)
{
    static const struct convolution_refusal cases[] = {
        {"variant fft_cpu: strides {2,1}, dilation_rate {1,1} and groups 1 must be 1",
         {4, 4, 4, 4},
         {.strides = {2, 1}},
         PLAIT_FAST},
        {"dilation_rate {1,3}", {4, 4, 4, 4}, {.dilation_rate = {1, 3}}, PLAIT_FAST},
        {"groups 2 must be 1", {4, 4, 2, 4}, {.groups = 2}, PLAIT_FAST},
        {"is not PLAIT_STRICT", {4, 4, 4, 4}, {0}, PLAIT_STRICT},
    };

    (void)state;
    convolution_refusals(test.variant, cases, sizeof cases / sizeof cases[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),    cmocka_unit_test(tables),   cmocka_unit_test(kernel_transforms),
        cmocka_unit_test(windows),    cmocka_unit_test(radices),  cmocka_unit_test(large_kernel),
        cmocka_unit_test(neighbours), cmocka_unit_test(refusals),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
