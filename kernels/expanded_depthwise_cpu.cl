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

#include "ring.clh"

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

#define FINISH(i) sums[i] = sum##i;

/* Computes 16 filters of a tile. */
static OUT_OF_LINE void compute(const struct tile *tile, int8 window, int8 ring, int8 y_view, int8 residual_view)
{
    float16 sums[PIXELS];

    WINDOW_SUMS(tile->wide, tile->line, tile->packed)
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
