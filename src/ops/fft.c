/* SPDX-License-Identifier: MIT */
#include "ops/fft.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LEAST_RADIX = 2, MOST_RADIX = 16 };

/* Pairs of row and k whose sums fit in 64 KiB of stack. */
enum { PAIRS = 256 };

/* cos and sin of 2 pi i / length. Exact at multiples of a quarter turn. */
static void turn(size_t i, size_t length, double *cosine, double *sine)
{
    const double pi = 3.14159265358979323846;
    const size_t eighths = 8 * (i % length) / length;
    const size_t quarter = (eighths + 1) / 2 % 4;
    /* from the nearest quarter turn, to stay near 0 */
    const double rest = (4.0 * (double)(i % length) - (double)((eighths + 1) / 2 * length)) / (double)length;
    const double c = cos(rest * pi / 2);
    const double s = sin(rest * pi / 2);

    *cosine = quarter == 0 ? c : quarter == 1 ? -s : quarter == 2 ? -c : s;
    *sine = quarter == 0 ? s : quarter == 1 ? c : quarter == 2 ? -s : -c;
}

struct fft fft_from(size_t length)
{
    struct fft best = {0};

    for (size_t a = LEAST_RADIX; a <= MOST_RADIX; a++) {
        for (size_t b = a; b <= MOST_RADIX; b++) {
            const size_t product = a * b;
            const bool shorter = best.length == 0 || product < best.length;
            const bool cheaper = product == best.length && a + b < best.radices[0] + best.radices[1];
            if (product >= length && (shorter || cheaper)) {
                best = (struct fft){product, {a, b}};
            }
        }
    }
    return best;
}

static float *write_turn(float *table, size_t i, size_t length)
{
    double cosine;
    double sine;

    turn(i, length, &cosine, &sine);
    *table++ = (float)cosine;
    *table++ = (float)sine;
    return table;
}

size_t fft_table_floats(struct fft fft)
{
    return 2 * (fft.radices[0] / 2 + 1 + fft.radices[1] / 2 + 1 + fft.length);
}

void fft_table(struct fft fft, float *table)
{
    for (size_t i = 0; i < 2; i++) {
        for (size_t m = 0; 2 * m <= fft.radices[i]; m++) {
            table = write_turn(table, m, fft.radices[i]);
        }
    }
    for (size_t j = 0; j < fft.radices[1]; j++) {
        for (size_t k = 0; k < fft.radices[0]; k++) {
            table = write_turn(table, j * k, fft.length);
        }
    }
}

/* A transform of convolution kernels, and where it goes. */
struct work {
    const struct fft_taps *kernel;
    size_t length;
    double turns[2 * FFT_MOST]; /* cosine and sine of 2 pi i / length */
};

/* Adds the transform of a kernel row at k to `sum`: real parts, then imaginary parts. */
static void add_row(const struct work *work, size_t row, size_t k, double *restrict sum)
{
    const struct fft_taps *kernel = work->kernel;
    const float *tap = kernel->taps + row * kernel->cols * kernel->step;

    for (size_t b = 0; b < kernel->cols; b++, tap += kernel->step) {
        const double *turn_by = work->turns + 2 * (b * k % work->length);
        double values[FFT_LANES] = {0};
        for (size_t lane = 0; lane < kernel->lanes; lane++) {
            values[lane] = (double)tap[lane];
        }
        for (size_t lane = 0; lane < FFT_LANES; lane++) {
            sum[lane] += turn_by[0] * values[lane];
            sum[FFT_LANES + lane] += turn_by[1] * values[lane];
        }
    }
}

/* What m and length - m have in common, and what has opposite signs. */
static void add_sum(const double *restrict sum, const double *turn_by, double *restrict even, double *restrict odd)
{
    for (size_t i = 0; i < 2 * FFT_LANES; i++) {
        even[i] += turn_by[0] * sum[i];
        odd[i] += turn_by[1] * sum[i];
    }
}

static void store(const struct fft_taps *kernel, const double *even, const double *odd, double sign, float *spectrum)
{
    for (size_t lane = 0; lane < kernel->lanes; lane++) {
        const size_t imaginary = FFT_LANES + lane;
        spectrum[lane] = (float)(kernel->scale[lane] * (even[lane] - sign * odd[imaginary]));
        spectrum[imaginary] = (float)(kernel->scale[lane] * (even[imaginary] + sign * odd[lane]));
    }
}

/* Transforms the sums of `rows` rows, which are `step` doubles apart. */
static void transform_column(const struct work *work, const double *sums, size_t rows, size_t step, float *spectrum,
                             size_t m_step)
{
    for (size_t m = 0; 2 * m <= work->length; m++) {
        double even[2 * FFT_LANES] = {0};
        double odd[2 * FFT_LANES] = {0};
        for (size_t a = 0; a < rows; a++) {
            add_sum(sums + a * step, work->turns + 2 * (a * m % work->length), even, odd);
        }
        store(work->kernel, even, odd, 1, spectrum + m * m_step);
        if (m > 0 && 2 * m < work->length) {
            store(work->kernel, even, odd, -1, spectrum + (work->length - m) * m_step);
        }
    }
}

void fft_kernel(const struct fft_taps *kernel, size_t length, float *spectrum, size_t k_step, size_t m_step)
{
    /* rows that are `length` apart meet in one sum */
    const size_t rows = kernel->rows < length ? kernel->rows : length;
    const size_t half = length / 2 + 1;
    const size_t most = PAIRS / rows;
    double sums[PAIRS][2 * FFT_LANES];
    struct work work = {.kernel = kernel, .length = length};

    assert(length <= FFT_MOST);
    for (size_t i = 0; i < length; i++) {
        turn(i, length, &work.turns[2 * i], &work.turns[2 * i + 1]);
    }
    for (size_t begin = 0; begin < half; begin += most) {
        const size_t count = half - begin < most ? half - begin : most;
        memset(sums, 0, rows * count * sizeof *sums);
        for (size_t a = 0; a < kernel->rows; a++) {
            for (size_t k = 0; k < count; k++) {
                add_row(&work, a, begin + k, sums[a % length * count + k]);
            }
        }
        for (size_t k = 0; k < count; k++) {
            transform_column(&work, sums[k], rows, count * 2 * FFT_LANES, spectrum + (begin + k) * k_step, m_step);
        }
    }
}
