/* SPDX-License-Identifier: MIT */
/* 2D convolution on GPUs, as a matrix product of pixels and filters that is never written out:
 *
 *   for each picture n, output row i, column j, filter f of group g:
 *     sum = bias[f] + sum over a, b, c of
 *           x[n][i * stride_rows + a * dilation_rows - top][j * stride_cols + b * dilation_cols - left][g][c]
 *           * kernel[a][b][c][f]
 *     y[n][i][j][f] = activation(sum + residual[n][i][j][f])
 *
 * A work-group of GROUP x GROUP work-items computes TILE pixels by TILE filters of one group of channels. It
 * takes DEPTH products (a, b, c) at a time: gathers them for its pixels and copies the weights for its filters
 * to local memory, from where each work-item multiplies 4 pixels by 4 filters in its registers.
 *
 *   x_view         {rows, cols, channels of a group, strides of pictures, rows, pixels, products of a block}
 *   y_view         {rows, cols, filters of a group, strides of pictures, rows, pixels, pictures}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, cols, stride_rows, stride_cols, dilation_rows, dilation_cols, top, left}
 *   packed         kernel {group}{a, b, c}{filter}, bias {group}{filter}; products and filters are filled up
 *                  with zeros to multiples of DEPTH and TILE
 *
 *   -D GROUP=8 or 16    work-items along each side of a work-group
 *   -D ACTIVATION ...   activation.clh
 * Work-groups: {tiles of filters, tiles of pixels, groups}. */

#define REAL float
#include "activation.clh"

#define TILE (4 * GROUP)
#define DEPTH 16

/* Work-items load 16 columns of products each; that many pixels lie between two loads of one. */
#define LOAD_STEP (GROUP * GROUP / DEPTH)
#define LOADS (TILE / LOAD_STEP)

/* A row far enough outside that no tap brings it in: for pixels behind the last. */
#define NOWHERE (-(1 << 30))

/* Where output pixel `pixel` is. */
static int3 pixel_at(int pixel, int8 y_view)
{
    return (int3)(pixel / y_view.s1 / y_view.s0, pixel / y_view.s1 % y_view.s0, pixel % y_view.s1);
}

/* The pixels that a work-item loads products of: input row and column under the kernel's corner, and offset. */
struct corners {
    int row[LOADS];
    int col[LOADS];
    int x_at[LOADS];
};

static void find_corners(int pixel, int8 x_view, int8 y_view, int8 window, struct corners *corners)
{
    const int pixels = y_view.s6 * y_view.s0 * y_view.s1;

#pragma unroll
    for (int i = 0; i < LOADS; i++) {
        const bool is_one = pixel + i * LOAD_STEP < pixels;
        const int3 at = pixel_at(is_one ? pixel + i * LOAD_STEP : 0, y_view);
        const int row = at.y * window.s2 - window.s6;
        corners->row[i] = is_one ? row : NOWHERE;
        corners->col[i] = at.z * window.s3 - window.s7;
        corners->x_at[i] = at.x * x_view.s3 + row * x_view.s4 + corners->col[i] * x_view.s5;
    }
}

/* Copies one product of each pixel to local memory, TILE + 1 apart from those of the next product. */
static void gather(__local float *values, const struct corners *corners, int product, __global const float *x,
                   int8 x_view, int8 window)
{
    const int tap = product / x_view.s2;
    const int down = tap / window.s1 * window.s4;
    const int right = tap % window.s1 * window.s5;
    const int at = down * x_view.s4 + right * x_view.s5 + product % x_view.s2;

#pragma unroll
    for (int i = 0; i < LOADS; i++) {
        const int row = corners->row[i] + down;
        const int col = corners->col[i] + right;
        const bool inside = tap < window.s0 * window.s1 && row >= 0 && row < x_view.s0 && col >= 0 && col < x_view.s1;
        values[i * LOAD_STEP] = inside ? x[corners->x_at[i] + at] : 0.0f;
    }
}

__kernel __attribute__((reqd_work_group_size(GROUP, GROUP, 1)))
void conv2d_gpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                __global const float *residual, const long residual_offset, __global const float *packed,
                const long packed_offset, const int8 x_view, const int8 y_view, const int8 residual_view,
                const int8 window)
{
    __local float values[DEPTH][TILE + 1]; /* by product and pixel; + 1 spreads a column over the banks */
    __local float weights[DEPTH][TILE];    /* by product and filter */
    const int group = get_global_id(2);
    const int column = get_local_id(0);
    const int line = get_local_id(1);
    const int item = line * GROUP + column;
    const int filters = get_num_groups(0) * TILE;
    const int steps = (window.s0 * window.s1 * x_view.s2 + DEPTH - 1) / DEPTH;
    const int first_pixel = get_group_id(1) * TILE;
    const int first_filter = get_group_id(0) * TILE;
    __global const float *kernels = packed + packed_offset;
    __global const float *kernel_tile = kernels + (group * steps * DEPTH * filters + first_filter);
    __global const float *bias = kernels + ((int)get_num_groups(2) * steps * DEPTH * filters + group * filters);
    float sum[16] = {0.0f};
    float block[16] = {0.0f};
    struct corners corners;

    find_corners(first_pixel + item / DEPTH, x_view, y_view, window, &corners);
    for (int step = 0; step < steps; step++) {
        gather(&values[item % DEPTH][item / DEPTH], &corners, step * DEPTH + item % DEPTH,
               x + (x_offset + group * x_view.s2), x_view, window);
        for (int i = item; i < DEPTH * TILE; i += GROUP * GROUP) {
            weights[i / TILE][i % TILE] = kernel_tile[(step * DEPTH + i / TILE) * filters + i % TILE];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = 0; k < DEPTH; k++) {
#pragma unroll
            for (int i = 0; i < 16; i++) {
                block[i] = fma(values[k][line + i / 4 * GROUP], weights[k][column + i % 4 * GROUP], block[i]);
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        const bool ends = (step + 1) * DEPTH % x_view.s6 == 0; /* sums of sums keep rounding errors small */
#pragma unroll
        for (int i = 0; i < 16; i++) {
            sum[i] += ends ? block[i] : 0.0f;
            block[i] = ends ? 0.0f : block[i];
        }
    }
#pragma unroll
    for (int i = 0; i < 16; i++) {
        const int pixel = first_pixel + line + i / 4 * GROUP;
        const int filter = first_filter + column + i % 4 * GROUP;
        const int3 at = pixel_at(pixel, y_view);
        const int channel = group * y_view.s2 + filter;
        float value = sum[i] + block[i] + bias[filter];

        if (at.x < y_view.s6 && filter < y_view.s2) {
            if (residual_view.s0) {
                value += residual[residual_offset + at.x * residual_view.s1 + at.y * residual_view.s2 +
                                  at.z * residual_view.s3 + channel];
            }
            y[y_offset + at.x * y_view.s3 + at.y * y_view.s4 + at.z * y_view.s5 + channel] = ACTIVATE(value);
        }
    }
}
