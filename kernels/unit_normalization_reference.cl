/* SPDX-License-Identifier: MIT */
/* Over each line:
 *     y[i] = ACTIVATE(x[i] * min(1 / sqrt(sum of x[i]^2), most))
 * a work-item a line.
 *
 *   dims, x_strides, y_strides   RANK axes: those that count the lines
 *   sizes, x_steps, y_steps      AXES axes: those of a line
 *
 *   -D RANK=... -D AXES=... -D ACTIVATION=... (activation.clh) */
#define REAL float
#include "activation.clh"
#include "line_reference.clh"

__kernel void unit_normalization_reference(__global const float *x, const long x_offset, __global float *y,
                                           const long y_offset, const int8 dims, const int8 x_strides,
                                           const int8 y_strides, const int8 sizes, const int8 x_steps,
                                           const int8 y_steps, const float most)
{
    if (get_global_id(0) >= (size_t)count_of(RANK, dims)) {
        return;
    }
    const int line = (int)get_global_id(0);
    const int size = count_of(AXES, sizes);
    __global const float *from = x + x_offset + offset_of(line, RANK, dims, x_strides);
    __global float *to = y + y_offset + offset_of(line, RANK, dims, y_strides);
    const float inverse = 1.0f / sqrt(sum_line(from, sizes, x_steps, 0.0f, true));
    const float scale = inverse > most ? most : inverse;

    for (int i = 0; i < size; i++) {
        to[offset_of(i, AXES, sizes, y_steps)] = ACTIVATE(from[offset_of(i, AXES, sizes, x_steps)] * scale);
    }
}
