/* SPDX-License-Identifier: MIT */
/* Over each line:
 *     y = ACTIVATE(FINISH(COMBINE of all x[i]))         (reduce.clh)
 * for CPUs: a work-item computes some lines, 16 elements of a line at a time (line_cpu.clh).
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): those that count the lines
 *   sizes, x_steps, y_steps      likewise those of a line (line.clh), the last with stride 1 in x; y_steps are
 *                                not read
 *
 *   -D RUN=... -D REDUCTION=... (reduce.clh) -D ACTIVATION=... (activation.clh) */
#define REAL float
#include "activation.clh"
#include "reduce.clh"
#include "line_cpu.clh"

static float16 combine_line(__global const float *x, int8 sizes, int8 steps)
{
    const int length = length_of(sizes);
    float16 total = START;
    float16 part = START;
    int pending = 0;

    for (int run = 0; run < count_runs(sizes); run++) {
        __global const float *from = x + run_of(run, sizes, steps);
        for (int i = 0; i < length; i += 16) {
            const float16 value = load_filled(from + i, length - i, START);
            part = COMBINE(part, value);
            if (++pending == BLOCK) {
                total = COMBINE(total, part);
                part = START;
                pending = 0;
            }
        }
    }
    return COMBINE(total, part);
}

static float combine_lanes(float16 v)
{
    const float8 a = COMBINE(v.lo, v.hi);
    const float4 b = COMBINE(a.lo, a.hi);
    const float2 c = COMBINE(b.lo, b.hi);

    return COMBINE(c.x, c.y);
}

__kernel void reduce_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                         const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                         const int8 x_steps, const int8 y_steps)
{
    int first;
    int end;

    find_lines((int)get_global_id(0), dims, sizes, &first, &end);
    for (int line = first; line < end; line++) {
        const int8 place = position_of(line, WALK_AXES, dims);
        const float value = combine_lanes(combine_line(x + x_offset + offset_at(place, x_strides), sizes, x_steps));
        y[y_offset + offset_at(place, y_strides)] = ACTIVATE(FINISH(value, count_of(WALK_AXES, sizes)));
    }
}
