/* SPDX-License-Identifier: MIT */
/* Dense layers, and 2D convolution with a 1x1 kernel and no padding, on CPUs: a matrix product of pixels and
 * filters,
 *
 *   for each picture n, row i, column j, filter f of group g:
 *     sum = bias[f] + sum over c of x[n][i][j][g][c] * kernel[c][f]
 *     y[n][i][j][f] = activation(sum + residual[n][i][j][f])
 *
 * A work-item computes register tiles of ROWS pixels by COLUMNS filters of a group, all of its filters for one
 * tile's pixels before the next: those stay in the first cache, the weights in the second.
 *
 *   pixels         {rows, cols, channels of a group, filters of a group, products of a block, pictures, place of
 *                   scale and shift in packed}
 *   strides        {of pictures, rows and pixels in x, the same in y, 1 if there is a residual}
 *   residual_view  {strides of pictures, rows, pixels, the gate's of pictures}
 *   work           {blocks of COLUMNS filters, of them in a group, in a work-item, tiles, of them in a work-item}
 *   packed         kernel {block}{channel}{COLUMNS}, bias {block}{COLUMNS}; scale and shift, each in whole vectors
 *   gate           with GATED, {picture}{channel}; else not used
 *   lines          with NORMALIZED or GATED, ROWS lines of channels in whole vectors and 16 floats more; else not used
 *
 *   -D ROWS, -D VECTORS   register_tile.clh
 *   -D ACTIVATION ...     activation.clh
 *   -D NORMALIZED         relu(scale[c] * x + shift[c]) stands for x; there is one group
 *   -D GATED              the same with x * gate[picture][c]
 * Work-items: one for each lot of tiles and of blocks, lots of tiles first. */

#define REAL float16
#include "activation.clh"
#include "part.clh"
#include "register_tile.clh"
#include "tile_rows.clh"

/* Rows behind the last pixel repeat it; they are not stored. */
#define PLACE(i)                                                                                     \
    x_at[0x##i] = at.picture * strides.s0 + at.row * strides.s1 + at.col * strides.s2;               \
    y_at[0x##i] = at.picture * strides.s3 + at.row * strides.s4 + at.col * strides.s5;               \
    residual_at[0x##i] =                                                                             \
        at.picture * residual_view.s0 + at.row * residual_view.s1 + at.col * residual_view.s2;       \
    gate_at[0x##i] = at.picture * residual_view.s3;                                                  \
    if (0x##i + 1 < rows) {                                                                          \
        step_pixel(&at, pixels.s0, pixels.s1);                                                       \
    }
#if defined NORMALIZED || defined GATED
#ifdef NORMALIZED
#define FACTORS(i) (packed + pixels.s6)
#else
#define FACTORS(i) (gate + gate_at[0x##i])
#endif
#define STAGE(i) stage(x + x_at[0x##i], channels, FACTORS(i), lines + 0x##i * line);
#define POINT(i) __local const float *row##i = lines + 0x##i * line;

/* Brings what stands for a pixel to `to`. */
static void stage(__global const float *x, int channels, __global const float *factors, __local float *to)
{
    for (int c = 0; c < channels; c += 16) {
        const float16 value = load_first(x + c, channels - c);
#ifdef NORMALIZED
        __global const float *shift = factors + (channels + 15) / 16 * 16;
        const float16 sum =
            fma(value, *(__global const anywhere16 *)(factors + c), *(__global const anywhere16 *)(shift + c));
        *(__local anywhere16 *)(to + c) = sum < 0.0f ? (float16)(0.0f) : sum;
#else
        *(__local anywhere16 *)(to + c) = value * load_first(factors + c, channels - c);
#endif
    }
}
#else
#define STAGE(i)
#define POINT(i) __global const float *row##i = x_block + x_at[0x##i];
#endif

/* Blocks `begin` to `end` of a tile; x, y and residual begin with the first pixel. */
static OUT_OF_LINE void compute_tile(__global const float *x, __global float *y, __global const float *residual,
                                     __global const float *gate, __global const float *packed, int8 pixels,
                                     int8 strides, int8 residual_view, int8 work, int tile, int begin, int end,
                                     __local float *lines)
{
    const int rows = min(ROWS, pixels.s5 * pixels.s0 * pixels.s1 - tile * ROWS);
    const int channels = pixels.s2;
    const int line = (channels + 31) / 16 * 16;
    const bool has_residual = strides.s6;
    struct pixel at = pixel_at(tile * ROWS, pixels.s0, pixels.s1);
    int x_at[ROWS];
    int y_at[ROWS];
    int residual_at[ROWS];
    int gate_at[ROWS];

    EACH_ROW(PLACE)
    EACH_ROW(STAGE)
    for (int block = begin; block < end; block++) {
        const int group = block / work.s1;
        const int column = (block - group * work.s1) * COLUMNS;
        const int columns = pixels.s3 - column;
        const int filter = group * pixels.s3 + column;
        __global const float *x_block = x + group * channels;
        __global const float *residual_block = residual + filter;
        __global const float *bias = packed + (work.s0 * channels + block) * COLUMNS;
        __global const float *weights = packed + block * channels * COLUMNS;
        __global float *y_block = y + filter;
        EACH_ROW(POINT)
        TILE_SUM(channels, pixels.s4)
        STORE_TILE
    }
}

/* The hint keeps compilers from making vectors of work-items: Intel's takes a tenth of the time so. */
__kernel __attribute__((vec_type_hint(float16)))
void gemm_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
              __global const float *residual, const long residual_offset, __global const float *gate,
              const long gate_offset, __global const float *packed, const int8 pixels, const int8 strides,
              const int8 residual_view, const int8 work, __local float *lines)
{
    const int lots = (work.s3 + work.s4 - 1) / work.s4;
    const int begin = (int)get_global_id(0) / lots * work.s2;
    const int end = min(work.s0, begin + work.s2);
    const int tile_begin = (int)get_global_id(0) % lots * work.s4;
    const int tile_end = min(work.s3, tile_begin + work.s4);

    for (int tile = tile_begin; tile < tile_end; tile++) {
        compute_tile(x + x_offset, y + y_offset, residual + residual_offset, gate + gate_offset, packed, pixels,
                     strides, residual_view, work, tile, begin, end, lines);
    }
}
