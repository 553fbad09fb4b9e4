/* SPDX-License-Identifier: MIT */
/* A convolution with a 1x1 kernel and, of its result, a depthwise one, on CPUs:
 *
 *   for each picture n, row i, column j, filter f:
 *     wide[i][j][f] = activation(bias[f] + sum over c of x[n][i][j][c] * kernel[c][f])
 *   for each output row i, column j, filter f:
 *     sum = bias[f] + sum over a, b of
 *           wide[i * stride_rows + a * dilation_rows - top][j * stride_cols + b * dilation_cols - left][f]
 *           * kernel[a][b][f]
 *     y[n][i][j][f] = activation(sum + residual[n][i][j][f])
 *
 * with wide 0 outside the picture. A work-item computes a block of COLUMNS filters for a strip of output rows: first
 * what of wide it reads, in register tiles of ROWS pixels, with zeros around, then the output from that.
 *
 *   x_view         {rows, cols, -, strides of pictures, rows, pixels}
 *   y_view         {rows, cols, -, strides of pictures, rows, pixels}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, -, stride_rows, -, dilation_rows, -, top, left}
 *   work           {blocks of COLUMNS filters, strips of a picture, output rows of a strip, pixels of a line of wide,
 *                   channels of x, products of a block, filters}
 *   packed         {block}{kernel of 1x1 {channel}, bias, bias, kernel {tap}}{COLUMNS}
 *   wide           a strip's lines of pixels {COLUMNS}
 *
 *   -D ROWS, -D VECTORS        register_tile.clh
 *   -D PIXELS                  pixels of an output tile (pixel_tile.clh)
 *   -D COLS, STRIDE, DILATION  columns of the depthwise kernel, their stride and dilation
 *   -D ACTIVATION ...          activation.clh
 * Work-items: one for each picture, strip and block, blocks first. */

#define REAL float16
#include "activation.clh"
#include "part.clh"
#include "pixel_tile.clh"
#include "register_tile.clh"
#include "tile_rows.clh"

/* A strip: its output rows, and the rows of the picture under them, of which those from `top` on are in it. */
struct strip {
    int begin;
    int end;
    int row;  /* of the picture, under the first output row's window; may be outside */
    int rows;
    int top;    /* the first and */
    int bottom; /* behind the last that is in the picture */
};

static struct strip strip_at(int number, int8 x_view, int8 y_view, int8 window, int8 work)
{
    struct strip strip;

    strip.begin = number * work.s2;
    strip.end = min(y_view.s0, strip.begin + work.s2);
    strip.row = strip.begin * window.s2 - window.s6;
    strip.rows = (strip.end - strip.begin - 1) * window.s2 + (window.s0 - 1) * window.s4 + 1;
    strip.top = max(0, strip.row);
    strip.bottom = min(x_view.s0, strip.row + strip.rows);
    return strip;
}

static void clear(__local float *wide, int pixels)
{
    for (int i = 0; i < pixels * VECTORS; i++) {
        *(__local anywhere16 *)(wide + 16 * i) = 0.0f;
    }
}

/* Zeros around what expand() writes. */
static void surround(__local float *wide, const struct strip *strip, int cols, int left, int line)
{
    for (int row = strip->row; row < strip->row + strip->rows; row++, wide += line * COLUMNS) {
        if (row < strip->top || row >= strip->bottom) {
            clear(wide, line);
        } else {
            clear(wide, left);
            clear(wide + (left + cols) * COLUMNS, line - left - cols);
        }
    }
}

