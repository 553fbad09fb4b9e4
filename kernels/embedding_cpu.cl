/* SPDX-License-Identifier: MIT */
/* Rows of a table on CPUs: embedding_reference.cl has the formula, embedding.clh the arguments.
 * Work-items: one for each lot of rows. */

#include "walk.clh"
#include "part.clh"
#include "embedding.clh"

__kernel __attribute__((vec_type_hint(float16)))
void embedding_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                   __global const float *table, const int8 dims, const int8 x_strides, const int8 y_strides,
                   const int8 sizes)
{
    const int begin = (int)get_global_id(0) * sizes.s3;
    const int end = begin + min(sizes.s3, sizes.s0 - begin);

    for (int row = begin; row < end; row++) {
        const int8 position = position_of(row, WALK_AXES, dims);
        const float number = x[x_offset + offset_at(position, x_strides)];
        __global const float *from = table + table_at(number, sizes);
        __global float *to = y + (y_offset + offset_at(position, y_strides));
        for (int i = 0; i < sizes.s1; i += 16) {
            store_first(load_first(from + i, sizes.s1 - i), to + i, sizes.s1 - i);
        }
    }
}
