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
 *   tail_view      {rows, cols, strides of pictures, rows, pixels}, of what is made of y besides
 *   work           {blocks of COLUMNS filters, of them in a work-item, strips of a picture, output rows of a strip,
 *                   floats of a copied row}
 *   packed         kernel {block}{tap}{channel}{COLUMNS}, bias {block}{COLUMNS}
 *   strip          the copied rows
 *
 *   -D ROWS, -D VECTORS   register_tile.clh
 *   -D ACTIVATION ...     activation.clh
 *   -D REDUCTION ...      tail.clh; ROWS is a multiple of a window's cells, and so is a strip of its rows
 * Work-items: one for each strip and lot of blocks, strips first. */

#define REAL float16
#include "activation.clh"
#include "part.clh"
#include "register_tile.clh"
#include "tail.clh"
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

/* The windows of so many rows and cols, those at the edges that reach beyond them included. */
static int windows_of(int rows, int cols)
{
    return ((rows + TAIL_ROWS - 1) / TAIL_ROWS) * ((cols + TAIL_COLS - 1) / TAIL_COLS);
}

/* The first pixel of window `number`, of which `across` are side by side. */
static struct pixel window_at(int number, int across)
{
    const int line = number / across;

    return (struct pixel){0, line * TAIL_ROWS, (number - line * across) * TAIL_COLS};
}

/* Moves on by one pixel of a window, or to the next. */
static void step_in_windows(struct pixel *at, int across)
{
    if (++at->col % TAIL_COLS == 0) {
        at->col -= TAIL_COLS;
        if (++at->row % TAIL_ROWS == 0) {
            at->row -= TAIL_ROWS;
            at->col += TAIL_COLS;
            if (at->col == across * TAIL_COLS) {
                at->col = 0;
                at->row += TAIL_ROWS;
            }
        }
    }
}

#ifdef REDUCTION
/* Stores the pixels of whole windows, from number `first` of the strip's on, and what is made of them, of the strip's
 * first window to `to`. Bit i of `inside` tells whether pixel i is in the picture. */
static OUT_OF_LINE void store_windows(const float16 *sum, int rows, int inside, int columns,
                                      __global const float *bias, __global const float *residual,
                                      const int *residual_at, bool has_residual, __global float *y, const int *y_at,
                                      __global float *to, const struct tail *tail, int first, int across)
{
    for (int v = 0; v < VECTORS; v++) {
        const int left = columns - 16 * v;
        float16 all = START;
        int cells = 0;
        for (int i = 0; i < rows; i++) {
            if (inside >> i & 1) {
                const float16 value = finish_sum(sum[i * VECTORS + v], bias + 16 * v,
                                                 residual + residual_at[i] + 16 * v, has_residual, left);
#ifndef FLEETING
                store_first(value, y + y_at[i] + 16 * v, left);
#endif
                all = COMBINE(all, value);
                cells++;
            }
            if ((i + 1) % TAIL_CELLS == 0) {
                const int row = (first + i / TAIL_CELLS) / across;
                const int col = (first + i / TAIL_CELLS) % across;
                if (row < tail->rows && col < tail->cols) {
                    store_first(FINISH(all, cells), to + row * tail->row_step + col * tail->col_step + 16 * v, left);
                }
                all = START;
                cells = 0;
            }
        }
    }
}
#endif

/* Rows behind the last pixel repeat it; they are not stored. */
#define PLACE(i)                                                             \
    __local const float *row##i = strip + at.row * row_step + at.col * col_step; \
    y_at[0x##i] = at.row * y_view.s4 + at.col * y_view.s5;                   \
    residual_at[0x##i] = at.row * residual_view.s2 + at.col * residual_view.s3; \
    inside |= (at.row < y_view.s0 && at.col < y_view.s1) << 0x##i;           \
    if (0x##i + 1 < rows) {                                                  \
        step_in_windows(&at, across);                                        \
    }
#define NEXT_LINE(i) row##i += line_step;

/* The `rows` pixels from number `tile` of a strip on, counted window by window, a block of filters; y, residual and
 * tail begin with the strip, from where on the picture has y_view.s0 rows. */
static OUT_OF_LINE void compute_tile(int tile, int rows, int block, __local const float *strip, int8 x_view,
                                     int8 y_view, int8 residual_view, int8 window, int8 work,
                                     __global const float *packed, __global const float *residual, __global float *y,
                                     const struct tail *tail)
{
    const int across = (y_view.s1 + TAIL_COLS - 1) / TAIL_COLS;
    struct pixel at = window_at(tile / TAIL_CELLS, across);
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
    int inside = 0;

    EACH_ROW(PLACE)
    TILE_LINES(window.s0, line, NEXT_LINE, x_view.s6)
#ifdef REDUCTION
    EACH_ROW(TILE_KEEP)
    store_windows(sum, rows, inside, columns, bias, residual_block, residual_at, has_residual, y_block, y_at,
                  tail->at + filter, tail, tile / TAIL_CELLS, across);
#else
    STORE_TILE
#endif
}

/* The hint keeps compilers from making vectors of work-items: Intel's takes a tenth of the time so. */
__kernel __attribute__((vec_type_hint(float16)))
void conv2d_strips_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                       __global const float *residual, const long residual_offset, __global const float *packed,
                       const long packed_offset, const int8 x_view, const int8 y_view, const int8 residual_view,
                       const int8 window, __global float *tail, const long tail_offset, const int8 tail_view,
                       const int8 work, __local float *strip)
{
    const int strips = y_view.s6 * work.s2;
    const int number = (int)get_global_id(0) % strips;
    const int block_begin = (int)get_global_id(0) / strips * work.s1;
    const int block_end = min(work.s0, block_begin + work.s1);
    const int picture = number / work.s2;
    const int top = number % work.s2 * work.s3;
    const int rows_here = min(work.s3, y_view.s0 - top);
    const int count = windows_of(rows_here, y_view.s1) * TAIL_CELLS;
    const struct tail made = tail_at(tail + tail_offset, tail_view, picture, top, 0);
    int8 left_view = y_view;

    copy_rows(x + (x_offset + picture * x_view.s3), x_view, top * window.s2 - window.s6,
              (work.s3 - 1) * window.s2 + (window.s0 - 1) * window.s4 + 1, window.s7, work.s4, strip);
    y += y_offset + picture * y_view.s3 + top * y_view.s4;
    residual += residual_offset + picture * residual_view.s1 + top * residual_view.s2;
    left_view.s0 -= top;
    for (int tile = 0; tile < count; tile += ROWS) {
        for (int block = block_begin; block < block_end; block++) {
            compute_tile(tile, min(ROWS, count - tile), block, strip, x_view, left_view, residual_view, window, work,
                         packed + packed_offset, residual, y, &made);
        }
    }
}
