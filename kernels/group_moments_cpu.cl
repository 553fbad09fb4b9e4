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
#include "walk.clh"
#include "part.clh"

__kernel void group_moments_cpu(__global const float *x, const long x_offset, __global float *moments,
                                const long moments_offset, const int x_stride, const int8 sizes, const int8 x_steps,
                                const int channels, const int moments_stride)
{
    const int column = (int)get_global_id(0) * 16;
    const int part = (int)get_global_id(1);
    const int sample = (int)get_global_id(2);
    const int lanes = channels - column;
    const int first = part * PIXELS;
    const int count = min(PIXELS, count_of(WALK_AXES, sizes) - first);
    __global const float *from = x + x_offset + sample * x_stride + column;
    __global float *to = moments + moments_offset + sample * moments_stride + part * 2 * channels + column;
    float16 sum = 0.0f;
    float16 squares = 0.0f;

    for (int i = 0; i < count; i++) {
        sum += load_first(from + offset_of(first + i, WALK_AXES, sizes, x_steps), lanes);
    }
    const float16 mean = sum / (float)count;
    for (int i = 0; i < count; i++) {
        const float16 difference = load_first(from + offset_of(first + i, WALK_AXES, sizes, x_steps), lanes) - mean;
        squares += difference * difference;
    }
    store_first(mean, to, lanes);
    store_first(squares, to + channels, lanes);
}
