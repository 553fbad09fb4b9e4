/* SPDX-License-Identifier: MIT */
/* Moments of each channel of pictures, in parts of PIXELS pixels, for CPUs: for sample n, part p, channel c,
 *     m = sum of x[n][i][c] / count         over the pixels i of the part
 *     moments[n][p][0][c] = m
 *     moments[n][p][1][c] = sum of (x[n][i][c] - m)^2
 *
 *   x_stride                of samples
 *   sizes, x_steps          WALK_AXES axes (walk.clh): those of the pixels
 *   channels                which lie side by side
 *   moments_stride          of samples
 *
 *   -D PIXELS=...
 * Work-items: {channels / 16, parts, samples}. */
#define REAL float16
#include "walk.clh"
#include "part.clh"
#include "cascade.clh"

/* `lanes` channels of `count` pixels from number `first` on. */
struct pixels {
    __global const float *x;
    int first;
    int count;
    int lanes;
};

/* The sums over the pixels of x - center, or of its square. */
static float16 sum_pixels(const struct pixels *pixels, int8 sizes, int8 steps, float16 center, bool squared)
{
    CASCADE_BEGIN

    for (int i = pixels->first; i < pixels->first + pixels->count; i++) {
        const float16 x = load_first(pixels->x + offset_of(i, WALK_AXES, sizes, steps), pixels->lanes);
        const float16 value = x - center;
        CASCADE_ADD(squared ? value * value : value)
    }
    return CASCADE_END;
}

__kernel void group_moments_cpu(__global const float *x, const long x_offset, __global float *moments,
                                const long moments_offset, const int x_stride, const int8 sizes, const int8 x_steps,
                                const int channels, const int moments_stride)
{
    const int column = (int)get_global_id(0) * 16;
    const int part = (int)get_global_id(1);
    const int sample = (int)get_global_id(2);
    __global float *to = moments + moments_offset + sample * moments_stride + part * 2 * channels + column;
    struct pixels pixels;

    pixels.x = x + x_offset + sample * x_stride + column;
    pixels.first = part * PIXELS;
    pixels.count = min(PIXELS, count_of(WALK_AXES, sizes) - pixels.first);
    pixels.lanes = channels - column;
    const float16 mean = sum_pixels(&pixels, sizes, x_steps, 0.0f, false) / (float)pixels.count;
    store_first(mean, to, pixels.lanes);
    store_first(sum_pixels(&pixels, sizes, x_steps, mean, true), to + channels, pixels.lanes);
}
