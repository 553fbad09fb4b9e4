/* SPDX-License-Identifier: MIT */
/* Over each line, with m = max over i of x[i] and s = sum over i of exp(x[i] - m):
 *     y[i] = exp(x[i] - m) / s           or, with LOG 1,
 *     y[i] = x[i] - m - log(s)
 * for CPUs, where the last axis is none of a line's: a work-item computes 16 lines abreast. A line with NaN or +Inf
 * in it, or of -Inf alone, becomes NaN.
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): those that count the lines, the last with stride 1
 *   sizes, x_steps, y_steps      likewise those of a line (line.clh)
 *
 *   -D LOG=0 or 1
 * Work-items: {columns / 16, rows}. */
#define REAL float16
#include "walk.clh"
#include "line.clh"
#include "part.clh"
#include "cascade.clh"
#include "exp.clh"

/* NaN only where a line has nothing else. */
static OUT_OF_LINE float16 find_largest(__global const float *x, int8 sizes, int8 steps, int count)
{
    const int runs = count_runs(sizes);
    float16 largest = (float16)(-INFINITY);

    for (int run = 0; run < runs; run++) {
        __global const float *from = x + run_of(run, sizes, steps);
        for (int i = 0; i < length_of(sizes); i++, from += steps.s7) {
            const float16 value = load_first(from, count);
            largest = value > largest ? value : largest;
        }
    }
    return largest;
}

/* Leaves exp(x - m), or x - m, in y and returns s. */
static OUT_OF_LINE float16 raise(__global const float *x, __global float *y, int8 sizes, int8 x_steps, int8 y_steps,
                                 int count, float16 largest)
{
    const int runs = count_runs(sizes);
    CASCADE_BEGIN

    for (int run = 0; run < runs; run++) {
        __global const float *from = x + run_of(run, sizes, x_steps);
        __global float *to = y + run_of(run, sizes, y_steps);
        for (int i = 0; i < length_of(sizes); i++, from += x_steps.s7, to += y_steps.s7) {
            const float16 difference = load_first(from, count) - largest;
            const float16 power = exp_down(difference);
            store_first(LOG ? difference : power, to, count);
            CASCADE_ADD(power)
        }
    }
    return CASCADE_END;
}

static OUT_OF_LINE void divide(__global float *y, int8 sizes, int8 steps, int count, float16 sum)
{
    const int runs = count_runs(sizes);
    const float16 by = LOG ? log(sum) : 1.0f / sum;

    for (int run = 0; run < runs; run++) {
        __global float *to = y + run_of(run, sizes, steps);
        for (int i = 0; i < length_of(sizes); i++, to += steps.s7) {
            const float16 value = load_first(to, count);
            store_first(LOG ? value - by : value * by, to, count);
        }
    }
}

__kernel void softmax_abreast_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                                  const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                                  const int8 x_steps, const int8 y_steps)
{
    int8 place = position_of((int)get_global_id(1), WALK_AXES - 1, dims);

    place.s7 = (int)get_global_id(0) * 16;
    if (place.s7 >= dims.s7) {
        return;
    }
    const int count = dims.s7 - place.s7;
    __global const float *from = x + x_offset + offset_at(place, x_strides);
    __global float *to = y + y_offset + offset_at(place, y_strides);
    const float16 largest = find_largest(from, sizes, x_steps, count);
    divide(to, sizes, y_steps, count, raise(from, to, sizes, x_steps, y_steps, count, largest));
}
