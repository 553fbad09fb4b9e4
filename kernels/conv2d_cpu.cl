/* SPDX-License-Identifier: MIT */
/* 2D convolution on CPUs, as a matrix product of pixels and filters that is never written out:
 *
 *   for each picture n, output row i, column j, filter f of group g:
 *     sum = bias[f] + sum over a, b, c of
 *           x[n][i * stride_rows + a * dilation_rows - top][j * stride_cols + b * dilation_cols - left][g][c]
 *           * kernel[a][b][c][f]
 *     y[n][i][j][f] = activation(sum + residual[n][i][j][f])
 *
 * A work-item computes register tiles of ROWS output pixels by COLUMNS filters of a group. Taps that lie in
 * the padding for all of a tile are skipped; for single pixels they read zeros.
 *
 *   x_view         {rows, cols, channels of a group, strides of pictures, rows, pixels, products of a block}
 *   y_view         {rows, cols, filters of a group, strides of pictures, rows, pixels, pictures}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, cols, stride_rows, stride_cols, dilation_rows, dilation_cols, top, left}
 *   work           {blocks of COLUMNS filters, of them in a group, in a work-item, tiles, of them in a
 *                   work-item, kernel rows of a pass, strip}
 *   packed         kernel {block}{tap}{channel}{COLUMNS}, bias {block}{COLUMNS}, zeros for a kernel row
 *
 * Pixels are numbered down strips of `strip` rows, which divides the rows: tiles that are compact have more
 * taps in common. A kernel too large for the cache is worked through in passes of some of its rows, each
 * for all tiles of the work-item; between passes y holds the sums.
 *
 *   -D ROWS, -D VECTORS   register_tile.clh
 *   -D ACTIVATION ...     activation.clh
 * Work-items: one for each lot of tiles and of blocks, lots of tiles first. */

#define REAL float16
#include "activation.clh"
#include "lanes.clh"
#include "part.clh"
#include "register_tile.clh"

/* Where the pixels of a tile are, by lane, and which taps they need. */
struct place {
    int16 y_at;
    int16 residual_at;
    int16 row;       /* of the input, under the kernel's corner; may be outside */
    int16 col;
    int16 x_at;
    int row_begin;   /* kernel rows and columns that hit the picture for some pixel */
    int row_end;
    int col_begin;
    int col_end;
    int inner_begin; /* columns that do so for every pixel */
    int inner_end;
};

/* The first tap that is `cells` or more cells away from the kernel's corner. */
static int tap_at(int cells, int dilation)
{
    return dilation == 1 ? cells : (cells + dilation - 1) / dilation;
}

/* Finds the `rows` pixels from number `pixel` on; lanes behind them repeat the last one. */
static OUT_OF_LINE void find_place(int pixel, int rows, int8 x_view, int8 y_view, int8 residual_view, int8 window,
                                   int strip, struct place *place)
{
    const int strips = y_view.s0 / strip;
    const int line = pixel / strip;
    const int strip_index = line / y_view.s1;
    int16 row = pixel % strip + min(LANES, (int16)(rows - 1));
    int16 col = line % y_view.s1;
    int16 top = strip_index % strips;
    int16 picture = strip_index / strips;

    carry(&row, &col, strip);
    carry(&col, &top, y_view.s1);
    carry(&top, &picture, strips);
    row += top * strip;
    place->y_at = picture * y_view.s3 + row * y_view.s4 + col * y_view.s5;
    place->residual_at = picture * residual_view.s1 + row * residual_view.s2 + col * residual_view.s3;
    place->row = row * window.s2 - window.s6;
    place->col = col * window.s3 - window.s7;
    place->x_at = picture * x_view.s3 + place->row * x_view.s4 + place->col * x_view.s5;

    const int left = lowest(place->col);
    const int right = highest(place->col);
    place->row_begin = max(0, tap_at(-highest(place->row), window.s4));
    place->row_end = min(window.s0, tap_at(x_view.s0 - lowest(place->row), window.s4));
    place->col_begin = max(0, tap_at(-right, window.s5));
    place->col_end = min(window.s1, tap_at(x_view.s1 - left, window.s5));
    place->inner_begin = max(0, tap_at(-left, window.s5));
    place->inner_end = min(window.s1, tap_at(x_view.s1 - right, window.s5));
}

#define POINT(i) __global const float *row##i = at.s##i < 0 ? zeros : x + at.s##i;

