/* SPDX-License-Identifier: MIT */
/* Over each line, with m = max over i of x[i] and s = sum over i of exp(x[i] - m):
 *     y[i] = exp(x[i] - m) / s           or, with LOG 1,
 *     y[i] = x[i] - m - log(s)
 * a work-item a line. A line with NaN or +Inf in it, or of -Inf alone, becomes NaN.
 *
 *   dims, x_strides, y_strides   RANK axes: those that count the lines
 *   sizes, x_steps, y_steps      AXES axes: those of a line
 *
 *   -D RANK=... -D AXES=... -D LOG=0 or 1 */
#include "line_reference.clh"

__kernel void softmax_reference(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                                const int8 dims, const int8 x_strides, const int8 y_strides, const int8 sizes,
                                const int8 x_steps, const int8 y_steps)
{
    if (get_global_id(0) >= (size_t)count_of(RANK, dims)) {
        return;
    }
    const int line = (int)get_global_id(0);
    const int size = count_of(AXES, sizes);
    __global const float *from = x + x_offset + offset_of(line, RANK, dims, x_strides);
    __global float *to = y + y_offset + offset_of(line, RANK, dims, y_strides);
    float largest = -INFINITY;
    float sum = 0.0f;

    for (int i = 0; i < size; i++) {
        largest = fmax(largest, from[offset_of(i, AXES, sizes, x_steps)]);
    }
    for (int i = 0; i < size;) {
        const int end = i + min(BLOCK, size - i);
        float part = 0.0f;
        for (; i < end; i++) {
            part += exp(from[offset_of(i, AXES, sizes, x_steps)] - largest);
        }
        sum += part;
    }
    for (int i = 0; i < size; i++) {
        const float difference = from[offset_of(i, AXES, sizes, x_steps)] - largest;
        to[offset_of(i, AXES, sizes, y_steps)] = LOG ? difference - log(sum) : exp(difference) / sum;
    }
}
