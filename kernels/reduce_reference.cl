/* SPDX-License-Identifier: MIT */
/* Over each line:
 *     y = ACTIVATE(FINISH(COMBINE of all x[i]))         (reduce.clh)
 * a work-item a line.
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): those that count the lines
 *   sizes, x_steps, y_steps      likewise those of a line (line.clh); y_steps are not read
 *
 *   -D REDUCTION=... (reduce.clh) -D ACTIVATION=... (activation.clh) */
#define REAL float
#include "activation.clh"
#include "reduce.clh"
#include "walk.clh"
#include "line.clh"
#include "cascade.clh"

static float combine_line(__global const float *x, int8 sizes, int8 steps)
{
    CASCADE_BEGIN

    for (int run = 0; run < count_runs(sizes); run++) {
        const int begin = run_of(run, sizes, steps);
        for (int i = 0; i < length_of(sizes); i++) {
            const float value = x[begin + i * steps.s7];
            CASCADE_ADD(value)
        }
    }
    return CASCADE_END;
}

__kernel void reduce_reference(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                               const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                               const int8 x_steps, const int8 y_steps)
{
    if (get_global_id(0) >= (size_t)count_of(WALK_AXES, dims)) {
        return;
    }
    const int8 place = position_of((int)get_global_id(0), WALK_AXES, dims);
    const float value = combine_line(x + x_offset + offset_at(place, x_strides), sizes, x_steps);
    y[y_offset + offset_at(place, y_strides)] = ACTIVATE(FINISH(value, count_of(WALK_AXES, sizes)));
}
