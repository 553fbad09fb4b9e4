/* SPDX-License-Identifier: MIT */
/* Over each line:
 *     y[i] = ACTIVATE(x[i] * min(1 / sqrt(sum of x[i]^2), most))
 * a work-item a line.
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): those that count the lines
 *   sizes, x_steps, y_steps      likewise those of a line (line.clh)
 *
 *   -D ACTIVATION=... (activation.clh) */
#define REAL float
#include "activation.clh"
#include "line_reference.clh"

__kernel void unit_normalization_reference(__global const float *x, const long x_offset, __global float *y,
                                           const long y_offset, const int8 dims, const int8 x_strides,
                                           const int8 y_strides, const int8 sizes, const int8 x_steps,
                                           const int8 y_steps, const float most)
{
    if (get_global_id(0) >= (size_t)count_of(WALK_AXES, dims)) {
        return;
    }
    const int8 place = position_of((int)get_global_id(0), WALK_AXES, dims);
    __global const float *from = x + x_offset + offset_at(place, x_strides);
    __global float *to = y + y_offset + offset_at(place, y_strides);
    const float inverse = 1.0f / sqrt(sum_line(from, sizes, x_steps, 0.0f, true));
    const float scale = inverse > most ? most : inverse;

    for (int run = 0; run < count_runs(sizes); run++) {
        const int x_begin = run_of(run, sizes, x_steps);
        const int y_begin = run_of(run, sizes, y_steps);
        for (int i = 0; i < length_of(sizes); i++) {
            to[y_begin + i * y_steps.s7] = ACTIVATE(from[x_begin + i * x_steps.s7] * scale);
        }
    }
}
