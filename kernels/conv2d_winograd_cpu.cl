/* SPDX-License-Identifier: MIT */
/* 2D convolution with square kernels or such of one row or column, stride and dilation 1, on CPUs, by Winograd's
 * algorithm (winograd.clh):
 *
 *   y[i][j][f] = activation(bias[f] + residual[i][j][f] + sum over a, b, c of x[i + a - top][j + b - left][c]
 *                                                                             * kernel[a][b][c][f])
 *
 * in tiles of CELLS x CELLS, 1 x CELLS or CELLS x 1 output pixels. A work-item takes a lot of tiles through all
 * stages: it transforms their input, multiplies it, point by point of the transform, by the transformed kernel, and
 * transforms the products of COLUMNS filters back. What lies between the stages stays in local memory, that is in the
 * core's second cache.
 *
 *   x_view         {rows, cols, channels, strides of pictures, rows, pixels, products of a block}
 *   y_view         {rows, cols, filters, strides of pictures, rows, pixels}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {-, -, -, -, -, -, top, left}
 *   tail_view      {rows, cols, strides of pictures, rows, pixels}, of what is made of y besides
 *   work           {tiles down a picture, across, in all pictures, in a lot, blocks of COLUMNS filters, in a
 *                   work-item, floats of a transformed pixel}
 *   packed         kernel {block}{point}{channel}{COLUMNS}, bias {block}{COLUMNS}, zeros for a pixel
 *   lot            transformed input {point}{tile}{floats of a transformed pixel}, then products of a block
 *                  {point}{tile}{COLUMNS}
 *
 *   -D CELLS, -D TAPS        winograd.clh
 *   -D DOWN, -D ACROSS       1 where the kernel has TAPS rows, columns; 0 where it has one
 *   -D ROWS, -D VECTORS      register_tile.clh; lots are multiples of ROWS tiles
 *   -D ACTIVATION ...        activation.clh
 *   -D REDUCTION ...         tail.clh
 * Work-items: one for each lot of tiles and of blocks, lots of tiles first. */

#define REAL float16
#include "activation.clh"
#include "part.clh"
#include "register_tile.clh"
#include "tail.clh"
#include "winograd.clh"

#if DOWN
#define CELLS_DOWN CELLS
#define POINTS_DOWN POINTS
#define INPUT_DOWN transform_input
#define OUTPUT_DOWN transform_output
#else
#define CELLS_DOWN 1
#define POINTS_DOWN 1
#define INPUT_DOWN keep
#define OUTPUT_DOWN keep
#endif
#if ACROSS
#define CELLS_ACROSS CELLS
#define POINTS_ACROSS POINTS
#define INPUT_ACROSS transform_input
#define OUTPUT_ACROSS transform_output
#else
#define CELLS_ACROSS 1
#define POINTS_ACROSS 1
#define INPUT_ACROSS keep
#define OUTPUT_ACROSS keep
#endif
#define ALL_POINTS (POINTS_DOWN * POINTS_ACROSS)
/* Of the function, a copy is made for 16 channels or filters, and one for less. */
#define IN_LINE __attribute__((always_inline))
#define UNROLLED _Pragma("unroll")

/* The transform along an axis where there is none. */
static void keep(const float16 *from, float16 *to, int step)
{
    (void)step;
    to[0] = from[0];
}

struct tile {
    int picture;
    int row; /* of its first output pixel */
    int col;
};

static struct tile tile_at(int number, int8 work)
{
    const int line = number / work.s1;
    const int picture = line / work.s0;

    return (struct tile){picture, (line - picture * work.s0) * CELLS_DOWN, (number - line * work.s1) * CELLS_ACROSS};
}

/* Transforms 16 channels, or the `count` that are left, of the pixels at[i] + c to t + point * plane. */
static IN_LINE void transform_channels(__global const float *const *at, int c, int count, __local float *t,
                                       int plane)
{
    float16 lines[ALL_POINTS];

    UNROLLED for (int j = 0; j < POINTS_ACROSS; j++) {
        float16 column[POINTS_DOWN];
        UNROLLED for (int i = 0; i < POINTS_DOWN; i++) {
            column[i] = load_first(at[i * POINTS_ACROSS + j] + c, count);
        }
        INPUT_DOWN(column, lines + j, POINTS_ACROSS);
    }
    UNROLLED for (int i = 0; i < POINTS_DOWN; i++) {
        float16 row[POINTS_ACROSS];
        INPUT_ACROSS(lines + i * POINTS_ACROSS, row, 1);
        UNROLLED for (int j = 0; j < POINTS_ACROSS; j++) {
            *(__local anywhere16 *)(t + (i * POINTS_ACROSS + j) * plane + c) = row[j];
        }
    }
}

