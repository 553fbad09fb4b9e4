/* SPDX-License-Identifier: MIT */
/* Dot products (dot.clh) for CPUs where both operands lie side by side along k, 16 products at a time: a
 * work-item computes a tile of 4 rows by 4 columns.
 *
 *   -D ACTIVATION=... (activation.clh)
 * Work-items: {C / 4, M / 4, places in the outer axes}. */
#define REAL float
#include "activation.clh"
#include "walk.clh"
#include "part.clh"
#include "vector.clh"
#include "dot.clh"

#define BLOCK 1024 /* products that are summed apart, in 16 lanes, against rounding errors */
#define TILE 4
#define EACH(DO) DO(0) DO(1) DO(2) DO(3)

/* The last rows and columns of the last tile are the last one again, but are not stored. */
#define BEGIN(i)                                                                     \
    __global const float *row##i = left + min(i, rows - 1) * A_M(steps);             \
    __global const float *column##i = right + min(i, columns - 1) * B_C(steps);      \
    float16 part##i##0 = 0.0f, part##i##1 = 0.0f, part##i##2 = 0.0f, part##i##3 = 0.0f;
#define LOAD(i) const float16 value##i = load_first(column##i + k, K_OF(extent) - k);
#define MULTIPLY(i)                                                        \
    {                                                                      \
        const float16 value = load_first(row##i + k, K_OF(extent) - k);    \
        part##i##0 = fma(value, value0, part##i##0);                       \
        part##i##1 = fma(value, value1, part##i##1);                       \
        part##i##2 = fma(value, value2, part##i##2);                       \
        part##i##3 = fma(value, value3, part##i##3);                       \
    }
#define FLUSH(i)                                                           \
    sums[i * TILE] += part##i##0;                                          \
    sums[i * TILE + 1] += part##i##1;                                      \
    sums[i * TILE + 2] += part##i##2;                                      \
    sums[i * TILE + 3] += part##i##3;                                      \
    part##i##0 = part##i##1 = part##i##2 = part##i##3 = 0.0f;

__kernel void dot_inner_cpu(__global const float *a, const long a_offset, __global const float *b,
                            const long b_offset, __global float *y, const long y_offset, const int8 dims,
                            const int8 a_strides, const int8 b_strides, const int8 y_strides, const int8 extent,
                            const int8 steps)
{
    const int column = (int)get_global_id(0) * TILE;
    const int row = (int)get_global_id(1) * TILE;
    const int columns = C_OF(extent) - column;
    const int rows = M_OF(extent) - row;
    const int8 place = position_of((int)get_global_id(2), WALK_AXES, dims);
    __global const float *left = a + a_offset + offset_at(place, a_strides) + row * A_M(steps);
    __global const float *right = b + b_offset + offset_at(place, b_strides) + column * B_C(steps);
    __global float *to = y + y_offset + offset_at(place, y_strides) + row * Y_M(steps) + column * Y_C(steps);
    float16 sums[TILE * TILE] = {0.0f};

    EACH(BEGIN)
    for (int k = 0; k < K_OF(extent);) {
        const int end = min(K_OF(extent), k + BLOCK);
        for (; k < end; k += 16) {
            EACH(LOAD)
            EACH(MULTIPLY)
        }
        EACH(FLUSH)
    }
    for (int i = 0; i < min(TILE, rows); i++) {
        for (int j = 0; j < min(TILE, columns); j++) {
            to[i * Y_M(steps) + j * Y_C(steps)] = ACTIVATE(sum_of(sums[i * TILE + j]));
        }
    }
}
