/* SPDX-License-Identifier: MIT */
/* Pooling as in pool_cpu.cl, with its arguments but for the pixels of a work-item: one computes one element.
 *
 *   -D REDUCTION=... (reduce.clh) -D ACTIVATION=... (activation.clh) */
#define REAL float
#include "activation.clh"
#include "reduce.clh"
#include "cascade.clh"
#include "pool.clh"

static float combine_cells(__global const float *x, int4 cells, int8 view)
{
    CASCADE_BEGIN

    for (int a = 0; a < cells.s2; a++) {
        for (int b = 0; b < cells.s3; b++) {
            const float value = x[a * view.s5 + b * view.s6];
            CASCADE_ADD(value)
        }
    }
    return CASCADE_END;
}

__kernel void pool_reference(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                             __global const float *residual, const long residual_offset, const int8 x_view,
                             const int8 y_view, const int8 residual_view, const int8 window, const int8 zeros)
{
    const int channels = y_view.s2;
    const int pixel = (int)get_global_id(0) / channels;
    const int channel = (int)get_global_id(0) - pixel * channels;

    if (pixel >= y_view.s3 * y_view.s0 * y_view.s1) {
        return;
    }
    const int3 place = place_of(pixel, y_view);
    const int4 cells = cells_of(place, x_view, window);
    __global const float *from = x + x_offset + offset_at((int3)(place.s0, cells.s01), x_view) + channel;
    const int count = count_cells(place, zeros, window);
    const bool sees_zeros = count > max(cells.s2, 0) * max(cells.s3, 0);
    const float all = combine_cells(from, cells, x_view);
    float value = FINISH(sees_zeros ? COMBINE(all, 0.0f) : all, count);

    if (residual_view.s2) {
        value += residual[residual_offset + offset_at(place, residual_view) + channel];
    }
    y[y_offset + offset_at(place, y_view) + channel] = ACTIVATE(value);
}
