/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(MERGE(a[i], b[i]))
 * a work-item an element. y may be a.
 *
 *   dims, a_strides, b_strides, y_strides   WALK_AXES axes (walk.clh); 0 where an operand is broadcast
 *
 *   -D OPERATION=... (merge.clh) -D ACTIVATION=... (activation.clh) */
#pragma OPENCL FP_CONTRACT OFF
#define REAL float
#include "activation.clh"
#include "merge.clh"
#include "walk.clh"

__kernel void merge_reference(__global const float *a, const long a_offset, __global const float *b,
                              const long b_offset, __global float *y, const long y_offset, const int8 dims,
                              const int8 a_strides, const int8 b_strides, const int8 y_strides)
{
    if (get_global_id(0) >= (size_t)count_of(WALK_AXES, dims)) {
        return;
    }
    const int8 i = position_of((int)get_global_id(0), WALK_AXES, dims);
    const float left = a[a_offset + offset_at(i, a_strides)];
    const float right = b[b_offset + offset_at(i, b_strides)];
    const float value = MERGE(left, right);
    y[y_offset + offset_at(i, y_strides)] = ACTIVATE(value);
}
