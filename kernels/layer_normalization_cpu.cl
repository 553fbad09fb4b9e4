/* SPDX-License-Identifier: MIT */
/* Over each line of n elements, with m = sum of x[i] / n and v = sum of (x[i] - m)^2 / n:
 *     y[i] = ACTIVATE((x[i] - m) * (gamma[i] / sqrt(v + epsilon)) + beta[i])
 * or with MOMENTS 1 with 0 in place of m, and with MOMENTS 2 in y alone.
 * for CPUs: a work-item computes some lines, 16 elements of a line at a time (line_cpu.clh).
 *
 *   dims, x_strides, ..., beta_strides   WALK_AXES axes (walk.clh): those that count the lines
 *   sizes, x_steps, ..., beta_steps      likewise those of a line (line.clh), the last with stride 1
 *
 *   -D RUN=... -D MOMENTS=0, 1 or 2 -D ACTIVATION=... (activation.clh) */
#define REAL float16
#include "activation.clh"
#include "line_cpu.clh"

__kernel void layer_normalization_cpu(__global const float *x, const long x_offset, __global float *y,
                                      const long y_offset, __global const float *gamma, const long gamma_offset,
                                      __global const float *beta, const long beta_offset, const int8 dims,
                                      const int8 x_strides, const int8 y_strides, const int8 gamma_strides,
                                      const int8 beta_strides, const int8 sizes, const int8 x_steps, const int8 y_steps,
                                      const int8 gamma_steps, const int8 beta_steps, const float epsilon)
{
    const float size = (float)count_of(WALK_AXES, sizes);
    const int length = length_of(sizes);
    const int runs = count_runs(sizes);
    int first;
    int end;

    find_lines((int)get_global_id(0), dims, sizes, &first, &end);
    for (int line = first; line < end; line++) {
        __global const float *from = x + x_offset + line_at(line, dims, x_strides);
        __global float *to = y + y_offset + line_at(line, dims, y_strides);
        __global const float *factors = gamma + gamma_offset + line_at(line, dims, gamma_strides);
        __global const float *terms = beta + beta_offset + line_at(line, dims, beta_strides);
        const float mean = MOMENTS == 1 ? 0.0f : sum_line(from, sizes, x_steps, 0.0f, false) / size;
        const float center = MOMENTS == 0 ? mean : 0.0f;
        const float variance = sum_line(from, sizes, x_steps, mean, true) / size;
        const float scale = 1.0f / sqrt(variance + epsilon);

        for (int run = 0; run < runs; run++) {
            __global const float *x_run = from + run_of(run, sizes, x_steps);
            __global float *y_run = to + run_of(run, sizes, y_steps);
            __global const float *gamma_run = factors + run_of(run, sizes, gamma_steps);
            __global const float *beta_run = terms + run_of(run, sizes, beta_steps);
            for (int i = 0; i < length; i += 16) {
                const int count = length - i;
                const float16 factor = scale * load_first(gamma_run + i, count);
                const float16 moved = load_first(x_run + i, count) - center;
                const float16 value = moved * factor + load_first(beta_run + i, count);
                store_first(ACTIVATE(value), y_run + i, count);
            }
        }
    }
}
