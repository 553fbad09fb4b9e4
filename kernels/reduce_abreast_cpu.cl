/* SPDX-License-Identifier: MIT */
/* Over each line:
 *     y = ACTIVATE(FINISH(COMBINE of all x[i]))         (reduce.clh)
 * for CPUs, where the last axis is none of a line's: a work-item computes 16 lines abreast.
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): those that count the lines, the last with stride 1
 *   sizes, x_steps, y_steps      likewise those of a line (line.clh); y_steps are not read
 *
 *   -D REDUCTION=... (reduce.clh) -D ACTIVATION=... (activation.clh)
 * Work-items: {columns / 16, rows}. */
#define REAL float16
#include "activation.clh"
#include "reduce.clh"
#include "walk.clh"
#include "line.clh"
#include "part.clh"
#include "cascade.clh"

static OUT_OF_LINE float16 combine_lines(__global const float *x, int8 sizes, int8 steps, int count)
{
    CASCADE_BEGIN

    for (int run = 0; run < count_runs(sizes); run++) {
        __global const float *from = x + run_of(run, sizes, steps);
        for (int i = 0; i < length_of(sizes); i++, from += steps.s7) {
            const float16 value = load_first(from, count);
            CASCADE_ADD(value)
        }
    }
    return CASCADE_END;
}

__kernel void reduce_abreast_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                                 const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                                 const int8 x_steps, const int8 y_steps)
{
    int8 place = position_of((int)get_global_id(1), WALK_AXES - 1, dims);

    place.s7 = (int)get_global_id(0) * 16;
    if (place.s7 >= dims.s7) {
        return;
    }
    const int count = dims.s7 - place.s7;
    const float16 value = combine_lines(x + x_offset + offset_at(place, x_strides), sizes, x_steps, count);
    const float16 result = FINISH(value, count_of(WALK_AXES, sizes));
    store_first(ACTIVATE(result), y + y_offset + offset_at(place, y_strides), count);
}
