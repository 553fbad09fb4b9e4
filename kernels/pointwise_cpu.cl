/* SPDX-License-Identifier: MIT */
/* For all elements:
 *     y[i] = ACTIVATE(x[i])
 * for CPUs: a work-item computes a share of the rows, 16 elements at a time (row.clh).
 *
 *   dims, x_strides, y_strides   WALK_AXES axes; the last has stride 1, or 0 where x is broadcast
 *
 *   -D RUN=... -D ACTIVATION=... (activation.clh)
 *   -D STRIDED   x has any stride along the last axis. Where it is 1 along the last but one, blocks of 16 rows are
 *                transposed, as long as there are so many; LEAST_ROWS is 16 then */
#define REAL float16
#include "activation.clh"
#include "walk.clh"
#include "part.clh"
#include "row.clh"

#ifdef STRIDED
#include "transpose.clh"
#define LOAD(row, step, i, count) load_strided((row) + (i) * (step), step, count)

/* `count` columns, 1 to 16, of 16 rows whose elements lie beside each other in x. */
static OUT_OF_LINE void turn(__global const float *x, int x_step, __global float *y, int y_step, int count)
{
    float16 block[16];

    for (int i = 0; i < 16; i++) {
        block[i] = *(__global const anywhere16 *)(x + min(i, count - 1) * x_step);
    }
    transpose(block);
    for (int i = 0; i < 16; i++) {
        store_first(ACTIVATE(block[i]), y + i * y_step, count);
    }
}
#else
#define LOAD(row, step, i, count) load_row(row, step, i, count)
#endif

__kernel void pointwise_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                            const int8 dims, const int8 x_strides, const int8 y_strides)
{
    struct share share;
    const int x_step = x_strides.s7;

    find_share((int)get_global_id(0), (int)get_global_id(1), dims, &share);
    for (int row = share.row; row < share.row_end; row++) {
        const int8 start = start_of(&share, row, dims);
        __global const float *x_row = x + x_offset + offset_at(start, x_strides);
        __global float *y_row = y + y_offset + offset_at(start, y_strides);

#ifdef STRIDED
        if (x_strides.s6 == 1 && min(share.row_end - row, dims.s6 - start.s6) >= 16) {
            for (int i = 0; i < share.columns; i += 16) {
                turn(x_row + i * x_step, x_step, y_row + i, y_strides.s6, min(16, share.columns - i));
            }
            row += 15;
            continue;
        }
#endif
        for (int i = 0; i < share.columns; i += 16) {
            const int count = min(16, share.columns - i);
            store_first(ACTIVATE(LOAD(x_row, x_step, i, count)), y_row + i, count);
        }
    }
}
