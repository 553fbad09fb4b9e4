/* SPDX-License-Identifier: MIT */
/* Dense layer by its definition, one work-item an output element:
 *
 *   for each row r, unit u:
 *     y[r][u] = activation(bias[u] + sum over c of x[r][c] * kernel[c][u] + residual[r][u])
 *
 *   dims            {sizes of the axes that rows run over}, AXES of them
 *   x_strides, y_strides, residual_strides   of those axes
 *   sizes           {channels, units, rows, 1 if there is a residual, products of a block}
 *   packed          kernel {channels}{units}, bias {units}
 *
 *   -D AXES=1 to 7
 *   -D ACTIVATION ...   activation.clh */

#define REAL float
#include "activation.clh"
#include "walk.clh"

__kernel void dense_reference(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                              __global const float *residual, const long residual_offset, __global const float *packed,
                              const int8 dims, const int8 x_strides, const int8 y_strides, const int8 residual_strides,
                              const int8 sizes)
{
    const int channels = sizes.s0;
    const int units = sizes.s1;
    const int unit = get_global_id(0) % units;
    const int row = get_global_id(0) / units;
    __global const float *x_row = x + (x_offset + offset_of(row, AXES, dims, x_strides));
    float sum = 0.0f;
    float block = 0.0f;

    if (row >= sizes.s2) {
        return;
    }
    for (int c = 0; c < channels; c++) {
        block = fma(x_row[c], packed[c * units + unit], block);
        if ((c + 1) % sizes.s4 == 0) { /* sums of sums keep rounding errors small */
            sum += block;
            block = 0.0f;
        }
    }
    sum += block + packed[channels * units + unit];
    if (sizes.s3) {
        sum += residual[residual_offset + offset_of(row, AXES, dims, residual_strides) + unit];
    }
    y[y_offset + offset_of(row, AXES, dims, y_strides) + unit] = ACTIVATE(sum);
}
