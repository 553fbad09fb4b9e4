/* SPDX-License-Identifier: MIT */
/* 2D convolution by its definition, one work-item an output element:
 *
 *   for each picture n, output row i, column j, filter f of group g:
 *     sum = bias[f] + sum over a, b, c of
 *           x[n][i * stride_rows + a * dilation_rows - top][j * stride_cols + b * dilation_cols - left][g][c]
 *           * kernel[a][b][c][f]
 *     y[n][i][j][f] = activation(sum + residual[n][i][j][f])
 *
 *   x_view         {rows, cols, channels of a group, strides of pictures, rows, pixels, products of a block}
 *   y_view         {rows, cols, filters of a group, strides of pictures, rows, pixels, pictures}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, cols, stride_rows, stride_cols, dilation_rows, dilation_cols, top, left}
 *   filters        of all groups
 *   packed         kernel {rows}{cols}{channels}{filters}, bias {filters}
 *
 *   -D ACTIVATION ...   activation.clh */

#define REAL float
#include "activation.clh"

__kernel void conv2d_reference(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                               __global const float *residual, const long residual_offset,
                               __global const float *packed, const long packed_offset, const int8 x_view,
                               const int8 y_view, const int8 residual_view, const int8 window, const int filters)
{
    const int filter = get_global_id(0) % filters;
    const int pixel = get_global_id(0) / filters;
    const int col = pixel % y_view.s1;
    const int row = pixel / y_view.s1 % y_view.s0;
    const int picture = pixel / y_view.s1 / y_view.s0;
    const int channels = x_view.s2;
    __global const float *kernels = packed + packed_offset;
    __global const float *group = x + (x_offset + picture * x_view.s3 + filter / y_view.s2 * channels);
    float sum = 0.0f;
    float block = 0.0f;
    int pending = 0;

    if (get_global_id(0) >= (size_t)y_view.s6 * y_view.s0 * y_view.s1 * filters) {
        return;
    }
    for (int tap = 0; tap < window.s0 * window.s1; tap++) {
        const int x_row = row * window.s2 + tap / window.s1 * window.s4 - window.s6;
        const int x_col = col * window.s3 + tap % window.s1 * window.s5 - window.s7;
        const bool inside = x_row >= 0 && x_row < x_view.s0 && x_col >= 0 && x_col < x_view.s1;
        for (int c = 0; c < channels && inside; c++) {
            const float value = group[x_row * x_view.s4 + x_col * x_view.s5 + c];
            block = fma(value, kernels[(tap * channels + c) * filters + filter], block);
            if (++pending == x_view.s6) { /* sums of sums keep rounding errors small */
                sum += block;
                block = 0.0f;
                pending = 0;
            }
        }
    }
    sum += block + kernels[window.s0 * window.s1 * channels * filters + filter];
    if (residual_view.s0) {
        sum += residual[residual_offset + picture * residual_view.s1 + row * residual_view.s2 + col * residual_view.s3 +
                        filter];
    }
    y[y_offset + picture * y_view.s3 + row * y_view.s4 + col * y_view.s5 + filter] = ACTIVATE(sum);
}
