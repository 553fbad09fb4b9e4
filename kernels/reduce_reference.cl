/* SPDX-License-Identifier: MIT */
/* Over each line:
 *     y = ACTIVATE(FINISH(COMBINE of all x[i]))         (reduce.clh)
 * a work-item a line.
 *
 *   dims, x_strides, y_strides   RANK axes: those that count the lines
 *   sizes, x_steps, y_steps      AXES axes: those of a line; y_steps are not read
 *
 *   -D RANK=... -D AXES=... -D REDUCTION=... (reduce.clh) -D ACTIVATION=... (activation.clh) */
#define REAL float
#include "activation.clh"
#include "reduce.clh"
#include "walk.clh"

#define BLOCK 256 /* elements that are combined apart, against rounding errors */

__kernel void reduce_reference(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                               const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                               const int8 x_steps, const int8 y_steps)
{
    if (get_global_id(0) >= (size_t)count_of(RANK, dims)) {
        return;
    }
    const int line = (int)get_global_id(0);
    const int size = count_of(AXES, sizes);
    __global const float *from = x + x_offset + offset_of(line, RANK, dims, x_strides);
    float total = START;

    for (int i = 0; i < size;) {
        const int end = i + min(BLOCK, size - i);
        float part = START;
        for (; i < end; i++) {
            const float value = from[offset_of(i, AXES, sizes, x_steps)];
            part = COMBINE(part, value);
        }
        total = COMBINE(total, part);
    }
    y[y_offset + offset_of(line, RANK, dims, y_strides)] = ACTIVATE(FINISH(total, size));
}
