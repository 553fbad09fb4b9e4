/* SPDX-License-Identifier: MIT */
/* Dot products (dot.clh) for CPUs, 16 columns at a time: a work-item computes a tile of 8 rows by 16 columns.
 * The columns of y lie side by side.
 *
 *   -D ACTIVATION=... (activation.clh)
 * Work-items: {C / 16, M / 8, places in the outer axes}. */
#define REAL float16
#include "activation.clh"
#include "walk.clh"
#include "part.clh"
#include "dot.clh"

#define BLOCK 128 /* products that are summed apart, against rounding errors */
#define ROWS 8
#define EACH_ROW(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

/* The last rows of the last tile are the last row again, but are not stored. */
#define BEGIN(i)                                                                \
    __global const float *row##i = left + min(i, rows - 1) * A_M(steps);        \
    float16 part##i = 0.0f;
#define MULTIPLY(i) part##i = fma((float16)(row##i[k * A_K(steps)]), value, part##i);
#define FLUSH(i)         \
    sums[i] += part##i;  \
    part##i = 0.0f;

/* Stores the lanes from `first` up to `end`. */
static void store_lanes(float16 value, __global float *y, int first, int end)
{
    float lanes[16];

    vstore16(value, 0, lanes);
    for (int i = first; i < end; i++) {
        y[i] = lanes[i];
    }
}

__kernel void dot_cpu(__global const float *a, const long a_offset, __global const float *b, const long b_offset,
                      __global float *y, const long y_offset, const int8 dims, const int8 a_strides,
                      const int8 b_strides, const int8 y_strides, const int8 extent, const int8 steps)
{
    const int row = (int)get_global_id(1) * ROWS;
    const int rows = M_OF(extent) - row;
    const int8 place = position_of((int)get_global_id(2), WALK_AXES, dims);
    /* behind the last whole vector, the last 16 columns, of which the first are known already */
    const int wanted = (int)get_global_id(0) * 16;
    const int column = max(0, min(wanted, C_OF(extent) - 16));
    const int columns = C_OF(extent) - column;
    __global const float *left = a + a_offset + offset_at(place, a_strides) + row * A_M(steps);
    __global const float *right = b + b_offset + offset_at(place, b_strides) + column * B_C(steps);
    __global float *to = y + y_offset + offset_at(place, y_strides) + row * Y_M(steps) + column;
    float16 sums[ROWS] = {0.0f};

    EACH_ROW(BEGIN)
    for (int k = 0; k < K_OF(extent);) {
        const int end = min(K_OF(extent), k + BLOCK);
        for (; k < end; k++) {
            __global const float *from = right + k * B_K(steps);
            const float16 value = B_C(steps) == 1 ? load_first(from, columns)
                                                  : load_strided(from, B_C(steps), min(16, columns));
            EACH_ROW(MULTIPLY)
        }
        EACH_ROW(FLUSH)
    }
    for (int i = 0; i < min(ROWS, rows); i++) {
        store_lanes(ACTIVATE(sums[i]), to + i * Y_M(steps), wanted - column, min(16, columns));
    }
}
