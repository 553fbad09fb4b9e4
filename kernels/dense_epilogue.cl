/* SPDX-License-Identifier: MIT */
/* What is left to do for a dense layer once its products are there, in one or more parts of the sum:
 *
 *   for each row r, unit u:
 *     y[r][u] = activation(sum over p of x[r][p][u] + bias[u] + residual[r][u])
 *
 * x may be y itself, with one part.
 *
 *   x_view, y_view  {strides of outer rows, of inner rows, of parts}
 *   residual_view   {strides of outer rows, of inner rows, 1 if there is one}
 *   rows            {inner rows, all rows, units, parts}
 *   packed          has the bias from bias_offset on
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
    const int outer = get_global_id(1) / rows.s0;
    const int inner = get_global_id(1) % rows.s0;
    float sum = 0.0f;

    if (unit >= rows.s2 || get_global_id(1) >= rows.s1) {
        return;
    }
    for (int part = 0; part < rows.s3; part++) {
        sum += x[x_offset + outer * x_view.s0 + inner * x_view.s1 + part * x_view.s2 + unit];
    }
    sum += packed[bias_offset + unit];
    if (residual_view.s2) {
        sum += residual[residual_offset + outer * residual_view.s0 + inner * residual_view.s1 + unit];
    }
    y[y_offset + outer * y_view.s0 + inner * y_view.s1 + unit] = ACTIVATE(sum);
}
