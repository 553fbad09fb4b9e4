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
 *   -D WIDE                   there are 16 filters or more
 *   -D COLS, STRIDE, DILATION columns of the kernel, their stride and dilation, if they are few
 *   -D ACTIVATION ...         activation.clh
 * Work-items: one for each lot of rows and of blocks, lots of rows first. */

#define REAL float16
#include "activation.clh"
#include "part.clh"

#if PIXELS == 4
#define EACH_PIXEL(M) M(0) M(1) M(2) M(3)
#elif PIXELS == 5
#define EACH_PIXEL(M) M(0) M(1) M(2) M(3) M(4)
#elif PIXELS == 6
#define EACH_PIXEL(M) M(0) M(1) M(2) M(3) M(4) M(5)
#elif PIXELS == 7
#define EACH_PIXEL(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6)
#elif PIXELS == 8
#define EACH_PIXEL(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)
#else
#error "PIXELS is not 4 to 8"
#endif

#ifdef COLS
#define UNROLL _Pragma("unroll")
#else /* as the kernel has them */
#define UNROLL
#define COLS window.s1
#define STRIDE window.s3
#define DILATION window.s5
#define IN_BLOCKS
#endif

/* Where a tile is. Offsets and sizes are in elements. */
struct place {
    __global const float *x; /* the first filter's channel, of the first pixel of the picture */
    int row;                 /* of the input, under the kernel's corner of the first pixel; may be outside */
    int col;
    int phase;               /* of the block's first filter among those of its channel */
    int lanes;               /* filters of the block */
};

/* What the filters of a block read of a pixel. */
static float16 read(__global const float *x, const struct place *place)
{
#if defined(WIDE) && MULTIPLIER == 1
    return *(__global const anywhere16 *)x;
#else
    float part[16];

    for (int i = 0; i < 16; i++) {
        part[i] = x[(place->phase + min(i, place->lanes - 1)) / MULTIPLIER];
    }
    return vload16(0, part);
#endif
}

/* The first tap that is `cells` or more cells away from the kernel's corner. */
static int tap_at(int cells, int dilation)
{
    return dilation == 1 ? cells : (cells + dilation - 1) / dilation;
}

#define ZERO(i) float16 sum##i = 0.0f;
#define CELL(i) ((i) * STRIDE + b * DILATION)
#define POINT(i) \
    (inner || (uint)(place->col + CELL(i)) < (uint)x_view.s1 ? row + CELL(i) * x_view.s5 : zeros)
#define MULTIPLY(i) sum##i = fma(read(POINT(i), place), weight, sum##i);
#define FLUSH(i) \
    sum[i] += sum##i; \
    sum##i = 0.0f;

/* Adds the products of a tile to its sums. */
static void add_taps(const bool inner, float16 *sum, const struct place *place, int8 x_view, int8 window,
                     __global const float *weights, __global const float *zeros)
{
    const int row_begin = max(0, tap_at(-place->row, window.s4));
    const int row_end = min(window.s0, tap_at(x_view.s0 - place->row, window.s4));
#ifdef IN_BLOCKS
    int pending = 0;
#endif
    EACH_PIXEL(ZERO)

    for (int a = row_begin; a < row_end; a++) {
        __global const float *row =
            place->x + ((place->row + a * window.s4) * x_view.s4 + place->col * x_view.s5);
        UNROLL
        for (int b = 0; b < COLS; b++) {
            const float16 weight = *(__global const anywhere16 *)(weights + 16 * (a * COLS + b));
            EACH_PIXEL(MULTIPLY)
#ifdef IN_BLOCKS /* sums of sums keep rounding errors small */
            if (++pending == x_view.s6) {
                EACH_PIXEL(FLUSH)
                pending = 0;
            }
#endif
        }
    }
    EACH_PIXEL(FLUSH)
}


/* Makes the sums results. */
static void finish(const float16 *sum, int pixels, int lanes, __global float *y, int y_step,
                   __global const float *residual, int residual_step, bool has_residual)
{
    for (int i = 0; i < pixels; i++) {
        float16 value = sum[i];
        if (has_residual) {
            value += load_first(residual + i * residual_step, lanes);
        }
        store_first(ACTIVATE(value), y + i * y_step, lanes);
    }
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
    __global const float *zeros = blocks + work.s0 * block_floats;

    for (int line = line_begin; line < line_end; line++) {
        const int picture = line / y_view.s0;
        const int i = line % y_view.s0;
        for (int j = 0; j < y_view.s1; j += PIXELS) {
            const int pixels = min(PIXELS, y_view.s1 - j);
            const int y_at = picture * y_view.s3 + i * y_view.s4 + j * y_view.s5;
            const int residual_at = picture * residual_view.s1 + i * residual_view.s2 + j * residual_view.s3;
            const int col = j * STRIDE - window.s7;
            const bool inner = col >= 0 && col + (PIXELS - 1) * STRIDE + (COLS - 1) * DILATION < x_view.s1;
            for (int block = block_begin; block < block_end; block++) {
                const int lanes = min(16, work.s4);
                const int filter = max(0, min(16 * block, work.s4 - 16));
                __global const float *weights = blocks + block * block_floats;
                const float16 bias = *(__global const anywhere16 *)weights;
                const struct place place = {
                    .x = x + (x_offset + picture * x_view.s3 + filter / MULTIPLIER),
                    .row = i * window.s2 - window.s6,
                    .col = col,
                    .phase = filter % MULTIPLIER,
                    .lanes = lanes,
                };
                float16 sum[PIXELS];

                for (int p = 0; p < PIXELS; p++) {
                    sum[p] = bias;
                }
                if (inner) {
                    add_taps(true, sum, &place, x_view, window, weights + 16, zeros);
                } else {
                    add_taps(false, sum, &place, x_view, window, weights + 16, zeros);
                }
                finish(sum, pixels, lanes, y + (y_offset + y_at + filter), y_view.s5,
                       residual + (residual_offset + residual_at + filter), residual_view.s3, residual_view.s0);
            }
        }
    }
}
