/* SPDX-License-Identifier: MIT */
#include "ops/fft.h"

#include "base/sizes.h"
#include "base/vectors.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LEAST_RADIX = 2, MOST_RADIX = 16 };

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

/* ---- Transforms of convolution kernels -------------------------------------------------------------- */

enum {
    PART = 8,    /* lanes that are done side by side */
    PAIRS = 300, /* of row and k, whose transforms fit in 80 KiB of stack; at least FFT_MOST */
};

/* Cosine and sine of 2 pi i / length. */
struct turns {
    size_t length;
    double at[2 * FFT_MOST];
};

/* Real numbers, `step` doubles from one to the next, */
struct numbers {
    const double *x;
    size_t step;
    size_t count;
};

/* and their transform at one place. */
struct value {
    double cosine[PART]; /* real part */
    double sine[PART];   /* imaginary part */
};

/* The sum over j of x[j] exp(2 pi i j k / length), for every `by`th j from `first` on. */
static void add_up(const struct turns *turns, const struct numbers *numbers, size_t first, size_t by, size_t k,
                   struct value *out)
{
    const size_t turn_by = by * k % turns->length;
    size_t at = first * k % turns->length;
    double cosine[PART] = {0};
    double sine[PART] = {0};

    for (size_t j = first; j < numbers->count; j += by) {
        const double *x = numbers->x + j * numbers->step;
        const double *turn_of_j = turns->at + 2 * at;
        for (size_t lane = 0; lane < PART; lane++) {
            cosine[lane] += turn_of_j[0] * x[lane];
            sine[lane] += turn_of_j[1] * x[lane];
        }
        at += turn_by;
        at -= at >= turns->length ? turns->length : 0;
    }
    memcpy(out->cosine, cosine, sizeof cosine);
    memcpy(out->sine, sine, sizeof sine);
}

/* Places whose transforms are made of the same sums: k and, if the length is even, length / 2 - k. */
static size_t places_of(size_t length)
{
    return length % 2 == 0 ? 2 : 1;
}

static size_t place(size_t length, size_t k, size_t i)
{
    return i == 0 ? k : length / 2 - k;
}

/* The transform at k's places. At the second, odd terms have the other sign, and all are conjugate. */
static void transform(const struct turns *turns, const struct numbers *numbers, size_t k, struct value *out)
{
    const size_t by = places_of(turns->length);
    struct value odd;

    add_up(turns, numbers, 0, by, k, &out[0]);
    if (by == 1) {
        return;
    }
    add_up(turns, numbers, 1, by, k, &odd);
    for (size_t lane = 0; lane < PART; lane++) {
        out[1].cosine[lane] = out[0].cosine[lane] - odd.cosine[lane];
        out[1].sine[lane] = odd.sine[lane] - out[0].sine[lane];
        out[0].cosine[lane] += odd.cosine[lane];
        out[0].sine[lane] += odd.sine[lane];
    }
}

/* The transform of complex numbers from those of their real and imaginary parts: at m for sign 1, length - m for -1. */
static void store(const struct value *re, const struct value *im, double sign, const double *scale, float *spectrum)
{
    for (size_t lane = 0; lane < PART; lane++) {
        spectrum[lane] = (float)(scale[lane] * (re->cosine[lane] - sign * im->sine[lane]));
        spectrum[FFT_LANES + lane] = (float)(scale[lane] * (im->cosine[lane] + sign * re->sine[lane]));
    }
}

/* Transforms the rows' transforms at one k. */
static void transform_column(const struct turns *turns, const struct value *rows, size_t count, const double *scale,
                             float *spectrum, size_t m_step)
{
    const size_t length = turns->length;
    const size_t step = sizeof *rows / sizeof *rows->cosine;
    const struct numbers cosines = {rows->cosine, step, count};
    const struct numbers sines = {rows->sine, step, count};

    for (size_t low = 0; 2 * places_of(length) * low <= length; low++) {
        struct value re[2];
        struct value im[2];
        transform(turns, &cosines, low, re);
        transform(turns, &sines, low, im);
        for (size_t i = 0; i < places_of(length); i++) {
            const size_t m = place(length, low, i);
            store(&re[i], &im[i], 1, scale, spectrum + m * m_step);
            if (m > 0 && 2 * m < length) {
                store(&re[i], &im[i], -1, scale, spectrum + (length - m) * m_step);
            }
        }
    }
}

/* Adds up what is turned by the same: rows that are `length` apart, and columns. */
static void gather_row(const struct fft_taps *kernel, size_t length, size_t row, double sums[][PART])
{
    memset(sums, 0, length * sizeof *sums);
    for (size_t a = row; a < kernel->rows; a += length) {
        for (size_t b = 0; b < kernel->cols; b++) {
            const float *tap = kernel->taps + (a * kernel->cols + b) * kernel->step;
            for (size_t lane = 0; lane < kernel->lanes; lane++) {
                sums[b % length][lane] += (double)tap[lane];
            }
        }
    }
}

/* Transforms up to PART lanes. */
WIDE_VECTORS static void transform_part(const struct turns *turns, const struct fft_taps *kernel, float *spectrum,
                                        size_t k_step, size_t m_step)
{
    const size_t length = turns->length;
    const size_t rows = least(kernel->rows, length);
    const size_t end = length / (2 * places_of(length)) + 1;
    const size_t most = PAIRS / rows;
    double row[FFT_MOST][PART];
    struct value values[2][PAIRS]; /* {places}{k}{rows} */

    for (size_t begin = 0; begin < end; begin += most) {
        const size_t count = least(end - begin, most);
        for (size_t a = 0; a < rows; a++) {
            const struct numbers numbers = {row[0], PART, least(kernel->cols, length)};
            gather_row(kernel, length, a, row);
            for (size_t k = 0; k < count; k++) {
                struct value at_k[2];
                transform(turns, &numbers, begin + k, at_k);
                for (size_t i = 0; i < places_of(length); i++) {
                    values[i][k * rows + a] = at_k[i];
                }
            }
        }
        for (size_t k = 0; k < count; k++) {
            for (size_t i = 0; i < places_of(length); i++) {
                transform_column(turns, &values[i][k * rows], rows, kernel->scale,
                                 spectrum + place(length, begin + k, i) * k_step, m_step);
            }
        }
    }
}

void fft_kernel(const struct fft_taps *kernel, size_t length, float *spectrum, size_t k_step, size_t m_step)
{
    struct turns turns = {.length = length};

    assert(length <= FFT_MOST);
    for (size_t i = 0; i < length; i++) {
        turn(i, length, &turns.at[2 * i], &turns.at[2 * i + 1]);
    }
    for (size_t lane = 0; lane < kernel->lanes; lane += PART) {
        struct fft_taps part = *kernel;
        part.taps += lane;
        part.scale += lane;
        part.lanes = least(kernel->lanes - lane, PART);
        transform_part(&turns, &part, spectrum + lane, k_step, m_step);
    }
}
