/* SPDX-License-Identifier: MIT */
/* A convolution with a 1x1 kernel, of its result a depthwise one, and of that one's another 1x1, on CPUs:
 *
 *   for each picture n, row i, column j, filter f:
 *     wide[i][j][f] = activation(bias[f] + sum over c of x[n][i][j][c] * kernel[c][f])
 *   for each output row i, column j:
 *     for each filter f:
 *       deep[f] = activation(bias[f] + sum over a, b of
 *                 wide[i * stride_rows + a * dilation_rows - top][j * stride_cols + b * dilation_cols - left][f]
 *                 * kernel[a][b][f])
 *     for each filter g:
 *       sum = bias[g] + sum over f of deep[f] * kernel[f][g]
 *       y[n][i][j][g] = last(sum + residual[n][i][j][g])
 *
 * with wide 0 outside the picture, and last the same activation or none. A work-item computes a strip of output rows.
 * It takes COLUMNS filters f at a time through all three, a band of rows at a time, so that what lies between stays in
 * the first cache (ring.clh); the sums of the strip are in the second.
 *
 *   x_view         {rows, cols, -, strides of pictures, rows, pixels}
 *   y_view         {rows, cols, -, strides of pictures, rows, pixels}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, -, stride_rows, -, dilation_rows, -, top, left}
 *   work           {blocks of COLUMNS filters f, strips of a picture, output rows of a strip and of a band,
 *                   channels of x, products of a block, filters f, filters g}
 *   ring           {lines, pixels of a line, place of the sums in local, pixels of a strip}
 *   packed         {block}{kernel of 1x1 {channel}, bias, bias, kernel {tap}, {block of g}{kernel of 1x1 {f}}}
 *                  {COLUMNS}, then {block of g}{bias}{COLUMNS}
 *   local          the ring's lines of pixels {COLUMNS}, a band's pixels of deep {COLUMNS}; sums: {block of g}{pixel of
 *                  the strip}{COLUMNS}
 *
 *   -D ROWS, -D VECTORS ...    ring.clh
 *   -D LINEAR                  if last is none
 * Work-items: one for each picture and strip. */

#include "ring.clh"

/* Tiles of pixels end behind a row; that part is overwritten by the next row, or is not read. */
#define KEEP_DEEP(i) *(__local anywhere16 *)(deep + (j + i) * COLUMNS + lane) = SHORTLY(sum##i);

/* Computes the `filters` first channels of a row of deep, whose windows begin in `first`; at most COLUMNS. */
static OUT_OF_LINE void deepen(__local const float *wide, int first, int cols, int filters,
                               __global const float *packed, int8 window, int8 ring, __local float *deep)
{
    for (int lane = 0; lane < COLUMNS && lane < filters; lane += 16) {
        for (int j = 0; j < cols; j += PIXELS) {
            WINDOW_SUMS(wide + (j * STRIDE * COLUMNS + lane), first, packed + lane)
            EACH_PIXEL(KEEP_DEEP)
        }
        for (int j = 0; !ACTIVATION_IS_SHORT && j < cols; j++) {
            __local anywhere16 *value = (__local anywhere16 *)(deep + j * COLUMNS + lane);
            *value = ACTIVATE(*value);
        }
    }
}

#ifdef LINEAR /* from here on */
#undef ACTIVATE
#undef ACTIVATION_IS_SHORT
#define ACTIVATE(x) (x)
#define ACTIVATION_IS_SHORT true
#endif
#include "tile_rows.clh"

/* What the pixels of deep add to the sums, and where these go. */
struct share {
    int first; /* pixel, counted in the picture */
    int count;
    int terms;     /* channels of deep */
    bool is_first; /* share of the sums, */
    bool is_last;  /* and then they are stored */
    __global const float *weights;
    __global const float *bias;
    __global const float *residual; /* of the picture, and: */
    __global float *y;
    __local float *sums; /* of the first pixel */
};

/* Rows behind the last pixel repeat it, to the same place. */
#define POINT(i)                                                                                 \
    __local const float *row##i = deep + min(pixel + 0x##i, share->count - 1) * COLUMNS;         \
    __local float *sums##i = share->sums + min(pixel + 0x##i, share->count - 1) * COLUMNS;
