/* SPDX-License-Identifier: MIT */
/* Pictures of another size: a row of y lies between two of x, `above` and `below`, and so does a column:
 *     top = x[above][left] + (x[above][right] - x[above][left]) * across, and bottom alike in row `below`
 *     y[row][col] = top + (bottom - top) * down, or x[above][left] with NEAREST
 * for CPUs: a work-item computes a part of a row of pixels, 16 channels at a time.
 *
 *   packed   for each row of y {above, below, down}, then for each column {left, right, across} (resizing.clh)
 *   sizes    {rows of y, columns of y, channels}
 *   strides  {pictures, rows, pixels of x, then of y}
 *
 *   -D RUN=...       about how many elements a work-item computes
 *   -D NEAREST=...   (resizing.clh) */
#include "part.clh"
#include "resizing.clh"

DEFINE_BLEND(blend_float, float)
DEFINE_BLEND(blend_float16, float16)

#define AT(p) (*(__global const anywhere16 *)((p) + c))

__kernel void resizing_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                           __global const int *packed, const int8 sizes, const int8 strides)
{
    const int row = (int)get_global_id(1) % sizes.s0;
    const int picture = (int)get_global_id(1) / sizes.s0;
    const int pixels_each = max(1, RUN / sizes.s2);
    const int begin = (int)get_global_id(0) * pixels_each;
    const int end = begin + min(pixels_each, sizes.s1 - begin);
    const struct between rows = load_between(packed, row);
    __global const float *above = x + x_offset + picture * strides.s0 + rows.before * strides.s1;
    __global const float *below = x + x_offset + picture * strides.s0 + rows.after * strides.s1;

    for (int col = begin; col < end; col++) {
        const struct between cols = load_between(packed, sizes.s0 + col);
        __global const float *tl = above + cols.before * strides.s2;
        __global const float *tr = above + cols.after * strides.s2;
        __global const float *bl = below + cols.before * strides.s2;
        __global const float *br = below + cols.after * strides.s2;
        __global float *pixel = y + y_offset + picture * strides.s3 + row * strides.s4 + col * strides.s5;
        int c = 0;

        for (; c + 16 <= sizes.s2; c += 16) {
            *(__global anywhere16 *)(pixel + c) =
                blend_float16(AT(tl), AT(tr), AT(bl), AT(br), cols.part, rows.part);
        }
        for (; c < sizes.s2; c++) {
            pixel[c] = blend_float(tl[c], tr[c], bl[c], br[c], cols.part, rows.part);
        }
    }
}
