/* SPDX-License-Identifier: MIT */
/* Over each line:
 *     y = ACTIVATE(FINISH(COMBINE of all x[i]))         (reduce.clh)
 * for CPUs, where the last axis is none of a line's: a work-item computes 16 lines side by side.
 *
 *   dims, x_strides, y_strides   RANK axes: those that count the lines, the last with stride 1
 *   sizes, x_steps, y_steps      AXES axes: those of a line; y_steps are not read
 *
 *   -D RANK=... -D AXES=... -D REDUCTION=... (reduce.clh) -D ACTIVATION=... (activation.clh)
 * Work-items: {columns / 16, rows}. */
#define RUN 1
#define REAL float16
#include "activation.clh"
#include "reduce.clh"
#include "walk.clh"
#include "row.clh"

#define BLOCK 256 /* elements that are combined apart, against rounding errors */

__kernel void reduce_lanes_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                               const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                               const int8 x_steps, const int8 y_steps)
{
    const int column = (int)get_global_id(0) * 16;
    const int row = (int)get_global_id(1);
    const int count = min(16, lane(dims, RANK - 1) - column);
    const int size = count_of(AXES, sizes);
    float16 total = START;

    if (count <= 0) {
        return;
    }
    __global const float *from = x + x_offset + offset_of(row, RANK - 1, dims, x_strides) + column;
    for (int i = 0; i < size;) {
        const int end = i + min(BLOCK, size - i);
        float16 part = START;
        for (; i < end; i++) {
            const float16 value = load_part(from + offset_of(i, AXES, sizes, x_steps), count, START);
            part = COMBINE(part, value);
        }
        total = COMBINE(total, part);
    }
    store_part(ACTIVATE(FINISH(total, size)), y + y_offset + offset_of(row, RANK - 1, dims, y_strides) + column, count);
}
