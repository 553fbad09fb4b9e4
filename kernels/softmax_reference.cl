/* SPDX-License-Identifier: MIT */
/* Over each line, with m = max over i of x[i] and s = sum over i of exp(x[i] - m):
 *     y[i] = exp(x[i] - m) / s           or, with LOG 1,
 *     y[i] = x[i] - m - log(s)
 * a work-item a line. A line with NaN or +Inf in it, or of -Inf alone, becomes NaN.
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): those that count the lines
 *   sizes, x_steps, y_steps      likewise those of a line (line.clh)
 *
 *   -D LOG=0 or 1
 *   -D EMPTY=1   a line of -Inf alone becomes 0; NaN, as above, if not given */
#ifndef EMPTY
#define EMPTY 0
#endif
#define REAL float
#include "line_reference.clh"

static float find_largest(__global const float *x, int8 sizes, int8 steps)
{
    float largest = -INFINITY;

    for (int run = 0; run < count_runs(sizes); run++) {
        const int begin = run_of(run, sizes, steps);
        for (int i = 0; i < length_of(sizes); i++) {
            largest = fmax(largest, x[begin + i * steps.s7]);
        }
    }
    return largest;
}

static float sum_powers(__global const float *x, int8 sizes, int8 steps, float largest)
{
    CASCADE_BEGIN

    for (int run = 0; run < count_runs(sizes); run++) {
        const int begin = run_of(run, sizes, steps);
        for (int i = 0; i < length_of(sizes); i++) {
            CASCADE_ADD(exp(x[begin + i * steps.s7] - largest))
        }
    }
    return CASCADE_END;
}

__kernel void softmax_reference(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                                const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                                const int8 x_steps, const int8 y_steps)
{
    if (get_global_id(0) >= (size_t)count_of(WALK_AXES, dims)) {
        return;
    }
    const int8 place = position_of((int)get_global_id(0), WALK_AXES, dims);
    __global const float *from = x + x_offset + offset_at(place, x_strides);
    __global float *to = y + y_offset + offset_at(place, y_strides);
    const float most = find_largest(from, sizes, x_steps);
    const float largest = EMPTY && most == -INFINITY ? 0.0f : most;
    const float powers = sum_powers(from, sizes, x_steps, largest);
    const float sum = EMPTY && powers == 0.0f ? 1.0f : powers;

    for (int run = 0; run < count_runs(sizes); run++) {
        const int x_begin = run_of(run, sizes, x_steps);
        const int y_begin = run_of(run, sizes, y_steps);
        for (int i = 0; i < length_of(sizes); i++) {
            const float difference = from[x_begin + i * x_steps.s7] - largest;
            to[y_begin + i * y_steps.s7] = LOG ? difference - log(sum) : exp(difference) / sum;
        }
    }
}
