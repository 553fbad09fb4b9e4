/* SPDX-License-Identifier: MIT */
/* Over each line of n elements, with m = sum of x[i] / n and v = sum of (x[i] - m)^2 / n:
 *     y[i] = ACTIVATE((x[i] - m) * (gamma[i] / sqrt(v + epsilon)) + beta[i])
 * a work-item a line.
 *
 *   dims, x_strides, ..., beta_strides   RANK axes: those that count the lines
 *   sizes, x_steps, ..., beta_steps      AXES axes: those of a line
 *
 *   -D RANK=... -D AXES=... -D ACTIVATION=... (activation.clh) */
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
    if (get_global_id(0) >= (size_t)count_of(RANK, dims)) {
        return;
    }
    const int line = (int)get_global_id(0);
    const int size = count_of(AXES, sizes);
    __global const float *from = x + x_offset + offset_of(line, RANK, dims, x_strides);
    __global float *to = y + y_offset + offset_of(line, RANK, dims, y_strides);
    __global const float *factors = gamma + gamma_offset + offset_of(line, RANK, dims, gamma_strides);
    __global const float *terms = beta + beta_offset + offset_of(line, RANK, dims, beta_strides);
    const float mean = sum_line(from, sizes, x_steps, 0.0f, false) / (float)size;
    const float variance = sum_line(from, sizes, x_steps, mean, true) / (float)size;
    const float scale = 1.0f / sqrt(variance + epsilon);

    for (int i = 0; i < size; i++) {
        const float factor = scale * factors[offset_of(i, AXES, sizes, gamma_steps)];
        const float term = terms[offset_of(i, AXES, sizes, beta_steps)];
        const float value = from[offset_of(i, AXES, sizes, x_steps)] - mean;
        to[offset_of(i, AXES, sizes, y_steps)] = ACTIVATE(value * factor + term);
    }
}
