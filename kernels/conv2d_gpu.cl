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

__kernel __attribute__((reqd_work_group_size(GROUP, GROUP, 1)))
void conv2d_gpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                __global const float *residual, const long residual_offset, __global const float *packed,
                const int8 x_view, const int8 y_view, const int8 residual_view, const int8 window)
{
    __local float values[DEPTH][TILE + 1]; /* by product and pixel; + 1 spreads a column over the banks */
    __local float weights[DEPTH][TILE];    /* by product and filter */
    const int group = get_global_id(2);
    const int column = get_local_id(0);
    const int line = get_local_id(1);
    const int item = line * GROUP + column;
    const int channels = x_view.s2;
    const int filters = get_num_groups(0) * TILE;
    const int steps = (window.s0 * window.s1 * channels + DEPTH - 1) / DEPTH;
    const int pixels = y_view.s6 * y_view.s0 * y_view.s1;
    const int first_pixel = get_group_id(1) * TILE;
    const int first_filter = get_group_id(0) * TILE;
    __global const float *kernel_group = packed + (group * steps * DEPTH * filters + first_filter);
    __global const float *bias = packed + (get_num_groups(2) * steps * DEPTH * filters + group * filters + first_filter);
    float sum[4][4] = {{0.0f}};
    float block[4][4] = {{0.0f}};
    int row[LOADS];
    int col[LOADS];
    int corner[LOADS];

    x += x_offset + group * channels;
#pragma unroll
    for (int i = 0; i < LOADS; i++) {
        const int pixel = first_pixel + item / DEPTH + i * LOAD_STEP;
        const int picture = pixel / y_view.s1 / y_view.s0;
        row[i] = pixel < pixels ? pixel / y_view.s1 % y_view.s0 * window.s2 - window.s6 : NOWHERE;
        col[i] = pixel % y_view.s1 * window.s3 - window.s7;
        corner[i] = pixel < pixels ? picture * x_view.s3 + row[i] * x_view.s4 + col[i] * x_view.s5 : 0;
    }
    for (int step = 0; step < steps; step++) {
        const int product = step * DEPTH + item % DEPTH;
        const int tap = product / channels;
        const int down = tap / window.s1 * window.s4;
        const int right = tap % window.s1 * window.s5;
        const int at = down * x_view.s4 + right * x_view.s5 + product % channels;
#pragma unroll
        for (int i = 0; i < LOADS; i++) {
            const bool inside = tap < window.s0 * window.s1 && row[i] + down >= 0 && row[i] + down < x_view.s0 &&
                                col[i] + right >= 0 && col[i] + right < x_view.s1;
            values[item % DEPTH][item / DEPTH + i * LOAD_STEP] = inside ? x[corner[i] + at] : 0.0f;
        }
        for (int i = item; i < DEPTH * TILE; i += GROUP * GROUP) {
            weights[i / TILE][i % TILE] = kernel_group[(step * DEPTH + i / TILE) * filters + i % TILE];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = 0; k < DEPTH; k++) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    block[i][j] = fma(values[k][line + i * GROUP], weights[k][column + j * GROUP], block[i][j]);
                }
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        if ((step + 1) * DEPTH % x_view.s6 == 0) { /* sums of sums keep rounding errors small */
#pragma unroll
            for (int i = 0; i < 16; i++) {
                sum[i / 4][i % 4] += block[i / 4][i % 4];
                block[i / 4][i % 4] = 0.0f;
            }
        }
    }
#pragma unroll
    for (int i = 0; i < 16; i++) {
        const int pixel = first_pixel + line + i / 4 * GROUP;
        const int filter = first_filter + column + i % 4 * GROUP;
        const int picture = pixel / y_view.s1 / y_view.s0;
        const int y_row = pixel / y_view.s1 % y_view.s0;
        const int y_col = pixel % y_view.s1;
        const int channel = group * y_view.s2 + filter;
        float value = sum[i / 4][i % 4] + block[i / 4][i % 4] + bias[column + i % 4 * GROUP];

        if (pixel < pixels && filter < y_view.s2) {
            if (residual_view.s0) {
                value += residual[residual_offset + picture * residual_view.s1 + y_row * residual_view.s2 +
                                  y_col * residual_view.s3 + channel];
            }
            y[y_offset + picture * y_view.s3 + y_row * y_view.s4 + y_col * y_view.s5 + channel] = ACTIVATE(value);
        }
    }
}
