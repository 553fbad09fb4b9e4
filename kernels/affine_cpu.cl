/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(AFFINE(x[i], p[i], q[i]))          (affine.clh)
 * for CPUs: a work-item computes a share of the rows, 16 elements at a time (row.clh).
 *
 *   dims, x_strides, p_strides, q_strides, y_strides   WALK_AXES axes (walk.clh), the last with stride 1 or 0; p
 *                                                      and q have stride 0 where they are broadcast
 *
 *   -D RUN=... -D DIVIDES (affine.clh) -D ACTIVATION=... (activation.clh) */
#pragma OPENCL FP_CONTRACT OFF
#define REAL float16
#include "activation.clh"
#include "affine.clh"
#include "walk.clh"
#include "part.clh"
#include "row.clh"

__kernel void affine_cpu(__global const float *x, const long x_offset, __global const float *p, const long p_offset,
                         __global const float *q, const long q_offset, __global float *y, const long y_offset,
                         const int8 dims, const int8 x_strides, const int8 p_strides, const int8 q_strides,
                         const int8 y_strides)
{
    struct share share;
    const int x_step = x_strides.s7;
    const int p_step = p_strides.s7;
    const int q_step = q_strides.s7;

    find_share((int)get_global_id(0), (int)get_global_id(1), dims, &share);
    for (int row = share.row; row < share.row_end; row++) {
        const int8 start = start_of(&share, row, dims);
        __global const float *x_row = x + x_offset + offset_at(start, x_strides);
        __global const float *p_row = p + p_offset + offset_at(start, p_strides);
        __global const float *q_row = q + q_offset + offset_at(start, q_strides);
        __global float *y_row = y + y_offset + offset_at(start, y_strides);

        for (int i = 0; i < share.columns; i += 16) {
            const int count = min(16, share.columns - i);
            const float16 first = load_row(p_row, p_step, i, count);
            const float16 second = load_row(q_row, q_step, i, count);
            const float16 value = AFFINE(load_row(x_row, x_step, i, count), first, second);
            store_first(ACTIVATE(value), y_row + i, count);
        }
    }
}
