/* SPDX-License-Identifier: MIT */
/* Transposed 2D convolution by its definition, one work-item an output element:
 *
 *   for each picture n, output row i, column j, filter f:
 *     sum = bias[f] + sum over c and all p, q, a, b with p * stride_rows + a * dilation_rows - top = i and
 *           q * stride_cols + b * dilation_cols - left = j of x[n][p][q][c] * kernel[a][b][c][f]
 *     y[n][i][j][f] = activation(sum + residual[n][i][j][f])
 *
 *   x_view         {rows, cols, channels, strides of pictures, rows, pixels, products of a block}
 *   y_view         {rows, cols, filters, strides of pictures, rows, pixels, pictures}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, cols, stride_rows, stride_cols, dilation_rows, dilation_cols, top, left}
 *   packed         kernel {rows}{cols}{channels}{filters}, bias {filters}
 *
 *   -D ACTIVATION ...   activation.clh */

#define REAL float
#include "activation.clh"

/* The input cell that tap `tap` spreads to output cell `cell`, counted from the first tap's; -1: none. */
static int source_of(int cell, int tap, int dilation, int stride, int count)
{
    const int spread = cell - tap * dilation;

    return spread >= 0 && spread % stride == 0 && spread / stride < count ? spread / stride : -1;
}

__kernel void conv2d_transpose_reference(__global const float *x, const long x_offset, __global float *y,
                                         const long y_offset, __global const float *residual,
                                         const long residual_offset, __global const float *packed,
                                         const long packed_offset, const int8 x_view, const int8 y_view,
                                         const int8 residual_view, const int8 window)
{
    const int filters = y_view.s2;
    const int filter = get_global_id(0) % filters;
    const int pixel = get_global_id(0) / filters;
    const int col = pixel % y_view.s1;
    const int row = pixel / y_view.s1 % y_view.s0;
    const int picture = pixel / y_view.s1 / y_view.s0;
    const int channels = x_view.s2;
    __global const float *kernels = packed + packed_offset;
    __global const float *from = x + (x_offset + picture * x_view.s3);
    float sum = 0.0f;
    float block = 0.0f;
    int pending = 0;

    if (get_global_id(0) >= (size_t)y_view.s6 * y_view.s0 * y_view.s1 * filters) {
        return;
    }
    for (int tap = 0; tap < window.s0 * window.s1; tap++) {
        const int x_row = source_of(row + window.s6, tap / window.s1, window.s4, window.s2, x_view.s0);
        const int x_col = source_of(col + window.s7, tap % window.s1, window.s5, window.s3, x_view.s1);
        for (int c = 0; c < channels && x_row >= 0 && x_col >= 0; c++) {
            const float value = from[x_row * x_view.s4 + x_col * x_view.s5 + c];
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
