/* SPDX-License-Identifier: MIT */
/* Over each line:
 *     y[i] = ACTIVATE(x[i] * min(1 / sqrt(sum of x[i]^2), most))
 * for CPUs: a work-item computes some lines, 16 elements of a line at a time (line_cpu.clh).
 *
 *   dims, x_strides, y_strides   RANK axes: those that count the lines
 *   sizes, x_steps, y_steps      AXES axes: those of a line, the last with stride 1
 *
 *   -D RANK=... -D AXES=... -D RUN=... -D ACTIVATION=... (activation.clh) */
#define REAL float16
#include "activation.clh"
#include "line_cpu.clh"

__kernel void unit_normalization_cpu(__global const float *x, const long x_offset, __global float *y,
                                     const long y_offset, const int8 dims, const int8 x_strides, const int8 y_strides,
                                     const int8 sizes, const int8 x_steps, const int8 y_steps, const float most)
{
    const int length = lane(sizes, AXES - 1);
    int first;
    int end;

    find_lines(dims, sizes, &first, &end);
    for (int line = first; line < end; line++) {
        __global const float *from = x + x_offset + offset_of(line, RANK, dims, x_strides);
        __global float *to = y + y_offset + offset_of(line, RANK, dims, y_strides);
        const float inverse = 1.0f / sqrt(sum_line(from, sizes, x_steps, 0.0f, true));
        const float scale = inverse > most ? most : inverse;

        for (int run = 0; run < count_runs(sizes); run++) {
            __global const float *x_run = from + run_of(run, sizes, x_steps);
            __global float *y_run = to + run_of(run, sizes, y_steps);
            for (int i = 0; i < length; i += 16) {
                const int count = min(16, length - i);
                store_part(ACTIVATE(load_part(x_run + i, count, 0.0f) * scale), y_run + i, count);
            }
        }
    }
}
