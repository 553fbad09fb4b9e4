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
 * with wide 0 outside the picture. A work-item computes a block of COLUMNS filters for a strip of output rows, a band
 * of them at a time: first the rows of wide that the band is the first to read, in register tiles of ROWS pixels, then
 * the output. The lines of wide are a ring as long as what a band reads, which is to stay in the first cache: row r is
 * in line (r - the strip's first) % lines.
 *
 *   x_view         {rows, cols, -, strides of pictures, rows, pixels}
 *   y_view         {rows, cols, -, strides of pictures, rows, pixels}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, -, stride_rows, -, dilation_rows, -, top, left}
 *   work           {blocks of COLUMNS filters, strips of a picture, output rows of a strip and of a band,
 *                   channels of x, products of a block, filters}
 *   ring           {lines, pixels of a line}
 *   packed         {block}{kernel of 1x1 {channel}, bias, bias, kernel {tap}}{COLUMNS}
 *   wide           the ring's lines of pixels {COLUMNS}
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

static void clear(__local float *wide, int pixels)
{
    for (int i = 0; i < pixels * VECTORS; i++) {
        *(__local anywhere16 *)(wide + 16 * i) = 0.0f;
    }
}

/* A pixel of the picture, and its place in wide. */
struct place {
    __global const float *x;
    int col;
    int line;
    int wide_at;
};

/* Moves on by one pixel. */
static void step_place(struct place *at, int8 x_view, int8 ring)
{
    at->x += x_view.s5;
    at->wide_at += COLUMNS;
    if (++at->col == x_view.s1) {
        at->col = 0;
        at->x += x_view.s4 - x_view.s1 * x_view.s5;
        at->wide_at += (ring.s1 - x_view.s1) * COLUMNS;
        if (++at->line == ring.s0) {
            at->line = 0;
            at->wide_at -= ring.s0 * ring.s1 * COLUMNS;
        }
    }
}

/* Rows behind the last pixel repeat it, to the same place. */
#define PLACE(i)                           \
    __global const float *row##i = at.x;   \
    wide_at[0x##i] = at.wide_at;           \
    if (0x##i + 1 < rows) {                \
        step_place(&at, x_view, ring);     \
    }
#define SHORTLY(x) (ACTIVATION_IS_SHORT ? ACTIVATE(x) : (x))
#define KEEP(i)                                                                 \
    *(__local anywhere16 *)(wide + wide_at[0x##i]) = SHORTLY(first##i + bias);  \
    SECOND(*(__local anywhere16 *)(wide + wide_at[0x##i] + 16) = SHORTLY(second##i + bias2);)

/* Computes `count` pixels of wide. */
static OUT_OF_LINE void expand(struct place at, int count, __global const float *packed, int8 x_view, int8 work,
                               int8 ring, __local float *wide)
{
    const int channels = work.s4;
    const float16 bias = *(__global const anywhere16 *)(packed + channels * COLUMNS);
    SECOND(const float16 bias2 = *(__global const anywhere16 *)(packed + channels * COLUMNS + 16);)

    for (int pixel = 0; pixel < count; pixel += ROWS) {
        const int rows = min(ROWS, count - pixel);
        __global const float *weights = packed;
        int wide_at[ROWS];
        EACH_ROW(PLACE)
        step_place(&at, x_view, ring);
        TILE_SUM(channels, work.s5)
        EACH_ROW(KEEP)
        for (int i = 0; !ACTIVATION_IS_SHORT && i < rows * VECTORS; i++) {
            __local anywhere16 *value = (__local anywhere16 *)(wide + wide_at[i / VECTORS] + i % VECTORS * 16);
            *value = ACTIVATE(*value);
        }
    }
}

/* Computes the rows `begin` to `end` of wide; `line` is that of the first. Their margins are zero already. */
static void fill(int begin, int end, int line, __global const float *x, __global const float *packed, int8 x_view,
                 int8 window, int8 work, int8 ring, __local float *wide)
{
    const int top = min(max(begin, 0), end);
    const int bottom = max(min(end, x_view.s0), top);

    for (int row = begin; row < end; row++) {
        if (row < top || row >= bottom) {
            clear(wide + (line + row - begin) % ring.s0 * ring.s1 * COLUMNS, ring.s1);
        }
    }
    if (top < bottom) {
        struct place at;
        at.x = x + top * x_view.s4;
        at.col = 0;
        at.line = (line + top - begin) % ring.s0;
        at.wide_at = (at.line * ring.s1 + window.s7) * COLUMNS;
        expand(at, (bottom - top) * x_view.s1, packed, x_view, work, ring, wide);
    }
}

/* A tile of output pixels of a row. */
struct tile {
    __local const float *wide; /* under the first pixel's window, in line 0 */
    int line;                  /* of the window's first row */
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

/* Computes 16 filters of a tile. */
static OUT_OF_LINE void compute(const struct tile *tile, int8 window, int8 ring, int8 y_view, int8 residual_view)
{
    const float16 bias = *(__global const anywhere16 *)tile->packed;
    int line = tile->line;
    __global const float *weights = tile->packed + COLUMNS;
    EACH_PIXEL(BEGIN)

    for (int a = 0; a < window.s0; a++) {
        __local const float *row = tile->wide + line * ring.s1 * COLUMNS;
#pragma unroll
        for (int b = 0; b < COLS; b++) {
            const float16 weight = *(__global const anywhere16 *)(weights + b * COLUMNS);
            EACH_PIXEL(MULTIPLY)
        }
        line += window.s4;
        line -= line < ring.s0 ? 0 : ring.s0;
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
                            const int8 window, const int8 work, const int8 ring, __local float *wide)
{
    const int block = (int)get_global_id(0) % work.s0;
    const int number = (int)get_global_id(0) / work.s0;
    const int picture = number / work.s1;
    const int begin = number % work.s1 * work.s2;
    const int end = min(y_view.s0, begin + work.s2);
    const int first = begin * window.s2 - window.s6; /* row of wide; may be outside of the picture */
    const int reach = (window.s0 - 1) * window.s4 + 1;
    const int filter = block * COLUMNS;
    __global const float *weights = packed + (packed_offset + block * (work.s4 + 2 + window.s0 * COLS) * COLUMNS);
    int filled = first;

    clear(wide, ring.s0 * ring.s1);
    for (int i = begin; i < end; i++) {
        if ((i - begin) % work.s3 == 0) {
            const int next = (min(end, i + work.s3) - 1) * window.s2 - window.s6 + reach;
            fill(filled, next, (filled - first) % ring.s0, x + (x_offset + picture * x_view.s3), weights, x_view,
                 window, work, ring, wide);
            filled = next;
        }
        for (int j = 0; j < y_view.s1; j += PIXELS) {
            for (int lane = 0; lane < COLUMNS && filter + lane < work.s6; lane += 16) {
                const int y_at = picture * y_view.s3 + i * y_view.s4 + j * y_view.s5;
                const int residual_at =
                    picture * residual_view.s1 + i * residual_view.s2 + j * residual_view.s3;
                const struct tile tile = {
                    .wide = wide + (j * STRIDE * COLUMNS + lane),
                    .line = (i - begin) * window.s2 % ring.s0,
                    .packed = weights + (work.s4 + 1) * COLUMNS + lane,
                    .residual = residual + (residual_offset + residual_at + filter + lane),
                    .y = y + (y_offset + y_at + filter + lane),
                    .pixels = min(PIXELS, y_view.s1 - j),
                    .lanes = work.s6 - filter - lane,
                };
                compute(&tile, window, ring, y_view, residual_view);
            }
        }
    }
}
