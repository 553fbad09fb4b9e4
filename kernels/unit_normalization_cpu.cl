/* SPDX-License-Identifier: MIT */
/* Over each line:
 *     y[i] = ACTIVATE(x[i] * min(1 / sqrt(sum of x[i]^2), most))
 * for CPUs: a work-item computes some lines, 16 elements of a line at a time (line_cpu.clh).
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): those that count the lines
 *   sizes, x_steps, y_steps      likewise those of a line (line.clh), the last with stride 1
 *
 *   -D RUN=... -D ACTIVATION=... (activation.clh) */
#define REAL float16
#include "activation.clh"
#include "line_cpu.clh"

__kernel void unit_normalization_cpu(__global const float *x, const long x_offset, __global float *y,
                                     const long y_offset, const int8 dims, const int8 x_strides, const int8 y_strides,
                                     const int8 sizes, const int8 x_steps, const int8 y_steps, const float most)
{
    const int length = length_of(sizes);
    int first;
    int end;

    find_lines((int)get_global_id(0), dims, sizes, &first, &end);
    for (int line = first; line < end; line++) {
        const int8 place = position_of(line, WALK_AXES, dims);
        __global const float *from = x + x_offset + offset_at(place, x_strides);
        __global float *to = y + y_offset + offset_at(place, y_strides);
        const float inverse = 1.0f / sqrt(sum_line(from, sizes, x_steps, 0.0f, true));
        const float scale = inverse > most ? most : inverse;

        for (int run = 0; run < count_runs(sizes); run++) {
            __global const float *x_run = from + run_of(run, sizes, x_steps);
            __global float *y_run = to + run_of(run, sizes, y_steps);
            for (int i = 0; i < length; i += 16) {
                const float16 value = load_first(x_run + i, length - i) * scale;
                store_first(ACTIVATE(value), y_run + i, length - i);
            }
        }
    }
}
