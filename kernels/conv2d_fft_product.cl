/* SPDX-License-Identifier: MIT */
/* The second of three kernels of 2D convolution in the frequency domain. For each column k of the transform,
 * each tile t, filter f:
 *
 *   X[t][m][c] = sum over r of x_lines[t][k][r][c] * exp(-2 pi i (lead + r) m / LENGTH)
 *   Y[t][m][f] = sum over c of X[t][m][c] * weights[k][m][c][f]
 *   y_lines[t][k][r][f] = sum over m of Y[t][m][f] * exp(2 pi i r m / LENGTH),  r < tile_rows
 *
 * A work-item takes some tiles through all of it, so that X and Y stay in the cache; it reads weights once.
 *
 *   x_lines  {tile}{block}{k}{row}{16 real parts, 16 imaginary parts}, from conv2d_fft_forward
 *   y_lines  the same of filters
 *   slabs    for each work-item X, {m}{tile}{block of channels}{likewise} with 32 floats between one m and the
 *            next, then Y, {tile}{m}{likewise}
 *   packed   {k}{block of filters}{m}{channel}{16 real parts, 16 imaginary parts}
 *   sizes    {channels, blocks of channels, blocks of filters, lead, rows of x_lines, rows of y_lines, place of
 *            the table in packed}
 *   work     {tiles, tiles in a work-item, k in a work-item, floats of a slab}
 *
 *   -D RADIX_A, -D RADIX_B   fft.clh
 *   -D ROWS                  1 to 8 tiles share weights in registers
 * Work-items: {k}{tiles}. */

#include "fetch.clh"
#include "fft.clh"
#include "part.clh"

#if ROWS == 1
#define EACH_ROW(M) M(0)
#elif ROWS == 2
#define EACH_ROW(M) M(0) M(1)
#elif ROWS == 3
#define EACH_ROW(M) M(0) M(1) M(2)
#elif ROWS == 4
#define EACH_ROW(M) M(0) M(1) M(2) M(3)
#elif ROWS == 5
#define EACH_ROW(M) M(0) M(1) M(2) M(3) M(4)
#elif ROWS == 6
#define EACH_ROW(M) M(0) M(1) M(2) M(3) M(4) M(5)
#elif ROWS == 7
#define EACH_ROW(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6)
#elif ROWS == 8
#define EACH_ROW(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)
#else
#error "ROWS is not from 1 to 8"
#endif

/* Weights come from memory, once, and are asked for so many floats before they are needed. */
#define AHEAD 2048

#define BEGIN(i)                                                          \
    __global const float *row##i = x + min(i, rows - 1) * x_stride;       \
    float16 re##i = 0.0f;                                                 \
    float16 im##i = 0.0f;
#define ADD(i)                                                \
    {                                                         \
        const float16 x_re = row##i[block * 2 + c];             \
        const float16 x_im = row##i[block * 2 + c + 16];        \
        re##i = fma(x_re, w_re, fma(-x_im, w_im, re##i));     \
        im##i = fma(x_re, w_im, fma(x_im, w_re, im##i));      \
    }
#define STORE(i)                                                  \
    if (i < rows) {                                               \
        *(__global anywhere16 *)(y + i * LENGTH * 32) = re##i;    \
        *(__global anywhere16 *)(y + i * LENGTH * 32 + 16) = im##i; \
    }

/* Transforms the column of a tile. */
static OUT_OF_LINE void transform_column(__global const float *from, int lead, int rows, __global float *to, int stride,
                                         __global const float *table)
{
    float16 line[2 * LENGTH];

    for (int i = 0; i < RADIX_B; i++) {
        float16 x[2 * RADIX_A];
        UNROLLED for (int k = 0; k < RADIX_A; k++) {
            const int r = i + k * RADIX_B - lead;
            const bool inside = r >= 0 && r < rows;
            x[2 * k] = inside ? *(__global const anywhere16 *)(from + r * 32) : 0.0f;
            x[2 * k + 1] = inside ? *(__global const anywhere16 *)(from + r * 32 + 16) : 0.0f;
        }
        fft_first(x, i, line, table);
    }
    for (int i = 0; i < RADIX_A; i++) {
        float16 y[2 * RADIX_B];
        fft_second(line, i, y, table);
        UNROLLED for (int k = 0; k < RADIX_B; k++) {
            *(__global anywhere16 *)(to + (i + k * RADIX_A) * stride) = y[2 * k];
            *(__global anywhere16 *)(to + (i + k * RADIX_A) * stride + 16) = y[2 * k + 1];
        }
    }
}