/* Rows behind the last pixel repeat it; they are not stored. */
#define PLACE(i)                                                                       \
    __global const float *row##i = x + (at.row * x_view.s4 + at.col * x_view.s5);      \
    wide_at[0x##i] = ((at.row - strip->row) * line + at.col) * COLUMNS;                \
    if (0x##i + 1 < rows) {                                                            \
        step_pixel(&at, x_view.s0, x_view.s1);                                         \
    }
#define KEEP(i)                                                                             \
    if (0x##i < rows) {                                                                     \
        *(__local anywhere16 *)(wide + wide_at[0x##i]) = first##i + bias;             \
        SECOND(*(__local anywhere16 *)(wide + wide_at[0x##i] + 16) = second##i + bias2;) \
    }

/* Computes a strip's part of wide, which begins with its first pixel in the picture's first column. */
static OUT_OF_LINE void expand(__global const float *x, __global const float *packed, const struct strip *strip,
                               int8 x_view, int8 work, __local float *wide)
{
    const int channels = work.s4;
    const int line = work.s3;
    const int count = (strip->bottom - strip->top) * x_view.s1;
    const float16 bias = *(__global const anywhere16 *)(packed + channels * COLUMNS);
    SECOND(const float16 bias2 = *(__global const anywhere16 *)(packed + channels * COLUMNS + 16);)

    for (int pixel = 0; pixel < count; pixel += ROWS) {
        const int rows = min(ROWS, count - pixel);
        struct pixel at = pixel_at(strip->top * x_view.s1 + pixel, x_view.s0, x_view.s1);
        __global const float *weights = packed;
        int wide_at[ROWS];
        EACH_ROW(PLACE)
        TILE_SUM(channels, work.s5)
        EACH_ROW(KEEP)
        for (int i = 0; i < rows * VECTORS; i++) {
            __local anywhere16 *value = (__local anywhere16 *)(wide + wide_at[i / VECTORS] + i % VECTORS * 16);
            *value = ACTIVATE(*value);
        }
    }
}

/* A tile of output pixels of a row. */
struct tile {
    __local const float *wide; /* under the kernel's corner of the first pixel */
    __global const float *packed;
    __global const float *residual;
    __global float *y;
    int pixels;
    int lanes; /* filters that are left, from its first on */
};

#define BEGIN(i) float16 sum##i = bias;
#define MULTIPLY(i)                                                                                        \
    sum##i = fma(*(__local const anywhere16 *)(row + (i * STRIDE + b * DILATION) * COLUMNS), weight, sum##i);
#define FINISH(i) sums[i] = sum##i;

/* Computes 16 filters of a tile. `step`: from a kernel row to the next. */
static OUT_OF_LINE void compute(const struct tile *tile, int kernel_rows, int step, int8 y_view, int8 residual_view)
{
    const float16 bias = *(__global const anywhere16 *)tile->packed;
    __local const float *row = tile->wide;
    __global const float *weights = tile->packed + COLUMNS;
    EACH_PIXEL(BEGIN)

    for (int a = 0; a < kernel_rows; a++) {
#pragma unroll
        for (int b = 0; b < COLS; b++) {
            const float16 weight = *(__global const anywhere16 *)(weights + b * COLUMNS);
            EACH_PIXEL(MULTIPLY)
        }
        row += step;
        weights += COLS * COLUMNS;
    }
    float16 sums[PIXELS];
    EACH_PIXEL(FINISH)
    for (int i = 0; i < tile->pixels; i++) {
        float16 value = sums[i];
        if (residual_view.s0) {
            value += load_first(tile->residual + i * residual_view.s3, tile->lanes);
        }
        store_first(ACTIVATE(value), tile->y + i * y_view.s5, tile->lanes);
    }
}

__kernel __attribute__((vec_type_hint(float16)))
void expanded_depthwise_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                            __global const float *residual, const long residual_offset, __global const float *packed,
                            const long packed_offset, const int8 x_view, const int8 y_view, const int8 residual_view,
                            const int8 window, const int8 work, __local float *wide)
{
    const int block = (int)get_global_id(0) % work.s0;
    const int number = (int)get_global_id(0) / work.s0;
    const int picture = number / work.s1;
    const struct strip strip = strip_at(number % work.s1, x_view, y_view, window, work);
    const int block_floats = (work.s4 + 2 + window.s0 * COLS) * COLUMNS;
    const int filter = block * COLUMNS;
    const int line = work.s3;
    __global const float *weights = packed + (packed_offset + block * block_floats);

    surround(wide, &strip, x_view.s1, window.s7, line);
    expand(x + (x_offset + picture * x_view.s3), weights, &strip, x_view, work, wide + window.s7 * COLUMNS);
    for (int i = strip.begin; i < strip.end; i++) {
        for (int j = 0; j < y_view.s1; j += PIXELS) {
            for (int lane = 0; lane < COLUMNS && filter + lane < work.s6; lane += 16) {
                const int at = ((i - strip.begin) * window.s2 * line + j * STRIDE) * COLUMNS;
                const int y_at = picture * y_view.s3 + i * y_view.s4 + j * y_view.s5;
                const int residual_at =
                    picture * residual_view.s1 + i * residual_view.s2 + j * residual_view.s3;
                const struct tile tile = {
                    .wide = wide + at + lane,
                    .packed = weights + (work.s4 + 1) * COLUMNS + lane,
                    .residual = residual + (residual_offset + residual_at + filter + lane),
                    .y = y + (y_offset + y_at + filter + lane),
                    .pixels = min(PIXELS, y_view.s1 - j),
                    .lanes = work.s6 - filter - lane,
                };
                compute(&tile, window.s0, window.s4 * line * COLUMNS, y_view, residual_view);
            }
        }
    }
}
