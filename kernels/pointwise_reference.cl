/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(x[i])
 * a work-item an element.
 *
 *   dims, x_strides, y_strides   RANK axes
 *
 *   -D RANK=... -D ACTIVATION=... (activation.clh) */
#define REAL float
#include "activation.clh"
#include "walk.clh"

__kernel void pointwise_reference(__global const float *x, const long x_offset, __global float *y,
                                  const long y_offset, const int8 dims, const int8 x_strides,
                                  const int8 y_strides)
{
    if (get_global_id(0) >= (size_t)count_of(RANK, dims)) {
        return;
    }
    const int i = (int)get_global_id(0);
    y[y_offset + offset_of(i, RANK, dims, y_strides)] = ACTIVATE(x[x_offset + offset_of(i, RANK, dims, x_strides)]);
}
