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

#define RAISE(count)                                                              \
    const float16 difference = load_filled(from + i, count, -INFINITY) - largest; \
    const float16 power = exp_down(difference);                                   \
    sums += power;                                                                \
    store_first(LOG ? difference : power, to + i, count);

#define DIVIDE(count)                                \
    const float16 value = load_first(to + i, count); \
    store_first(LOG ? value - by : value * by, to + i, count);

static void soften(__global const float *x, __global float *y, int8 sizes, int8 x_steps, int8 y_steps, int runs)
{
    const int length = length_of(sizes);
    float16 largests = (float16)(-INFINITY);
    float16 sums = 0.0f;

    for (int run = 0; run < runs; run++) {
        __global const float *from = x + run_of(run, sizes, x_steps);
        EACH_PART(length, COMPARE)
    }
    const float largest = largest_of(largests);
    for (int run = 0; run < runs; run++) {
        __global const float *from = x + run_of(run, sizes, x_steps);
        __global float *to = y + run_of(run, sizes, y_steps);
        EACH_PART(length, RAISE)
    }
    const float by = LOG ? log(sum_of(sums)) : 1.0f / sum_of(sums);
    for (int run = 0; run < runs; run++) {
        __global float *to = y + run_of(run, sizes, y_steps);
        EACH_PART(length, DIVIDE)
    }
}

/* The lines from `first` up to `end`. */
static OUT_OF_LINE void soften_lines(__global const float *x, __global float *y, int8 dims, int8 x_strides,
                                     int8 y_strides, int8 sizes, int8 x_steps, int8 y_steps, int first, int end)
{
    const int runs = count_runs(sizes);

    for (int line = first; line < end; line++) {
        soften(x + line_at(line, dims, x_strides), y + line_at(line, dims, y_strides), sizes, x_steps, y_steps, runs);
    }
}

__kernel void softmax_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                          const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                          const int8 x_steps, const int8 y_steps)
{
    int first;
    int end;

    find_lines((int)get_global_id(0), dims, sizes, &first, &end);
    soften_lines(x + x_offset, y + y_offset, dims, x_strides, y_strides, sizes, x_steps, y_steps, first, end);
}