#define ADD(i)                                                            \
    first##i += *(__local const anywhere16 *)(sums##i + sums_at);         \
    SECOND(second##i += *(__local const anywhere16 *)(sums##i + sums_at + 16);)
#define KEEP_SUM(i)                                                       \
    *(__local anywhere16 *)(sums##i + sums_at) = first##i;                \
    SECOND(*(__local anywhere16 *)(sums##i + sums_at + 16) = second##i;)
#define PLACE_STORE(i)                                                                      \
    y_at[0x##i] = at.row * y_view.s4 + at.col * y_view.s5;                                  \
    residual_at[0x##i] = at.row * residual_view.s2 + at.col * residual_view.s3;             \
    step_pixel(&at, y_view.s0, y_view.s1);

static OUT_OF_LINE void project(__local const float *deep, const struct share *share, int8 y_view, int8 residual_view,
                                int filters, int block_floats)
{
    const bool has_residual = residual_view.s0;

    for (int pixel = 0; pixel < share->count; pixel += ROWS) {
        const int rows = min(ROWS, share->count - pixel);
        __global const float *weights = share->weights;
        struct pixel at = pixel_at(share->first + pixel, y_view.s0, y_view.s1);
        int y_at[ROWS];
        int residual_at[ROWS];
        EACH_ROW(POINT)
        EACH_ROW(PLACE_STORE)
        for (int block = 0; block * COLUMNS < filters; block++) {
            const int columns = filters - block * COLUMNS;
            const int sums_at = block * block_floats;
            __global const float *bias = share->bias + block * COLUMNS;
            __global const float *residual_block = share->residual + block * COLUMNS;
            __global float *y_block = share->y + block * COLUMNS;
            TILE_SUM(share->terms, COLUMNS)
            weights += (COLUMNS - share->terms) * COLUMNS;
            if (!share->is_first) {
                EACH_ROW(ADD)
            }
            if (share->is_last) {
                STORE_TILE
            } else {
                EACH_ROW(KEEP_SUM)
            }
        }
    }
}

__kernel __attribute__((vec_type_hint(float16)))
void inverted_residual_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                           __global const float *residual, const long residual_offset, __global const float *packed,
                           const long packed_offset, const int8 x_view, const int8 y_view, const int8 residual_view,
                           const int8 window, const int8 work, const int8 ring, __local float *wide)
{
    const int picture = (int)get_global_id(0) / work.s1;
    const int begin = (int)get_global_id(0) % work.s1 * work.s2;
    const int end = min(y_view.s0, begin + work.s2);
    const int first = begin * window.s2 - window.s6; /* row of wide; may be outside of the picture */
    const int reach = (window.s0 - 1) * window.s4 + 1;
    const int head_floats = (work.s4 + 2 + window.s0 * COLS) * COLUMNS;
    const int last_blocks = (work.s7 + COLUMNS - 1) / COLUMNS;
    const int block_floats = head_floats + last_blocks * COLUMNS * COLUMNS;
    __local float *deep = wide + ring.s0 * ring.s1 * COLUMNS;
    __global const float *weights = packed + packed_offset;

    clear(wide, ring.s0 * ring.s1);
    for (int block = 0; block < work.s0; block++, weights += block_floats) {
        struct share share = {
            .terms = min(COLUMNS, work.s6 - block * COLUMNS),
            .is_first = block == 0,
            .is_last = block == work.s0 - 1,
            .weights = weights + head_floats,
            .bias = packed + (packed_offset + work.s0 * block_floats),
            .residual = residual + (residual_offset + picture * residual_view.s1),
            .y = y + (y_offset + picture * y_view.s3),
        };
        int filled = first;
        for (int i = begin; i < end; i += work.s3) {
            const int band_end = min(end, i + work.s3);
            const int next = (band_end - 1) * window.s2 - window.s6 + reach;
            fill(filled, next, (filled - first) % ring.s0, x + (x_offset + picture * x_view.s3), weights, x_view,
                 window, work, ring, wide);
            filled = next;
            for (int row = i; row < band_end; row++) {
                deepen(wide, (row - begin) * window.s2 % ring.s0, y_view.s1, share.terms,
                       weights + (work.s4 + 1) * COLUMNS, window, ring, deep + (row - i) * y_view.s1 * COLUMNS);
            }
            share.first = i * y_view.s1;
            share.count = (band_end - i) * y_view.s1;
            share.sums = wide + (ring.s2 + (i - begin) * y_view.s1 * COLUMNS);
            project(deep, &share, y_view, residual_view, work.s7, ring.s3 * COLUMNS);
        }
    }
}
