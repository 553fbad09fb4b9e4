/* SPDX-License-Identifier: MIT */
/* For each row along the axis, with m = max over i of x[i] and s = sum over i of exp(x[i] - m):
 *     y[i] = exp(x[i] - m) / s           or, with LOG 1,
 *     y[i] = x[i] - m - log(s)
 * a work-item a row. A row with NaN or +Inf in it, or of -Inf alone, becomes NaN.
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): all but that one
 *   size, x_step, y_step         the axis along which it works
 *
 *   -D LOG=0 or 1 */
#include "walk.clh"

#define BLOCK 256 /* elements that are summed apart, against rounding errors */

__kernel void softmax_reference(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                                const int8 dims, const int8 x_strides, const int8 y_strides, const int size,
                                const int x_step, const int y_step)
{
    if (get_global_id(0) >= (size_t)count_of(WALK_AXES, dims)) {
        return;
    }
    const int row = (int)get_global_id(0);
    __global const float *x_row = x + x_offset + offset_of(row, WALK_AXES, dims, x_strides);
    __global float *y_row = y + y_offset + offset_of(row, WALK_AXES, dims, y_strides);
    float largest = -INFINITY;
    float sum = 0.0f;

    for (int i = 0; i < size; i++) {
        largest = fmax(largest, x_row[i * x_step]);
    }
    for (int i = 0; i < size;) {
        const int end = i + min(BLOCK, size - i);
        float part = 0.0f;
        for (; i < end; i++) {
            part += exp(x_row[i * x_step] - largest);
        }
        sum += part;
    }
    for (int i = 0; i < size; i++) {
        const float difference = x_row[i * x_step] - largest;
        y_row[i * y_step] = LOG ? difference - log(sum) : exp(difference) / sum;
    }
}
