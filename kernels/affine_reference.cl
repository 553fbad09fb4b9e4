/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(AFFINE(x[i], p[i], q[i]))          (affine.clh)
 * a work-item an element.
 *
 *   dims, x_strides, p_strides, q_strides, y_strides   WALK_AXES axes (walk.clh); p and q have stride 0
 *                                                      where they are broadcast
 *
 *   -D DIVIDES (affine.clh) -D ACTIVATION=... (activation.clh) */
#pragma OPENCL FP_CONTRACT OFF
#define REAL float
#include "activation.clh"
#include "affine.clh"
#include "walk.clh"

__kernel void affine_reference(__global const float *x, const long x_offset, __global const float *p,
                               const long p_offset, __global const float *q, const long q_offset, __global float *y,
                               const long y_offset, const int8 dims, const int8 x_strides, const int8 p_strides,
                               const int8 q_strides, const int8 y_strides)
{
    if (get_global_id(0) >= (size_t)count_of(WALK_AXES, dims)) {
        return;
    }
    const int8 i = position_of((int)get_global_id(0), WALK_AXES, dims);
    const float first = p[p_offset + offset_at(i, p_strides)];
    const float second = q[q_offset + offset_at(i, q_strides)];
    const float value = AFFINE(x[x_offset + offset_at(i, x_strides)], first, second);
    y[y_offset + offset_at(i, y_strides)] = ACTIVATE(value);
}
