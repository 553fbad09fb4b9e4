/* SPDX-License-Identifier: MIT */
/* 2D convolution with a single filter on CPUs: what conv2d_cpu computes, in vectors of channels instead of filters.
 *
 *   x_view         {rows, cols, channels, strides of pictures, rows, pixels, not read}
 *   y_view         {rows, cols, 1, strides of pictures, rows, pixels, pictures}
 *   residual_view  {1 if there is one, strides of pictures, rows, pixels}
 *   window         {rows, cols, stride_rows, stride_cols, dilation_rows, dilation_cols, top, left}
 *   chunks         of 16 pixels of a row, that a work-item computes
 *   packed         kernel {tap}{channels in whole vectors}, bias
 *
 *   -D ACTIVATION ...     activation.clh
 * Work-items: one for each lot of chunks. */
#define REAL float16
#include "activation.clh"
#include "part.clh"

/* The taps that hit the picture along an axis: those from s0 up to s1, for a window that begins at cell `from`. */
static int2 hit(int from, int size, int taps, int dilation)
{
    if (from >= 0 && from + (taps - 1) * dilation < size) {
        return (int2)(0, taps);
    }
    return (int2)(from < 0 ? (dilation - 1 - from) / dilation : 0,
                  max(0, min(taps, size > from ? (size - from + dilation - 1) / dilation : 0)));
}

/* The products of a window at (row, col), by channel modulo 16. */
static float16 multiply(__global const float *x, __global const float *weights, int8 x_view, int8 window, int row,
                        int col, int2 rows)
{
    const int channels = x_view.s2;
    const int line = (channels + 15) / 16 * 16;
    const int2 cols = hit(col, x_view.s1, window.s1, window.s5);
    /* taps of a row that lie in one piece, here and in the kernel, are done as one of more channels */
    const bool joined = window.s5 == 1 && x_view.s5 == channels && line == channels;
    const int each = joined ? cols.y - cols.x : 1;
    const int length = joined ? each * channels : channels;
    float16 sum = 0.0f;

    for (int a = rows.x; a < rows.y; a++) {
        for (int b = cols.x; b < cols.y; b += each) {
            __global const float *pixel =
                x + (row + a * window.s4) * x_view.s4 + (col + b * window.s5) * x_view.s5;
            __global const float *tap = weights + (a * window.s1 + b) * line;
            float16 part = 0.0f;
            for (int c = 0; c < length; c += 16) {
                part = fma(load_first(pixel + c, length - c), *(__global const anywhere16 *)(tap + c), part);
            }
            sum += part;
        }
    }
    return sum;
}

/* Sums of lanes: of halves, quarters, ... of a beside those of b. */
#define FOLD8(a, b) ((float16)((a).lo, (b).lo) + (float16)((a).hi, (b).hi))
#define FOLD4(a, b) ((float16)((a).s012389ab, (b).s012389ab) + (float16)((a).s4567cdef, (b).s4567cdef))
#define FOLD2(a, b) ((float16)((a).s014589cd, (b).s014589cd) + (float16)((a).s2367abef, (b).s2367abef))
#define FOLD1(a, b) ((float16)((a).even, (b).even) + (float16)((a).odd, (b).odd))
#define PAIR(v, i) FOLD8(v[i], v[(i) + 1])
#define QUAD(v, i) FOLD4(PAIR(v, i), PAIR(v, (i) + 2))
#define OCT(v, i) FOLD2(QUAD(v, i), QUAD(v, (i) + 4))

/* `count` pixels of an output row, 1 to 16; x begins with the picture, residual and y with the pixel.
 * `place` is {row, col} under the first window's corner. */
static OUT_OF_LINE void compute_chunk(__global const float *x, __global const float *weights, float bias,
                                      __global const float *residual, __global float *y, int8 x_view, int8 y_view,
                                      int8 residual_view, int8 window, int2 place, int count)
{
    const int2 rows = hit(place.x, x_view.s0, window.s0, window.s4);
    float16 products[16];

    for (int i = 0; i < 16; i++) {
        products[i] = i < count ? multiply(x, weights, x_view, window, place.x, place.y + i * window.s3, rows) : 0.0f;
    }
    float16 value = FOLD1(OCT(products, 0), OCT(products, 8)) + bias;
    if (residual_view.s0) {
        value += load_strided(residual, residual_view.s3, count);
    }
    value = ACTIVATE(value);
    if (y_view.s5 == 1) {
        store_first(value, y, count);
    } else {
        float pixels[16];
        vstore16(value, 0, pixels);
        for (int i = 0; i < count; i++) {
            y[i * y_view.s5] = pixels[i];
        }
    }
}

__kernel void conv2d_single_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                                __global const float *residual, const long residual_offset,
                                __global const float *packed, const long packed_offset, const int8 x_view,
                                const int8 y_view, const int8 residual_view, const int8 window, const int chunks)
{
    const int in_row = (y_view.s1 + 15) / 16;
    const int begin = (int)get_global_id(0) * chunks;
    const int end = min(begin + chunks, y_view.s6 * y_view.s0 * in_row);
    const int size = window.s0 * window.s1 * ((x_view.s2 + 15) / 16 * 16);
    __global const float *weights = packed + packed_offset;

    for (int chunk = begin; chunk < end; chunk++) {
        const int line = chunk / in_row;
        const int picture = line / y_view.s0;
        const int row = line - picture * y_view.s0;
        const int col = (chunk - line * in_row) * 16;
        const int2 place = (int2)(row * window.s2 - window.s6, col * window.s3 - window.s7);
        __global const float *from = x + x_offset + picture * x_view.s3;
        __global const float *add = residual + residual_offset + picture * residual_view.s1 + row * residual_view.s2 +
                                    col * residual_view.s3;
        __global float *to = y + y_offset + picture * y_view.s3 + row * y_view.s4 + col * y_view.s5;
        compute_chunk(from, weights, weights[size], add, to, x_view, y_view, residual_view, window, place,
                      min(16, y_view.s1 - col));
    }
}
