/* SPDX-License-Identifier: MIT */
/* Rows of a table:  for each row r, channel c: y[r][c] = table[x[r]][c]
 * embedding.clh has the arguments. One work-item an element. */

#include "walk.clh"
#include "embedding.clh"

__kernel void embedding_reference(__global const float *x, const long x_offset, __global float *y,
                                  const long y_offset, __global const float *table, const int8 dims,
                                  const int8 x_strides, const int8 y_strides, const int8 sizes)
{
    const int row = (int)get_global_id(0) / sizes.s1;
    const int channel = (int)get_global_id(0) % sizes.s1;

    if (row >= sizes.s0) {
        return;
    }
    const float number = x[x_offset + offset_of(row, WALK_AXES, dims, x_strides)];
    y[y_offset + offset_of(row, WALK_AXES, dims, y_strides) + channel] = table[table_at(number, sizes) + channel];
}
