/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(x[i] * scale[c] + shift[c]),   c the element's channel
 * for CPUs: a work-item computes a share of the rows, 16 elements at a time (row.clh).
 *
 *   dims, x_strides, scale_strides, shift_strides, y_strides   WALK_AXES axes; those of scale and shift are 0
 *                                                              but along the channels, in the last all 1 or 0
 *
 *   -D RUN=... -D ACTIVATION=... (activation.clh) */
#pragma OPENCL FP_CONTRACT OFF
#define REAL float16
#include "activation.clh"
#include "walk.clh"
#include "part.clh"
#include "row.clh"

__kernel void batch_normalization_cpu(__global const float *x, const long x_offset, __global const float *scale,
                                      const long scale_offset, __global const float *shift,
                                      const long shift_offset, __global float *y, const long y_offset,
                                      const int8 dims, const int8 x_strides, const int8 scale_strides,
                                      const int8 shift_strides, const int8 y_strides)
{
    struct share share;
    const int x_step = x_strides.s7;
    const int step = scale_strides.s7;

    find_share(dims, &share);
    for (int row = share.row; row < share.row_end; row++) {
        const int8 start = start_of(&share, row, dims);
        __global const float *x_row = x + x_offset + offset_at(start, x_strides);
        __global const float *factors = scale + scale_offset + offset_at(start, scale_strides);
        __global const float *terms = shift + shift_offset + offset_at(start, shift_strides);
        __global float *y_row = y + y_offset + offset_at(start, y_strides);

        for (int i = 0; i < share.columns; i += 16) {
            const int count = min(16, share.columns - i);
            const float16 factor = load_row(factors, step, i, count);
            const float16 term = load_row(terms, step, i, count);
            const float16 value = load_row(x_row, x_step, i, count) * factor + term;
            store_first(ACTIVATE(value), y_row + i, count);
        }
    }
}
