/* SPDX-License-Identifier: MIT */
/* Convolution with groups of one channel on CPUs, M filters each:
 *
 *   for each picture n, output row i, column j, filter f:
 *     sum = bias[f] + sum over a, b of
 *           x[n][i * stride_rows + a * dilation_rows - top][j * stride_cols + b * dilation_cols - left][f / M]
 *           * kernel[a][b][f]
 *     y[n][i][j][f] = activation(sum + residual[n][i][j][f])
 *
 * A work-item computes register tiles of PIXELS pixels of a row by 16 filters. Kernel rows above and below the
 * picture are skipped. Tiles that have columns left or right of it are computed by other code, which reads zeros
 * there; all others do nothing but load, multiply and add. With COLS the columns of the kernel are unrolled: then
 * windows that overlap share what was loaded.
 *
 *   x_view         {rows, cols, 1, strides of pictures, rows, pixels, products of a block}
 *   y_view         {rows, cols, M, strides of pictures, rows, pixels, pictures}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, cols, stride_rows, stride_cols, dilation_rows, dilation_cols, top, left}
 *   work           {blocks of 16 filters, of them in a work-item, output rows of all pictures, of them in a
 *                   work-item, filters}
 *   packed         {block}{bias, taps}{16}, then 16 zeros. The last block ends with the last filter, so that it may
 *                  have some in common with the one before
 *
 *   -D PIXELS=4 to 8          pixels of a tile
 *   -D MULTIPLIER             M
 *   -D LANES                  filters of a block: 16, or all that there are
 *   -D COLS, STRIDE, DILATION columns of the kernel, their stride and dilation, if they are few
 *   -D ACTIVATION ...         activation.clh
 * Work-items: one for each lot of rows and of blocks, lots of rows first. */

#define REAL float16
#include "activation.clh"
#include "part.clh"
#include "pixel_tile.clh"

#ifdef COLS
#define UNROLL _Pragma("unroll")
#else /* as the kernel has them */
#define UNROLL
#define COLS window.s1
#define STRIDE window.s3
#define DILATION window.s5
#define IN_BLOCKS
#endif

/* A tile. */
struct tile {
    __global const float *x;        /* of the first filter, under the kernel's corner of the first pixel */
    __global const float *weights;
    __global const float *zeros;
    __global const float *residual; /* of the first pixel, and: */
    __global float *y;
    int row;                        /* of the input, under the kernel's corner; may be outside */
    int col;
    int pixels;
    int phase;                      /* of the first filter among those of its channel */
};

/* A block begins with a filter of this number among those of its channel. */
#if 16 % MULTIPLIER == 0
#define PHASE(tile) 0
#else
#define PHASE(tile) (tile)->phase
#endif

/* What the filters of a tile read of a pixel. */
static float16 read(__global const float *x, const struct tile *tile)
{
#if LANES == 16 && MULTIPLIER == 1
    return *(__global const anywhere16 *)x;
#else
    float part[16] = {0.0f};

#pragma unroll
    for (int i = 0; i < LANES; i++) {
        part[i] = x[(PHASE(tile) + i) / MULTIPLIER];
    }
    return vload16(0, part);
#endif
}

/* The first tap that is `cells` or more cells away from the kernel's corner. */
static int tap_at(int cells, int dilation)
{
    return dilation == 1 ? cells : (cells + dilation - 1) / dilation;
}

#ifdef IN_BLOCKS /* sums of sums keep rounding errors small */
#define BEGIN(i) float16 total##i = bias, sum##i = 0.0f;
#define FLUSH(i) total##i += sum##i; sum##i = 0.0f;
#define RESULT(i) (total##i + sum##i)
#define IS_INNER_TAP(b) \
    (tile->col + b * DILATION >= 0 && tile->col + CELL(PIXELS - 1) < x_view.s1)
#define PENDING if (++pending == x_view.s6) { EACH_PIXEL(FLUSH) pending = 0; }
#else
#define BEGIN(i) float16 sum##i = bias;
#define RESULT(i) sum##i
#define IS_INNER_TAP(b) false
#define PENDING
#endif

