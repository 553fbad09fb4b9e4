/* SPDX-License-Identifier: MIT */
/* Along the last axis, with m = max over i of x[i] and s = sum over i of exp(x[i] - m):
 *     y[i] = exp(x[i] - m) / s           or, with LOG 1,
 *     y[i] = x[i] - m - log(s)
 * for CPUs: a work-item computes about RUN elements in whole rows, 16 at a time. A row with NaN
 * or +Inf in it, or of -Inf alone, becomes NaN.
 *
 *   dims, x_strides, y_strides   WALK_AXES axes (walk.clh): those before the last
 *   size                         the last, with stride 1
 *
 *   -D RUN=... -D LOG=0 or 1 */
#include "walk.clh"
#include "lanes.clh"
#include "part.clh"

static float largest_of(float16 v)
{
    const float8 a = fmax(v.lo, v.hi);
    const float4 b = fmax(a.lo, a.hi);
    const float2 c = fmax(b.lo, b.hi);

    return fmax(c.x, c.y);
}

static float sum_of(float16 v)
{
    const float8 a = v.lo + v.hi;
    const float4 b = a.lo + a.hi;
    const float2 c = b.lo + b.hi;

    return c.x + c.y;
}

/* `count` elements, 1 to 16; the lanes behind them add nothing. */
static float16 load(__global const float *x, int count)
{
    return LANES < count ? load_first(x, count) : (float16)(-INFINITY);
}

static void softmax_row(__global const float *x, __global float *y, int size)
{
    float16 largests = (float16)(-INFINITY);
    float16 sums = (float16)(0.0f);

    for (int i = 0, count; i < size; i += count) {
        count = min(16, size - i);
        largests = fmax(largests, load(x + i, count));
    }
    const float largest = largest_of(largests);
    for (int i = 0, count; i < size; i += count) {
        count = min(16, size - i);
        const float16 difference = load(x + i, count) - largest;
        const float16 power = exp(difference);
        sums += power;
        store_first(LOG ? difference : power, y + i, count);
    }
    const float sum = sum_of(sums);
    const float log_sum = log(sum);
    for (int i = 0, count; i < size; i += count) {
        count = min(16, size - i);
        const float16 value = load_first(y + i, count);
        store_first(LOG ? value - log_sum : value / sum, y + i, count);
    }
}

__kernel void softmax_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                          const int8 dims, const int8 x_strides, const int8 y_strides, const int size)
{
    const int rows = count_of(WALK_AXES, dims);
    const int rows_each = max(1, RUN / size);
    const int first = (int)get_global_id(0) * rows_each;
    const int end = first + min(rows_each, rows - first);

    for (int row = first; row < end; row++) {
        softmax_row(x + x_offset + offset_of(row, WALK_AXES, dims, x_strides),
                    y + y_offset + offset_of(row, WALK_AXES, dims, y_strides), size);
    }
}