/* Adds the products of kernel rows `begin` to `end` to the tile's sums. */
static OUT_OF_LINE void add_taps(float16 *sum, const struct place *place, int begin, int end,
                                 __global const float *x, int8 x_view, int8 window, __global const float *kernel_block,
                                 __global const float *zeros)
{
    const int channels = x_view.s2;
    const int row_begin = max(begin, place->row_begin);
    const int row_end = min(end, place->row_end);
    /* where pixels lie side by side, so do the columns of a kernel row that every pixel needs */
    const bool joined = x_view.s5 == channels && window.s5 == 1;
    TILE_BEGIN

    for (int a = row_begin; a < row_end; a++) {
        const int16 row = place->row + a * window.s4;
        const int16 row_inside = row >= 0 && row < x_view.s0;
        int taps;
        for (int b = place->col_begin; b < place->col_end; b += taps) {
            const int16 col = place->col + b * window.s5;
            const int16 inside = row_inside && col >= 0 && col < x_view.s1;
            const int16 at = (place->x_at + (a * window.s4 * x_view.s4 + b * window.s5 * x_view.s5)) | ~inside;
            __global const float *weights = kernel_block + (a * window.s1 + b) * channels * COLUMNS;
            EACH_ROW(POINT)
            taps = joined && b == place->inner_begin ? max(1, place->inner_end - b) : 1;
            TILE_ADD(taps * channels, x_view.s6)
        }
    }
    TILE_END
}

/* Sets the sums to what the pass before left in y, or to 0. */
static OUT_OF_LINE void load_sums(float16 *sum, bool first, int rows, int columns, __global const float *y, int16 y_at)
{
    int at[16];

    vstore16(y_at, 0, at);
    for (int i = 0; i < ROWS; i++) {
        for (int v = 0; v < VECTORS; v++) {
            const bool old = !first && i < rows;
            sum[i * VECTORS + v] = old ? load_first(y + at[i] + 16 * v, columns - 16 * v) : 0.0f;
        }
    }
}

static OUT_OF_LINE void store_sums(const float16 *sum, int rows, int columns, __global float *y, int16 y_at)
{
    int at[16];

    vstore16(y_at, 0, at);
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < VECTORS; v++) {
            store_first(sum[i * VECTORS + v], y + at[i] + 16 * v, columns - 16 * v);
        }
    }
}

/* Makes the sums results. */
static OUT_OF_LINE void finish(float16 *sum, int rows, int columns, __global const float *bias,
                               __global const float *residual, int16 residual_at, bool has_residual)
{
    int at[16];

    vstore16(residual_at, 0, at);
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < VECTORS; v++) {
            float16 value = sum[i * VECTORS + v] + *(__global const anywhere16 *)(bias + 16 * v);
            if (has_residual) {
                value += load_first(residual + at[i] + 16 * v, columns - 16 * v);
            }
            sum[i * VECTORS + v] = ACTIVATE(value);
        }
    }
}

/* The hint keeps compilers from making vectors of work-items: Intel's takes a tenth of the time so. */
__kernel __attribute__((vec_type_hint(float16)))
void conv2d_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                __global const float *residual, const long residual_offset, __global const float *packed,
                const long packed_offset, const int8 x_view, const int8 y_view, const int8 residual_view,
                const int8 window, const int8 work)
{
    const int lots = (work.s3 + work.s4 - 1) / work.s4;
    const int block_begin = (int)get_global_id(0) / lots * work.s2;
    const int block_end = min(work.s0, block_begin + work.s2);
    const int tile_begin = (int)get_global_id(0) % lots * work.s4;
    const int tile_end = min(work.s3, tile_begin + work.s4);
    const int pixels = y_view.s6 * y_view.s0 * y_view.s1;
    const int block_floats = window.s0 * window.s1 * x_view.s2 * COLUMNS;
    __global const float *kernel_blocks = packed + packed_offset;
    __global const float *bias = kernel_blocks + work.s0 * block_floats;
    __global const float *zeros = bias + work.s0 * COLUMNS;

    for (int pass = 0; pass < window.s0; pass += work.s5) {
        for (int tile = tile_begin; tile < tile_end; tile++) {
            const int rows = min(ROWS, pixels - tile * ROWS);
            struct place place;
            find_place(tile * ROWS, rows, x_view, y_view, residual_view, window, work.s6, &place);
            for (int block = block_begin; block < block_end; block++) {
                const int group = block / work.s1;
                const int column = block % work.s1 * COLUMNS;
                const int columns = y_view.s2 - column;
                const int filter = group * y_view.s2 + column;
                __global float *y_block = y + (y_offset + filter);
                float16 sum[ROWS * VECTORS];

                load_sums(sum, pass == 0, rows, columns, y_block, place.y_at);
                add_taps(sum, &place, pass, pass + work.s5, x + (x_offset + group * x_view.s2), x_view, window,
                         kernel_blocks + block * block_floats, zeros);
                if (pass + work.s5 >= window.s0) {
                    finish(sum, rows, columns, bias + block * COLUMNS, residual + (residual_offset + filter),
                           place.residual_at, residual_view.s0);
                }
                store_sums(sum, rows, columns, y_block, place.y_at);
            }
        }
    }
}
