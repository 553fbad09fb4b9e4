/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(MERGE(a[i], b[i]))
 * a work-item an element. y may be a.
 *
 *   dims, a_strides, b_strides, y_strides   RANK axes; 0 where an operand is broadcast
 *
 *   -D RANK=... -D OPERATION=... (merge.clh) -D ACTIVATION=... (activation.clh) */
#pragma OPENCL FP_CONTRACT OFF
#define REAL float
#include "activation.clh"
#include "merge.clh"
#include "walk.clh"

__kernel void merge_reference(__global const float *a, const long a_offset, __global const float *b,
                              const long b_offset, __global float *y, const long y_offset, const int8 dims,
                              const int8 a_strides, const int8 b_strides, const int8 y_strides)
{
    if (get_global_id(0) >= (size_t)count_of(RANK, dims)) {
        return;
    }
    const int i = (int)get_global_id(0);
    const float left = a[a_offset + offset_of(i, RANK, dims, a_strides)];
    const float right = b[b_offset + offset_of(i, RANK, dims, b_strides)];
    const float value = MERGE(left, right);
    y[y_offset + offset_of(i, RANK, dims, y_strides)] = ACTIVATE(value);
}
