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
#include "exp.clh"
#include "line_cpu.clh"

/* What is done with each part of a run, of up to 16 elements: with all 16 as often as there are so many, as compilers
 * leave out the rest of load_filled and store_first then. */
#define EACH_PART(length, DO)             \
    int i = 0;                            \
    for (; i + 16 <= (length); i += 16) { \
        DO(16)                            \
    }                                     \
    if (i < (length)) {                   \
        DO((length) - i)                    \
    }

/* The larger of both, and the second if the first is NaN. */
static float16 larger(float16 a, float16 b)
{
    return a > b ? a : b;
}

#define COMPARE(count) largests = larger(load_filled(from + i, count, -INFINITY), largests);

static OUT_OF_LINE float find_largest(__global const float *x, int8 sizes, int8 steps)
{
    float16 largests = (float16)(-INFINITY);

    for (int run = 0; run < count_runs(sizes); run++) {
        __global const float *from = x + run_of(run, sizes, steps);
        EACH_PART(length_of(sizes), COMPARE)
    }
    return largest_of(largests);
}

#define RAISE(count)                                                              \
    const float16 difference = load_filled(from + i, count, -INFINITY) - largest; \
    const float16 power = exp_down(difference);                                   \
    sums += power;                                                                \
    store_first(LOG ? difference : power, to + i, count);

/* Leaves exp(x - m), or x - m, in y and returns s. */
static OUT_OF_LINE float raise(__global const float *x, __global float *y, int8 sizes, int8 x_steps, int8 y_steps,
                               float largest)
{
    float16 sums = 0.0f;

    for (int run = 0; run < count_runs(sizes); run++) {
        __global const float *from = x + run_of(run, sizes, x_steps);
        __global float *to = y + run_of(run, sizes, y_steps);
        EACH_PART(length_of(sizes), RAISE)
    }
    return sum_of(sums);
}

#define DIVIDE(count)                                \
    const float16 value = load_first(to + i, count); \
    store_first(LOG ? value - by : value * by, to + i, count);

static OUT_OF_LINE void divide(__global float *y, int8 sizes, int8 steps, float sum)
{
    const float by = LOG ? log(sum) : 1.0f / sum;

    for (int run = 0; run < count_runs(sizes); run++) {
        __global float *to = y + run_of(run, sizes, steps);
        EACH_PART(length_of(sizes), DIVIDE)
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
