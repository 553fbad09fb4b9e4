/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(x[i] * scale[c] + shift[c]),   c the element's channel
 * a work-item an element.
 *
 *   dims, x_strides, scale_strides, shift_strides, y_strides   WALK_AXES axes (walk.clh); those of scale and
 *                                                              shift are 0 but along the channels
 *
 *   -D ACTIVATION=... (activation.clh) */
#pragma OPENCL FP_CONTRACT OFF
#define REAL float
#include "activation.clh"
#include "walk.clh"

__kernel void batch_normalization_reference(__global const float *x, const long x_offset,
                                            __global const float *scale, const long scale_offset,
                                            __global const float *shift, const long shift_offset,
                                            __global float *y, const long y_offset, const int8 dims,
                                            const int8 x_strides, const int8 scale_strides,
                                            const int8 shift_strides, const int8 y_strides)
{
    if (get_global_id(0) >= (size_t)count_of(WALK_AXES, dims)) {
        return;
    }
    const int8 i = position_of((int)get_global_id(0), WALK_AXES, dims);
    const float factor = scale[scale_offset + offset_at(i, scale_strides)];
    const float term = shift[shift_offset + offset_at(i, shift_strides)];
    const float value = x[x_offset + offset_at(i, x_strides)] * factor + term;
    y[y_offset + offset_at(i, y_strides)] = ACTIVATE(value);
}
