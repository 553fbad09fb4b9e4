/* SPDX-License-Identifier: MIT */
/* What is left to do for a dense layer once its products are there, in one or more parts of the sum:
 *
 *   for each row r, unit u:
 *     y[r][u] = activation(sum over p of x[r][p][u] + bias[u] + residual[r][u])
 *
 * x may be y itself, with one part.
 *
 * Rows run over three axes.
 *
 *   x_view         {strides of the axes, of parts}
 *   y_view         {strides of the axes}
 *   residual_view  {strides of the axes, 1 if there is a residual}
 *   rows           {size of the second axis, of the third, all rows, units, parts}
 *   packed         has the bias from bias_offset on
 *
 *   -D ACTIVATION ...   activation.clh
 * Work-items: {units, rows}. */

#define REAL float
#include "activation.clh"

__kernel void dense_epilogue(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                             __global const float *residual, const long residual_offset, __global const float *packed,
                             const long bias_offset, const int8 x_view, const int8 y_view, const int8 residual_view,
                             const int8 rows)
{
    const int unit = get_global_id(0);
    const int row = get_global_id(1);
    const int3 at = (int3)(row / rows.s1 / rows.s0, row / rows.s1 % rows.s0, row % rows.s1);
    float sum = 0.0f;

    if (unit >= rows.s3 || row >= rows.s2) {
        return;
    }
    for (int part = 0; part < rows.s4; part++) {
        sum += x[x_offset + at.x * x_view.s0 + at.y * x_view.s1 + at.z * x_view.s2 + part * x_view.s3 + unit];
    }
    sum += packed[bias_offset + unit];
    if (residual_view.s3) {
        sum += residual[residual_offset + at.x * residual_view.s0 + at.y * residual_view.s1 + at.z * residual_view.s2 +
                        unit];
    }
    y[y_offset + at.x * y_view.s0 + at.y * y_view.s1 + at.z * y_view.s2 + unit] = ACTIVATE(sum);
}