/* Transforms the input of a tile to t + point * plane. */
static OUT_OF_LINE void load_tile(struct tile tile, __global const float *x, int8 x_view, int8 window,
                                  __global const float *zeros, __local float *t, int plane)
{
    __global const float *at[ALL_POINTS];
    const int top = tile.row - window.s6;
    const int left = tile.col - window.s7;
    int c = 0;

    x += tile.picture * x_view.s3;
    for (int i = 0; i < POINTS_DOWN; i++) {
        const bool inside = top + i >= 0 && top + i < x_view.s0;
        for (int j = 0; j < POINTS_ACROSS; j++) {
            const int col = left + j;
            at[i * POINTS_ACROSS + j] =
                inside && col >= 0 && col < x_view.s1 ? x + (top + i) * x_view.s4 + col * x_view.s5 : zeros;
        }
    }
    for (; c + 16 <= x_view.s2; c += 16) {
        transform_channels(at, c, 16, t, plane);
    }
    if (c < x_view.s2) {
        transform_channels(at, c, x_view.s2 - c, t, plane);
    }
}

#define POINT(i) __local const float *row##i = t + 0x##i * stride;
#define KEEP(i)                                               \
    *(__local anywhere16 *)(m + 0x##i * COLUMNS) = first##i; \
    SECOND(*(__local anywhere16 *)(m + 0x##i * COLUMNS + 16) = second##i;)

/* The products of ROWS tiles at a point. */
static OUT_OF_LINE void multiply(__local const float *t, int stride, int channels, int block,
                                 __global const float *weights, __local float *m)
{
    EACH_ROW(POINT)
    TILE_SUM(channels, block)
    EACH_ROW(KEEP)
}

#ifdef REDUCTION
/* Adds the cells of row i to the windows that are open, and stores those that it ends. */
static IN_LINE void add_to_windows(const float16 *cells, int i, int rows, int cols, float16 *windows,
                                   const struct tail *tail, int count)
{
    const int row = i / TAIL_ROWS;
    const bool ends = i + 1 == rows || (i + 1) % TAIL_ROWS == 0;

    UNROLLED for (int j = 0; j < CELLS_ACROSS; j++) {
        const bool opens = i % TAIL_ROWS == 0 && j % TAIL_COLS == 0;
        const float16 before = opens ? (float16)(START) : windows[j / TAIL_COLS];
        windows[j / TAIL_COLS] = j < cols ? COMBINE(before, cells[j]) : before;
    }
    UNROLLED for (int col = 0; col < CELLS_ACROSS / TAIL_COLS; col++) {
        if (ends && row < tail->rows && col < tail->cols) {
            const int inside = (i % TAIL_ROWS + 1) * min(TAIL_COLS, cols - col * TAIL_COLS); /* of its cells */
            store_first(FINISH(windows[col], inside), tail->at + row * tail->row_step + col * tail->col_step, count);
        }
    }
}
#endif

/* Transforms 16 filters of a tile, or the `count` that are left, back to the first rows x cols of its pixels. */
static IN_LINE void store_filters(__local const float *m, int plane, float16 bias, int rows, int cols,
                                  __global float *y, int8 y_view, __global const float *residual,
                                  int8 residual_view, const struct tail *tail, int count)
{
#ifdef REDUCTION
    float16 windows[CELLS_ACROSS / TAIL_COLS]; /* of a row of them */
#endif
    float16 lines[CELLS_DOWN * POINTS_ACROSS];

    UNROLLED for (int j = 0; j < POINTS_ACROSS; j++) {
        float16 column[POINTS_DOWN];
        UNROLLED for (int i = 0; i < POINTS_DOWN; i++) {
            column[i] = *(__local const anywhere16 *)(m + (i * POINTS_ACROSS + j) * plane);
        }
        OUTPUT_DOWN(column, lines + j, POINTS_ACROSS);
    }
    UNROLLED for (int i = 0; i < CELLS_DOWN; i++) {
        float16 cells[CELLS_ACROSS];
        OUTPUT_ACROSS(lines + i * POINTS_ACROSS, cells, 1);
        UNROLLED for (int j = 0; j < CELLS_ACROSS; j++) {
            if (i < rows && j < cols) {
                float16 value = cells[j] + bias;
                if (residual_view.s0) {
                    value += load_first(residual + i * residual_view.s2 + j * residual_view.s3, count);
                }
                cells[j] = ACTIVATE(value);
#ifndef FLEETING
                store_first(cells[j], y + i * y_view.s4 + j * y_view.s5, count);
#endif
            }
        }
#ifdef REDUCTION
        if (i < rows) {
            add_to_windows(cells, i, rows, cols, windows, tail, count);
        }
#endif
    }
}

static OUT_OF_LINE void store_tile(__local const float *m, int plane, float16 bias, int rows, int cols,
                                   __global float *y, int8 y_view, __global const float *residual,
                                   int8 residual_view, const struct tail *tail, int count)
{
    if (count >= 16) {
        store_filters(m, plane, bias, rows, cols, y, y_view, residual, residual_view, tail, 16);
    } else {
        store_filters(m, plane, bias, rows, cols, y, y_view, residual, residual_view, tail, count);
    }
}

/* The hint keeps compilers from making vectors of work-items: Intel's takes a tenth of the time so. */
__kernel __attribute__((vec_type_hint(float16)))
void conv2d_winograd_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                         __global const float *residual, const long residual_offset, __global const float *packed,
                         const long packed_offset, const int8 x_view, const int8 y_view, const int8 residual_view,
                         const int8 window, __global float *tail, const long tail_offset, const int8 tail_view,
                         const int8 work, __local float *lot)
{
    const int lots = (work.s2 + work.s3 - 1) / work.s3;
    const int first = (int)get_global_id(0) % lots * work.s3;
    const int tiles = min(work.s3, work.s2 - first);
    const int block_begin = (int)get_global_id(0) / lots * work.s5;
    const int block_end = min(work.s4, block_begin + work.s5);
    const int stride = work.s6;
    const int plane = work.s3 * stride;
    const int product_plane = work.s3 * COLUMNS;
    const int point_floats = x_view.s2 * COLUMNS;
    __global const float *bias = packed + packed_offset + work.s4 * ALL_POINTS * point_floats;
    __global const float *zeros = bias + work.s4 * COLUMNS;
    __local float *products = lot + ALL_POINTS * plane;
    const int rows = (tiles + ROWS - 1) / ROWS * ROWS;

    for (int i = 0; i < rows; i++) { /* the last tile again in rows behind it */
        load_tile(tile_at(first + min(i, tiles - 1), work), x + x_offset, x_view, window, zeros, lot + i * stride,
                  plane);
    }
    for (int block = block_begin; block < block_end; block++) {
        __global const float *weights = packed + packed_offset + block * ALL_POINTS * point_floats;
        const int filter = block * COLUMNS;
        for (int point = 0; point < ALL_POINTS; point++) {
            for (int i = 0; i < rows; i += ROWS) {
                multiply(lot + point * plane + i * stride, stride, x_view.s2, x_view.s6,
                         weights + point * point_floats, products + point * product_plane + i * COLUMNS);
            }
        }
        for (int i = 0; i < tiles; i++) {
            const struct tile tile = tile_at(first + i, work);
            const int rows_here = min(CELLS_DOWN, y_view.s0 - tile.row);
            const int cols_here = min(CELLS_ACROSS, y_view.s1 - tile.col);
            __global float *to =
                y + (y_offset + tile.picture * y_view.s3 + tile.row * y_view.s4 + tile.col * y_view.s5 + filter);
            __global const float *add = residual + (residual_offset + tile.picture * residual_view.s1 +
                                                    tile.row * residual_view.s2 + tile.col * residual_view.s3 + filter);
            struct tail made = tail_at(tail + tail_offset + filter, tail_view, tile.picture, tile.row, tile.col);
            for (int v = 0; v < COLUMNS; v += 16) {
                const int count = y_view.s2 - filter - v;
                const float16 offset = *(__global const anywhere16 *)(bias + filter + v);
                __local const float *from = products + i * COLUMNS + v;
                store_tile(from, product_plane, offset, rows_here, cols_here, to + v, y_view, add + v, residual_view,
                           &made, count);
                made.at += 16;
            }
        }
    }
}