/* Cells are counted in 64 bits: with large strides, pixels behind the last may be far outside. */
#define CELL(i) ((long)(i) * STRIDE + b * DILATION)
#define POINT(i) (row + CELL(i) * x_view.s5)
#define POINT_OR_ZEROS(i) ((ulong)(tile->col + CELL(i)) < (ulong)x_view.s1 ? POINT(i) : tile->zeros)
#define MULTIPLY(i) sum##i = fma(read(POINT(i), tile), weight, sum##i);
#define MULTIPLY_AT_EDGE(i) sum##i = fma(read(POINT_OR_ZEROS(i), tile), weight, sum##i);
#define STORE(i)                                                                           \
    if (inner || i < tile->pixels) {                                                       \
        float16 value = RESULT(i);                                                         \
        if (residual_view.s0) {                                                            \
            value += load_first(tile->residual + i * residual_view.s3, LANES);              \
        }                                                                                  \
        store_first(ACTIVATE(value), tile->y + i * y_view.s5, LANES);                      \
    }

/* Computes a tile; an inner one is whole and has all its columns in the picture. */
static void compute(const bool inner, const struct tile *tile, int8 x_view, int8 y_view, int8 residual_view,
                    int8 window)
{
    const float16 bias = *(__global const anywhere16 *)tile->weights;
    const int row_begin = max(0, tap_at(-tile->row, window.s4));
    const int row_end = min(window.s0, tap_at(x_view.s0 - tile->row, window.s4));
    const long row_step = (long)window.s4 * x_view.s4;
    __global const float *row = tile->x + row_begin * row_step;
    __global const float *weights = tile->weights + 16 * (1 + row_begin * COLS);
    int pending = 0;
    EACH_PIXEL(BEGIN)

    for (int a = row_begin; a < row_end; a++) {
        UNROLL
        for (int b = 0; b < COLS; b++) {
            const float16 weight = *(__global const anywhere16 *)(weights + 16 * b);
            if (inner || IS_INNER_TAP(b)) {
                EACH_PIXEL(MULTIPLY)
            } else {
                EACH_PIXEL(MULTIPLY_AT_EDGE)
            }
            PENDING
        }
        row += row_step;
        weights += 16 * COLS;
    }
    EACH_PIXEL(STORE)
}

__kernel __attribute__((vec_type_hint(float16)))
void depthwise_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                   __global const float *residual, const long residual_offset, __global const float *packed,
                   const long packed_offset, const int8 x_view, const int8 y_view, const int8 residual_view,
                   const int8 window, const int8 work)
{
    const int lots = (work.s2 + work.s3 - 1) / work.s3;
    const int block_begin = (int)get_global_id(0) / lots * work.s1;
    const int block_end = min(work.s0, block_begin + work.s1);
    const int line_begin = (int)get_global_id(0) % lots * work.s3;
    const int line_end = min(work.s2, line_begin + work.s3);
    const int block_floats = 16 * (1 + window.s0 * window.s1);
    __global const float *blocks = packed + packed_offset;

    for (int line = line_begin; line < line_end; line++) {
        const int picture = line / y_view.s0;
        const int i = line % y_view.s0;
        for (int j = 0; j < y_view.s1; j += PIXELS) {
            const int row = i * window.s2 - window.s6;
            const int col = j * STRIDE - window.s7;
            const long x_at = picture * x_view.s3 + (long)row * x_view.s4 + (long)col * x_view.s5;
            const int y_at = picture * y_view.s3 + i * y_view.s4 + j * y_view.s5;
            const int residual_at = picture * residual_view.s1 + i * residual_view.s2 + j * residual_view.s3;
            const long right = col + (PIXELS - 1) * (long)STRIDE + (COLS - 1) * DILATION; /* the last column read */
            const bool inner = col >= 0 && right < x_view.s1 && j + PIXELS <= y_view.s1;
            for (int block = block_begin; block < block_end; block++) {
                const int filter = max(0, min(16 * block, work.s4 - 16));
                const struct tile tile = {
                    .x = x + (x_offset + x_at + filter / MULTIPLIER),
                    .weights = blocks + block * block_floats,
                    .zeros = blocks + work.s0 * block_floats,
                    .residual = residual + (residual_offset + residual_at + filter),
                    .y = y + (y_offset + y_at + filter),
                    .row = row,
                    .col = col,
                    .pixels = min(PIXELS, y_view.s1 - j),
                    .phase = filter % MULTIPLIER,
                };
                if (inner) {
                    compute(true, &tile, x_view, y_view, residual_view, window);
                } else {
                    compute(false, &tile, x_view, y_view, residual_view, window);
                }
            }
        }
    }
}
