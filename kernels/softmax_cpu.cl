/* SPDX-License-Identifier: MIT */
/* Over each line, with m = max over i of x[i] and s = sum over i of exp(x[i] - m):
 *     y[i] = exp(x[i] - m) / s           or, with LOG 1,
 *     y[i] = x[i] - m - log(s)
 * for CPUs: a work-item computes some lines (line_cpu.clh). A line with NaN or +Inf in it, or of -Inf alone,
 * becomes NaN.
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): those that count the lines
 *   sizes, x_steps, y_steps      likewise those of a line (line.clh), the last with stride 1
 *
 *   -D RUN=... -D LOG=0 or 1 */
#include "line_cpu.clh"

static OUT_OF_LINE float find_largest(__global const float *x, int8 sizes, int8 steps)
{
    const int length = length_of(sizes);
    float16 largests = (float16)(-INFINITY);

    for (int run = 0; run < count_runs(sizes); run++) {
        __global const float *from = x + run_of(run, sizes, steps);
        for (int i = 0; i < length; i += 16) {
            largests = fmax(largests, load_filled(from + i, length - i, -INFINITY));
        }
    }
    return largest_of(largests);
}

/* Leaves exp(x - m), or x - m, in y and returns s. */
static OUT_OF_LINE float raise(__global const float *x, __global float *y, int8 sizes, int8 x_steps, int8 y_steps,
                               float largest)
{
    const int length = length_of(sizes);
    float16 sums = 0.0f;

    for (int run = 0; run < count_runs(sizes); run++) {
        __global const float *from = x + run_of(run, sizes, x_steps);
        __global float *to = y + run_of(run, sizes, y_steps);
        for (int i = 0; i < length; i += 16) {
            const float16 difference = load_filled(from + i, length - i, -INFINITY) - largest;
            const float16 power = exp(difference);
            sums += power;
            store_first(LOG ? difference : power, to + i, length - i);
        }
    }
    return sum_of(sums);
}

static OUT_OF_LINE void divide(__global float *y, int8 sizes, int8 steps, float sum)
{
    const int length = length_of(sizes);
    const float log_sum = log(sum);

    for (int run = 0; run < count_runs(sizes); run++) {
        __global float *to = y + run_of(run, sizes, steps);
        for (int i = 0; i < length; i += 16) {
            const float16 value = load_first(to + i, length - i);
            store_first(LOG ? value - log_sum : value / sum, to + i, length - i);
        }
    }
}

__kernel void softmax_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                          const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                          const int8 x_steps, const int8 y_steps)
{
    int first;
    int end;

    find_lines(dims, sizes, &first, &end);
    for (int line = first; line < end; line++) {
        const int8 place = position_of(line, WALK_AXES, dims);
        __global const float *from = x + x_offset + offset_at(place, x_strides);
        __global float *to = y + y_offset + offset_at(place, y_strides);
        const float sum = raise(from, to, sizes, x_steps, y_steps, find_largest(from, sizes, x_steps));
        divide(to, sizes, y_steps, sum);
    }
}
