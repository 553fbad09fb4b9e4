/* SPDX-License-Identifier: MIT */
/* The second of three kernels of 2D convolution in the frequency domain. For each column k of the transform,
 * each tile t, filter f:
 *
 *   X[t][m][c] = sum over r of x_lines[t][k][r][c] * exp(-2 pi i (lead + r) m / LENGTH)
 *   Y[t][m][f] = sum over c of X[t][m][c] * weights[k][m][c][f]
 *   y_lines[t][r][k][f] = sum over m of Y[t][m][f] * exp(2 pi i r m / LENGTH),  r < tile_rows
 *
 * A work-item takes ROWS tiles at a time through all of it, so that X and Y stay in the cache.
 *
 *   x_lines  {tile}{block}{k}{row}{16 real parts, 16 imaginary parts}, from conv2d_fft_forward
 *   y_lines  {tile}{block}{row}{k}{likewise}
 *   slabs    for each work-item X, {m}{ROWS}{block of channels}{likewise}, then Y, {ROWS}{m}{likewise}
 *   packed   {k}{block of filters}{m}{channel}{16 real parts, 16 imaginary parts}
 *   sizes    {channels, blocks of channels, blocks of filters, lead, rows of x_lines, rows of y_lines, place of
 *            the table in packed}
 *   work     {tiles, tiles in a work-item, floats of a slab}
 *
 *   -D RADIX_A, -D RADIX_B   fft.clh
 *   -D ROWS                  1 to 8 tiles share weights in registers
 * Work-items: {k}{tiles}. */

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

#define ZERO(i) float16 re##i = 0.0f; float16 im##i = 0.0f;
#define ADD(i)                                                \
    {                                                         \
        const float16 x_re = x[i * x_stride + c];             \
        const float16 x_im = x[i * x_stride + c + 16];        \
        re##i = fma(x_re, w_re, fma(-x_im, w_im, re##i));     \
        im##i = fma(x_re, w_im, fma(x_im, w_re, im##i));      \
    }
#define STORE(i)                                              \
    *(__global anywhere16 *)(y + i * y_stride) = re##i;       \
    *(__global anywhere16 *)(y + i * y_stride + 16) = im##i;

/* Transforms the columns of a tile. */
static void transform_column(__global const float *from, int lead, int rows, __global float *to, int stride,
                             __global const float *table)
{
    float16 line[2 * LENGTH];
    float16 transform[2 * LENGTH];

    for (int r = 0; r < LENGTH; r++) {
        const bool inside = r >= lead && r < lead + rows;
        line[2 * r] = inside ? *(__global const anywhere16 *)(from + (r - lead) * 32) : 0.0f;
        line[2 * r + 1] = inside ? *(__global const anywhere16 *)(from + (r - lead) * 32 + 16) : 0.0f;
    }
    fft(line, transform, table);
    for (int m = 0; m < LENGTH; m++) {
        *(__global anywhere16 *)(to + m * stride) = transform[2 * m];
        *(__global anywhere16 *)(to + m * stride + 16) = transform[2 * m + 1];
    }
}

/* Transforms them back. */
static void restore_column(__global const float *from, __global float *to, int rows, int stride,
                           __global const float *table)
{
    float16 line[2 * LENGTH];
    float16 transform[2 * LENGTH];

    for (int m = 0; m < LENGTH; m++) {
        line[2 * m] = *(__global const anywhere16 *)(from + m * 32 + 16);
        line[2 * m + 1] = *(__global const anywhere16 *)(from + m * 32);
    }
    fft(line, transform, table);
    for (int r = 0; r < rows; r++) {
        *(__global anywhere16 *)(to + r * stride) = transform[2 * r + 1];
        *(__global anywhere16 *)(to + r * stride + 16) = transform[2 * r];
    }
}

/* Multiplies ROWS rows by the weights of a block of filters. */
static void multiply(__global const float *x, int x_stride, int channels, __global const float *weights,
                     __global float *y, int y_stride)
{
    EACH_ROW(ZERO)

    for (int block = 0; block < channels; block += 16, x += 32) {
        for (int c = 0; c < min(16, channels - block); c++, weights += 32) {
            const float16 w_re = *(__global const anywhere16 *)weights;
            const float16 w_im = *(__global const anywhere16 *)(weights + 16);
            EACH_ROW(ADD)
        }
    }
    EACH_ROW(STORE)
}

__kernel void conv2d_fft_product(__global const float *x_lines, const long x_offset, __global float *y_lines,
                                 const long y_offset, __global float *slabs, const long slabs_offset,
                                 __global const float *packed, const int8 sizes, const int8 work)
{
    const int columns = LENGTH / 2 + 1;
    const int shares = (work.s0 + work.s1 - 1) / work.s1;
    const int k = (int)get_global_id(0) / shares;
    const int begin = (int)get_global_id(0) % shares * work.s1;
    const int end = min(work.s0, begin + work.s1);
    const int x_row = 32 * sizes.s1;
    const int block_floats = LENGTH * sizes.s0 * 32;
    __global const float *table = packed + sizes.s6;
    __global float *x_slab = slabs + (slabs_offset + (int)get_global_id(0) * work.s2);
    __global float *y_slab = x_slab + LENGTH * ROWS * x_row;

    x_lines += x_offset + k * sizes.s4 * 32;
    y_lines += y_offset + k * 32;
    packed += k * sizes.s2 * block_floats;
    for (int tile = begin; tile < end; tile += ROWS) {
        const int rows = min(ROWS, end - tile);
        for (int i = 0; i < rows * sizes.s1; i++) {
            transform_column(x_lines + (tile * sizes.s1 + i) * columns * sizes.s4 * 32, sizes.s3, sizes.s4,
                             x_slab + i * 32, ROWS * x_row, table);
        }
        for (int block = 0; block < sizes.s2; block++) {
            for (int m = 0; m < LENGTH; m++) {
                multiply(x_slab + m * ROWS * x_row, x_row, sizes.s0, packed + block * block_floats + m * sizes.s0 * 32,
                         y_slab + m * 32, LENGTH * 32);
            }
            for (int i = 0; i < rows; i++) {
                restore_column(y_slab + i * LENGTH * 32,
                               y_lines + ((tile + i) * sizes.s2 + block) * sizes.s5 * columns * 32, sizes.s5, columns * 32,
                               table);
            }
        }
    }
}
