/* SPDX-License-Identifier: MIT */
/* Dot products (dot.clh), a work-item an element of y.
 *
 *   -D ACTIVATION=... (activation.clh)
 * Work-items: {C, M, places in the outer axes}. */
#define REAL float
#include "activation.clh"
#include "walk.clh"
#include "dot.clh"
#include "cascade.clh"

__kernel void dot_reference(__global const float *a, const long a_offset, __global const float *b,
                            const long b_offset, __global float *y, const long y_offset, const int8 dims,
                            const int8 a_strides, const int8 b_strides, const int8 y_strides, const int8 extent,
                            const int8 steps)
{
    const int column = (int)get_global_id(0);
    const int row = (int)get_global_id(1);
    const int8 place = position_of((int)get_global_id(2), WALK_AXES, dims);
    CASCADE_BEGIN

    if (column >= C_OF(extent)) {
        return;
    }
    __global const float *left = a + a_offset + offset_at(place, a_strides) + row * A_M(steps);
    __global const float *right = b + b_offset + offset_at(place, b_strides) + column * B_C(steps);
    for (int k = 0; k < K_OF(extent); k++) {
        CASCADE_ADD(left[k * A_K(steps)] * right[k * B_K(steps)])
    }
    y[y_offset + offset_at(place, y_strides) + row * Y_M(steps) + column * Y_C(steps)] = ACTIVATE(CASCADE_END);
}
