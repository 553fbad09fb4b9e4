/* SPDX-License-Identifier: MIT */
/* 2D convolution on CPUs, of pictures whose pixels have few channels and lie side by side:
 *
 *   for each picture n, output row i, column j, filter f:
 *     sum = bias[f] + sum over a, b, c of
 *           x[n][i * stride_rows + a * dilation_rows - top][j * stride_cols + b - left][c] * kernel[a][b][c][f]
 *     y[n][i][j][f] = activation(sum + residual[n][i][j][f])
 *
 * A work-item computes a strip of output rows. It copies the input rows that they need to local memory, with the
 * padding; then what a pixel needs of a kernel row is a piece of memory without gaps, and no tap is a special case.
 *
 *   x_view         {rows, cols, channels, strides of pictures, rows, pixels, products of a block}
 *   y_view         {rows, cols, filters, strides of pictures, rows, pixels, pictures}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, cols, stride_rows, stride_cols, dilation_rows, 1, top, left}
 *   work           {blocks of COLUMNS filters, of them in a work-item, strips of a picture, output rows of a strip,
 *                   floats of a copied row}
 *   packed         kernel {block}{tap}{channel}{COLUMNS}, bias {block}{COLUMNS}
 *   strip          the copied rows
 *
 *   -D ROWS, -D VECTORS   register_tile.clh
 *   -D ACTIVATION ...     activation.clh
 * Work-items: one for each strip and lot of blocks, strips first. */

#define REAL float16
#include "activation.clh"
#include "part.clh"
#include "register_tile.clh"
#include "tile_rows.clh"

static void fill(__local float *to, int begin, int end)
{
    for (int i = begin; i < end; i++) {
        to[i] = 0.0f;
    }
}

static void copy(__global const float *x, __local float *to, int count)
{
    int i = 0;

    for (; i + 16 <= count; i += 16) {
        *(__local anywhere16 *)(to + i) = *(__global const anywhere16 *)(x + i);
    }
    for (; i < count; i++) {
        to[i] = x[i];
    }
}

/* Copies `count` rows from number `row` on, which may be outside the picture. */
static void copy_rows(__global const float *x, int8 x_view, int row, int count, int left, int floats,
                      __local float *strip)
{
    const int begin = left * x_view.s2;
    const int size = min(x_view.s1 * x_view.s2, floats - begin);

    for (int i = 0; i < count; i++, row++, strip += floats) {
        if (row < 0 || row >= x_view.s0) {
            fill(strip, 0, floats);
        } else {
            fill(strip, 0, begin);
            copy(x + row * x_view.s4, strip + begin, size);
            fill(strip, begin + size, floats);
        }
    }
}

/* Rows behind the last pixel repeat it; they are not stored. */
#define PLACE(i)                                                             \
    __local const float *row##i = strip + at.row * row_step + at.col * col_step; \
    y_at[0x##i] = at.row * y_view.s4 + at.col * y_view.s5;                   \
    residual_at[0x##i] = at.row * residual_view.s2 + at.col * residual_view.s3; \
    if (0x##i + 1 < rows) {                                                  \
        step_pixel(&at, y_view.s0, y_view.s1);                               \
    }
#define NEXT_LINE(i) row##i += line_step;

/* The `rows` pixels from number `tile` of a strip on, a block of filters; y and residual begin with the strip. */
static OUT_OF_LINE void compute_tile(int tile, int rows, int block, __local const float *strip, int8 x_view,
                                     int8 y_view, int8 residual_view, int8 window, int8 work,
                                     __global const float *packed, __global const float *residual, __global float *y)
{
    struct pixel at = pixel_at(tile, y_view.s0, y_view.s1);
    const int filter = block * COLUMNS;
    const int columns = y_view.s2 - filter;
    const int line = window.s1 * x_view.s2;
    const int terms = window.s0 * line;
    const int row_step = window.s2 * work.s4;
    const int col_step = window.s3 * x_view.s2;
    const int line_step = window.s4 * work.s4;
    const bool has_residual = residual_view.s0;
    __global const float *weights = packed + block * terms * COLUMNS;
    __global const float *bias = packed + work.s0 * terms * COLUMNS + filter;
    __global const float *residual_block = residual + filter;
    __global float *y_block = y + filter;
    int y_at[ROWS];
    int residual_at[ROWS];

    EACH_ROW(PLACE)
    TILE_LINES(window.s0, line, NEXT_LINE, x_view.s6)
    STORE_TILE
}

/* The hint keeps compilers from making vectors of work-items: Intel's takes a tenth of the time so. */
__kernel __attribute__((vec_type_hint(float16)))
void conv2d_strips_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                       __global const float *residual, const long residual_offset, __global const float *packed,
                       const long packed_offset, const int8 x_view, const int8 y_view, const int8 residual_view,
                       const int8 window, const int8 work, __local float *strip)
{
    const int strips = y_view.s6 * work.s2;
    const int number = (int)get_global_id(0) % strips;
    const int block_begin = (int)get_global_id(0) / strips * work.s1;
    const int block_end = min(work.s0, block_begin + work.s1);
    const int picture = number / work.s2;
    const int top = number % work.s2 * work.s3;
    const int count = min(work.s3, y_view.s0 - top) * y_view.s1;

    copy_rows(x + (x_offset + picture * x_view.s3), x_view, top * window.s2 - window.s6,
              (work.s3 - 1) * window.s2 + (window.s0 - 1) * window.s4 + 1, window.s7, work.s4, strip);
    y += y_offset + picture * y_view.s3 + top * y_view.s4;
    residual += residual_offset + picture * residual_view.s1 + top * residual_view.s2;
    for (int tile = 0; tile < count; tile += ROWS) {
        for (int block = block_begin; block < block_end; block++) {
            compute_tile(tile, min(ROWS, count - tile), block, strip, x_view, y_view, residual_view, window, work,
                         packed + packed_offset, residual, y);
        }
    }
}
