/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(x[i])
 * a work-item an element.
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh)
 *
 *   -D ACTIVATION=... (activation.clh) */
#define REAL float
#include "activation.clh"
#include "walk.clh"

__kernel void pointwise_reference(__global const float *x, const long x_offset, __global float *y,
                                  const long y_offset, const int8 dims, const int8 x_strides,
                                  const int8 y_strides)
{
    if (get_global_id(0) >= (size_t)count_of(WALK_AXES, dims)) {
        return;
    }
    const int8 i = position_of((int)get_global_id(0), WALK_AXES, dims);
    y[y_offset + offset_at(i, y_strides)] = ACTIVATE(x[x_offset + offset_at(i, x_strides)]);
}
