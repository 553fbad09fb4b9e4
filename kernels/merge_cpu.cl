/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(MERGE(a[i], b[i]))
 * for CPUs: a work-item computes a share of the rows, 16 elements at a time (row.clh). y may be a.
 *
 *   dims, a_strides, b_strides, y_strides   WALK_AXES axes; 0 where an operand is broadcast, 1 or 0 in the last
 *
 *   -D RUN=... -D OPERATION=... (merge.clh) -D ACTIVATION=... (activation.clh) */
#pragma OPENCL FP_CONTRACT OFF
#define REAL float16
#include "activation.clh"
#include "merge.clh"
#include "walk.clh"
#include "part.clh"
#include "row.clh"

__kernel void merge_cpu(__global const float *a, const long a_offset, __global const float *b, const long b_offset,
                        __global float *y, const long y_offset, const int8 dims, const int8 a_strides,
                        const int8 b_strides, const int8 y_strides)
{
    struct share share;
    const int a_step = a_strides.s7;
    const int b_step = b_strides.s7;

    find_share((int)get_global_id(0), (int)get_global_id(1), dims, &share);
    for (int row = share.row; row < share.row_end; row++) {
        const int8 start = start_of(&share, row, dims);
        __global const float *a_row = a + a_offset + offset_at(start, a_strides);
        __global const float *b_row = b + b_offset + offset_at(start, b_strides);
        __global float *y_row = y + y_offset + offset_at(start, y_strides);

        for (int i = 0; i < share.columns; i += 16) {
            const int count = min(16, share.columns - i);
            const float16 left = load_row(a_row, a_step, i, count);
            const float16 right = load_row(b_row, b_step, i, count);
            const float16 value = MERGE(left, right);
            store_first(ACTIVATE(value), y_row + i, count);
        }
    }
}
