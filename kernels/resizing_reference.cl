/* SPDX-License-Identifier: MIT */
/* Pictures of another size (resizing_cpu.cl has the formula and the arguments), a work-item an element.
 *
 *   pictures   of y
 *
 *   -D NEAREST=...   (resizing.clh) */
#include "resizing.clh"

DEFINE_BLEND(blend_float, float)

__kernel void resizing_reference(__global const float *x, const long x_offset, __global float *y,
                                 const long y_offset, __global const int *packed, const int8 sizes,
                                 const int8 strides, const int pictures)
{
    const int element = (int)get_global_id(0);
    const int channel = element % sizes.s2;
    const int col = element / sizes.s2 % sizes.s1;
    const int row = element / sizes.s2 / sizes.s1 % sizes.s0;
    const int picture = element / sizes.s2 / sizes.s1 / sizes.s0;

    if (get_global_id(0) >= (size_t)pictures * sizes.s0 * sizes.s1 * sizes.s2) {
        return;
    }
    const struct between rows = load_between(packed, row);
    const struct between cols = load_between(packed, sizes.s0 + col);
    __global const float *above = x + x_offset + picture * strides.s0 + rows.before * strides.s1 + channel;
    __global const float *below = x + x_offset + picture * strides.s0 + rows.after * strides.s1 + channel;
    const int left = cols.before * strides.s2;
    const int right = cols.after * strides.s2;

    y[y_offset + picture * strides.s3 + row * strides.s4 + col * strides.s5 + channel] =
        blend_float(above[left], above[right], below[left], below[right], cols.part, rows.part);
}
