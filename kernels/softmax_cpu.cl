/* SPDX-License-Identifier: MIT */
/* Over each line, with m = max over i of x[i] and s = sum over i of exp(x[i] - m):
 *     y[i] = exp(x[i] - m) / s           or, with LOG 1,
 *     y[i] = x[i] - m - log(s)
 * for CPUs: a work-item computes some lines (line_cpu.clh). A line with NaN or +Inf in it, or of -Inf alone,
 * becomes NaN.
 *
 *   dims, x_strides, y_strides   RANK axes: those that count the lines
 *   sizes, x_steps, y_steps      AXES axes: those of a line, the last with stride 1
 *
 *   -D RANK=... -D AXES=... -D RUN=... -D LOG=0 or 1 */
#include "line_cpu.clh"

static float find_largest(__global const float *x, int8 sizes, int8 steps)
{
    const int length = lane(sizes, AXES - 1);
    float16 largests = (float16)(-INFINITY);

    for (int run = 0; run < count_runs(sizes); run++) {
        __global const float *from = x + run_of(run, sizes, steps);
        for (int i = 0; i < length; i += 16) {
            largests = fmax(largests, load_part(from + i, min(16, length - i), -INFINITY));
        }
    }
    return largest_of(largests);
}

/* Leaves exp(x - m), or x - m, in y and returns s. */
static float raise(__global const float *x, __global float *y, int8 sizes, int8 x_steps, int8 y_steps, float largest)
{
    const int length = lane(sizes, AXES - 1);
    float16 sums = 0.0f;

    for (int run = 0; run < count_runs(sizes); run++) {
        __global const float *from = x + run_of(run, sizes, x_steps);
        __global float *to = y + run_of(run, sizes, y_steps);
        for (int i = 0; i < length; i += 16) {
            const int count = min(16, length - i);
            const float16 difference = load_part(from + i, count, -INFINITY) - largest;
            const float16 power = exp(difference);
            sums += power;
            store_part(LOG ? difference : power, to + i, count);
        }
    }
    return sum_of(sums);
}

static void divide(__global float *y, int8 sizes, int8 steps, float sum)
{
    const int length = lane(sizes, AXES - 1);
    const float log_sum = log(sum);

    for (int run = 0; run < count_runs(sizes); run++) {
        __global float *to = y + run_of(run, sizes, steps);
        for (int i = 0; i < length; i += 16) {
            const int count = min(16, length - i);
            const float16 value = load_part(to + i, count, 0.0f);
            store_part(LOG ? value - log_sum : value / sum, to + i, count);
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
        __global const float *from = x + x_offset + offset_of(line, RANK, dims, x_strides);
        __global float *to = y + y_offset + offset_of(line, RANK, dims, y_strides);
        const float sum = raise(from, to, sizes, x_steps, y_steps, find_largest(from, sizes, x_steps));
        divide(to, sizes, y_steps, sum);
    }
}