/* Transforms it back, with real and imaginary parts swapped. */
static OUT_OF_LINE void restore_column(__global const float *from, __global float *to, int rows,
                                       __global const float *table)
{
    float16 line[2 * LENGTH];

    for (int i = 0; i < RADIX_B; i++) {
        float16 x[2 * RADIX_A];
        UNROLLED for (int k = 0; k < RADIX_A; k++) {
            x[2 * k] = *(__global const anywhere16 *)(from + (i + k * RADIX_B) * 32 + 16);
            x[2 * k + 1] = *(__global const anywhere16 *)(from + (i + k * RADIX_B) * 32);
        }
        fft_first(x, i, line, table);
    }
    for (int i = 0; i < RADIX_A; i++) {
        float16 y[2 * RADIX_B];
        fft_second(line, i, y, table);
        UNROLLED for (int k = 0; k < RADIX_B; k++) {
            const int r = i + k * RADIX_A;
            if (r < rows) {
                *(__global anywhere16 *)(to + r * 32) = y[2 * k + 1];
                *(__global anywhere16 *)(to + r * 32 + 16) = y[2 * k];
            }
        }
    }
}

/* Multiplies up to ROWS rows by the weights of a block of filters. */
static void multiply(__global const float *x, int x_stride, int channels, int rows, __global const float *weights,
                     __global float *y)
{
    EACH_ROW(BEGIN)

    for (int block = 0; block < channels; block += 16) {
        for (int c = 0; c < min(16, channels - block); c++, weights += 32) {
            const float16 w_re = *(__global const anywhere16 *)weights;
            const float16 w_im = *(__global const anywhere16 *)(weights + 16);
            FETCH(weights + AHEAD)
            FETCH(weights + AHEAD + 16)
            EACH_ROW(ADD)
        }
    }
    EACH_ROW(STORE)
}

/* Y of a block of filters. */
static OUT_OF_LINE void multiply_column(__global const float *x, int m_step, int x_row, int channels, int tiles,
                                        __global const float *weights, __global float *y)
{
    for (int m = 0; m < LENGTH; m++, x += m_step, y += 32, weights += channels * 32) {
        for (int tile = 0; tile < tiles; tile += ROWS) {
            multiply(x + tile * x_row, x_row, channels, min(ROWS, tiles - tile), weights, y + tile * LENGTH * 32);
        }
    }
}

__kernel void conv2d_fft_product(__global const float *x_lines, const long x_offset, __global float *y_lines,
                                 const long y_offset, __global float *slabs, const long slabs_offset,
                                 __global const float *packed, const int8 sizes, const int8 work)
{
    const int columns = LENGTH / 2 + 1;
    const int shares = (work.s0 + work.s1 - 1) / work.s1;
    const int begin = (int)get_global_id(0) % shares * work.s1;
    const int tiles = min(work.s1, work.s0 - begin);
    const int k_begin = (int)get_global_id(0) / shares * work.s2;
    const int k_end = min(columns, k_begin + work.s2);
    const int x_row = 32 * sizes.s1;
    const int m_step = work.s1 * x_row + 32; /* no power of 2, which would use few sets of the cache */
    const int block_floats = LENGTH * sizes.s0 * 32;
    __global const float *table = packed + sizes.s6;
    __global float *x_slab = slabs + (slabs_offset + (int)get_global_id(0) * work.s3);
    __global float *y_slab = x_slab + LENGTH * m_step;

    x_lines += x_offset + begin * sizes.s1 * columns * sizes.s4 * 32;
    y_lines += y_offset + begin * sizes.s2 * columns * sizes.s5 * 32;
    for (int k = k_begin; k < k_end; k++) {
        for (int i = 0; i < tiles * sizes.s1; i++) {
            transform_column(x_lines + (i * columns + k) * sizes.s4 * 32, sizes.s3, sizes.s4, x_slab + i * 32, m_step,
                             table);
        }
        for (int block = 0; block < sizes.s2; block++) {
            multiply_column(x_slab, m_step, x_row, sizes.s0, tiles, packed + (k * sizes.s2 + block) * block_floats,
                            y_slab);
            for (int i = 0; i < tiles; i++) {
                restore_column(y_slab + i * LENGTH * 32,
                               y_lines + ((i * sizes.s2 + block) * columns + k) * sizes.s5 * 32, sizes.s5, table);
            }
        }
    }
}
