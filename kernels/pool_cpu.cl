/* SPDX-License-Identifier: MIT */
/* Pooling: for each picture n, output row i, column j, channel c
 *     y[n][i][j][c] = ACTIVATE(FINISH(COMBINE of all x[n][i * stride_rows + a - top][j * stride_cols + b - left][c])
 *                              + residual[n][i][j][c])
 * over the cells a < rows, b < cols of the window that lie in the picture or in zeros around it; FINISH is told their
 * number (reduce.clh).
 * For CPUs: a work-item computes up to CHANNELS channels of some pixels, 16 at a time.
 *
 *   x_view, y_view   {rows, cols, channels, pictures, strides of pictures, rows, pixels}
 *   residual_view    likewise; 0 channels if there is none
 *   window           {rows, cols, stride_rows, stride_cols, top, left, pixels of a work-item}
 *   zeros            {rows and cols of the picture with zeros, rows and cols of zeros before it}
 *
 *   -D CHANNELS=... -D REDUCTION=... (reduce.clh) -D ACTIVATION=... (activation.clh)
 *   -D POOL_ROWS=... -D POOL_COLS=...   rows and cols of a small window, else 0
 * Work-items: {channels / CHANNELS, pixels / pixels of one}. */
#define REAL float16
#include "activation.clh"
#include "reduce.clh"
#include "part.clh"
#include "cascade.clh"
#include "pool.clh"

/* Of `lanes` channels. */
static float16 combine_cells(__global const float *x, int rows, int cols, int row_step, int col_step, int lanes)
{
    CASCADE_BEGIN

    for (int a = 0; a < rows; a++) {
        for (int b = 0; b < cols; b++) {
            const float16 value = load_first(x + a * row_step + b * col_step, lanes);
            CASCADE_ADD(value)
        }
    }
    return CASCADE_END;
}

__kernel void pool_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                       __global const float *residual, const long residual_offset, const int8 x_view, const int8 y_view,
                       const int8 residual_view, const int8 window, const int8 zeros)
{
    const int channel = (int)get_global_id(0) * CHANNELS;
    const int channels = min(CHANNELS, y_view.s2 - channel);
    const int lanes = min(channels, 16);
    const int pixels = y_view.s3 * y_view.s0 * y_view.s1;
    const int first = (int)get_global_id(1) * window.s6;
    const int end = first + min(window.s6, pixels - first);

    for (int pixel = first; pixel < end; pixel++) {
        const int3 place = place_of(pixel, y_view);
        const int4 cells = cells_of(place, x_view, window);
        __global const float *from = x + x_offset + offset_at((int3)(place.s0, cells.s01), x_view) + channel;
        __global const float *shortcut = residual + residual_offset + offset_at(place, residual_view) + channel;
        __global float *to = y + y_offset + offset_at(place, y_view) + channel;
        const int count = count_cells(place, zeros, window);
        const bool sees_zeros = count > max(cells.s2, 0) * max(cells.s3, 0);
        const bool whole = cells.s2 == POOL_ROWS && cells.s3 == POOL_COLS && lanes == 16;

        for (int i = 0; i < channels; i += 16) {
            const int c = min(i, channels - lanes); /* the last 16 channels overlap those before */
            const float16 all = whole ? combine_cells(from + c, POOL_ROWS, POOL_COLS, x_view.s5, x_view.s6, 16)
                                      : combine_cells(from + c, cells.s2, cells.s3, x_view.s5, x_view.s6, lanes);
            float16 value = FINISH(sees_zeros ? COMBINE(all, (float16)(0.0f)) : all, count);
            if (residual_view.s2) {
                value += load_first(shortcut + c, lanes);
            }
            store_first(ACTIVATE(value), to + c, lanes);
        }
    }
}
