/* SPDX-License-Identifier: MIT */
/* Over each line of n elements, with m = sum of x[i] / n and v = sum of (x[i] - m)^2 / n:
 *     y[i] = ACTIVATE((x[i] - m) * (gamma[i] / sqrt(v + epsilon)) + beta[i])
 * or with MOMENTS 1 with 0 in place of m, and with MOMENTS 2 in y alone.
 * a work-item a line.
 *
 *   dims, x_strides, ..., beta_strides   WALK_AXES axes (walk.clh): those that count the lines
 *   sizes, x_steps, ..., beta_steps      likewise those of a line (line.clh)
 *
 *   -D MOMENTS=0, 1 or 2 -D ACTIVATION=... (activation.clh) */
#define REAL float
#include "activation.clh"
#include "line_reference.clh"

__kernel void layer_normalization_reference(__global const float *x, const long x_offset, __global float *y,
                                            const long y_offset, __global const float *gamma, const long gamma_offset,
                                            __global const float *beta, const long beta_offset, const int8 dims,
                                            const int8 x_strides, const int8 y_strides, const int8 gamma_strides,
                                            const int8 beta_strides, const int8 sizes, const int8 x_steps,
                                            const int8 y_steps, const int8 gamma_steps, const int8 beta_steps,
                                            const float epsilon)
{
    if (get_global_id(0) >= (size_t)count_of(WALK_AXES, dims)) {
        return;
    }
    const int8 place = position_of((int)get_global_id(0), WALK_AXES, dims);
    const float size = (float)count_of(WALK_AXES, sizes);
    __global const float *from = x + x_offset + offset_at(place, x_strides);
    __global float *to = y + y_offset + offset_at(place, y_strides);
    __global const float *factors = gamma + gamma_offset + offset_at(place, gamma_strides);
    __global const float *terms = beta + beta_offset + offset_at(place, beta_strides);
    const float mean = MOMENTS == 1 ? 0.0f : sum_line(from, sizes, x_steps, 0.0f, false) / size;
    const float center = MOMENTS == 0 ? mean : 0.0f;
    const float variance = sum_line(from, sizes, x_steps, mean, true) / size;
    const float scale = 1.0f / sqrt(variance + epsilon);

    for (int run = 0; run < count_runs(sizes); run++) {
        const int8 begin = position_of(run, WALK_AXES - 1, sizes);
        for (int i = 0; i < length_of(sizes); i++) {
            const float factor = scale * factors[offset_at(begin, gamma_steps) + i * gamma_steps.s7];
            const float term = terms[offset_at(begin, beta_steps) + i * beta_steps.s7];
            const float value = from[offset_at(begin, x_steps) + i * x_steps.s7] - center;
            to[offset_at(begin, y_steps) + i * y_steps.s7] = ACTIVATE(value * factor + term);
        }
    }
}
