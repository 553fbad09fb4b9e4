/* SPDX-License-Identifier: MIT */
/* The last of three kernels of 2D convolution in the frequency domain: rows are transformed back.
 *
 *   y[row + r][col + j][f] = activation(bias[f] + residual + sum over k of lines[k][r][f] * exp(2 pi i j k / LENGTH))
 *
 * for all k below LENGTH, lines[LENGTH - k] being the conjugate of lines[k]. Two rows are transformed as the
 * real and the imaginary part of one.
 *
 *   lines          {tile}{block of 16 filters}{k up to LENGTH / 2}{row}{16 real parts, 16 imaginary parts}
 *   y_view         {rows, cols, filters, strides of pictures, rows, pixels}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   tiles          {down a picture, across, tile_rows, tile_cols}
 *   work           {blocks, pairs of rows in a work-item, work-items for a block, place of the table in packed,
 *                  place of the bias}
 *
 *   -D RADIX_A, -D RADIX_B   fft.clh
 *   -D ACTIVATION ...        activation.clh
 * Work-items: {tile}{block}{pairs of rows}. */

#define REAL float16
#include "activation.clh"
#include "fetch.clh"
#include "fft.clh"
#include "part.clh"

/* Transforms a line. */
static OUT_OF_LINE void transform_line(const float16 *from, float16 *to, __global const float *table)
{
    float16 line[2 * LENGTH];

    for (int i = 0; i < RADIX_B; i++) {
        float16 x[2 * RADIX_A];
        UNROLLED for (int k = 0; k < RADIX_A; k++) {
            x[2 * k] = from[2 * (i + k * RADIX_B)];
            x[2 * k + 1] = from[2 * (i + k * RADIX_B) + 1];
        }
        fft_first(x, i, line, table);
    }
    for (int i = 0; i < RADIX_A; i++) {
        float16 y[2 * RADIX_B];
        fft_second(line, i, y, table);
        UNROLLED for (int k = 0; k < RADIX_B; k++) {
            to[2 * (i + k * RADIX_A)] = y[2 * k];
            to[2 * (i + k * RADIX_A) + 1] = y[2 * k + 1];
        }
    }
}

/* Joins the transforms of two real rows, with real and imaginary parts swapped. Those of the next two, behind them, are
 * asked for: they lie in pieces too far from each other for the machine to see what comes next. */
static OUT_OF_LINE void load_pair(__global const float *first, __global const float *second, int stride, float16 *line)
{
    for (int k = 0; 2 * k <= LENGTH; k++, first += stride, second += stride) {
        const int other = k ? LENGTH - k : 0;
        const float16 re = *(__global const anywhere16 *)first;
        const float16 im = *(__global const anywhere16 *)(first + 16);
        const float16 second_re = *(__global const anywhere16 *)second;
        const float16 second_im = *(__global const anywhere16 *)(second + 16);
        for (int i = 64; i < 128; i += 16) {
            FETCH(first + i)
        }
        line[2 * other] = second_re - im;
        line[2 * other + 1] = re + second_im;
        line[2 * k] = im + second_re;
        line[2 * k + 1] = re - second_im;
    }
}

/* Stores a row of pixels; `residual` is NULL if there is none. */
static OUT_OF_LINE void store_row(const float16 *transform, int cols, int filters, __global const float *bias,
                                  __global float *y, int y_stride, __global const float *residual, int residual_stride)
{
    const float16 offset = *(__global const anywhere16 *)bias;

    for (int j = 0; j < cols; j++) {
        float16 value = transform[2 * j] + offset;
        if (residual) {
            value += load_first(residual + j * residual_stride, filters);
        }
        store_first(ACTIVATE(value), y + j * y_stride, filters);
    }
}

__kernel void conv2d_fft_inverse(__global const float *lines, const long lines_offset, __global float *y,
                                 const long y_offset, __global const float *residual, const long residual_offset,
                                 __global const float *packed, const int8 y_view, const int8 residual_view,
                                 const int8 tiles, const int8 work)
{
    const int share = (int)get_global_id(0) % work.s2;
    const int block = (int)get_global_id(0) / work.s2 % work.s0;
    const int tile = (int)get_global_id(0) / work.s2 / work.s0;
    const int picture = tile / (tiles.s0 * tiles.s1);
    const int top = tile / tiles.s1 % tiles.s0 * tiles.s2;
    const int left = tile % tiles.s1 * tiles.s3;
    const int row_end = min(min(tiles.s2, y_view.s0 - top), (share + 1) * 2 * work.s1);
    const int cols = min(tiles.s3, y_view.s1 - left);
    const int filters = y_view.s2 - 16 * block;
    float16 line[2 * LENGTH];
    float16 transform[2 * LENGTH];

    lines += lines_offset + (tile * work.s0 + block) * (LENGTH / 2 + 1) * tiles.s2 * 32;
    y += y_offset + picture * y_view.s3 + top * y_view.s4 + left * y_view.s5 + 16 * block;
    residual += residual_offset + picture * residual_view.s1 + top * residual_view.s2 + left * residual_view.s3;
    residual += 16 * block;
    for (int row = share * 2 * work.s1; row < row_end; row += 2) {
        const int rows = min(2, row_end - row);
        load_pair(lines + row * 32, lines + (row + rows - 1) * 32, tiles.s2 * 32, line);
        transform_line(line, transform, packed + work.s3);
        for (int i = 0; i < rows; i++) {
            store_row(transform + 1 - i, cols, filters, packed + work.s4 + 16 * block, y + (row + i) * y_view.s4,
                      y_view.s5,
                      residual_view.s0 ? residual + (row + i) * residual_view.s2 : 0, residual_view.s3);
        }
    }
}
