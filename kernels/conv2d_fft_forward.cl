/* SPDX-License-Identifier: MIT */
/* The first of three kernels of 2D convolution in the frequency domain: rows of the input are transformed.
 *
 * Each picture is cut into tiles, windows of LENGTH x LENGTH input pixels, zeros outside of the picture,
 * which give tile_rows x tile_cols output pixels. Of each row r of a window, of each channel c:
 *
 *   lines[k][r][c] = 2 * sum over j of x[row + r][col + j][c] * exp(-2 pi i j k / LENGTH),  k <= LENGTH / 2
 *
 * Two rows are transformed as the real and the imaginary part of one.
 *
 *   x_view  {rows, cols, channels, strides of pictures, rows, pixels}
 *   tiles   {down a picture, across, tile_rows, tile_cols, top, left, lead, rows}: the first window begins
 *           `top` and `left` pixels outside of the picture; only `rows` rows of a window (an even number) after
 *           the first `lead` are computed, the others have nothing but padding
 *   work    {blocks of 16 channels, pairs of rows in a work-item, work-items for a block, place of the table
 *           in packed}
 *   lines   {tile}{block}{k}{row}{16 real parts, 16 imaginary parts}
 *
 *   -D RADIX_A, -D RADIX_B   fft.clh
 * Work-items: {tile}{block}{pairs of rows}. */

#include "fft.clh"
#include "part.clh"

/* Transforms two rows of pixels as the real and the imaginary part of one. Columns `begin` to `end` are inside
 * of the picture, and so are the rows that are not NULL. */
static OUT_OF_LINE void transform_rows(__global const float *first, __global const float *second, int begin, int end,
                                       int stride, int channels, float16 *transform, __global const float *table)
{
    float16 line[2 * LENGTH];

    for (int i = 0; i < RADIX_B; i++) {
        float16 x[2 * RADIX_A];
        UNROLLED for (int k = 0; k < RADIX_A; k++) {
            const int j = i + k * RADIX_B;
            const bool inside = j >= begin && j < end;
            x[2 * k] = inside && first ? load_first(first + j * stride, channels) : 0.0f;
            x[2 * k + 1] = inside && second ? load_first(second + j * stride, channels) : 0.0f;
        }
        fft_first(x, i, line, table);
    }
    for (int i = 0; i < RADIX_A; i++) {
        float16 y[2 * RADIX_B];
        fft_second(line, i, y, table);
        UNROLLED for (int k = 0; k < RADIX_B; k++) {
            transform[2 * (i + k * RADIX_A)] = y[2 * k];
            transform[2 * (i + k * RADIX_A) + 1] = y[2 * k + 1];
        }
    }
}

/* Takes the transforms of two real rows, times 2, out of that of the complex one. */
static OUT_OF_LINE void store_pair(const float16 *line, __global float *first, int stride)
{
    for (int k = 0; 2 * k <= LENGTH; k++, first += stride) {
        const int other = k ? LENGTH - k : 0;
        const float16 re = line[2 * k];
        const float16 im = line[2 * k + 1];
        const float16 other_re = line[2 * other];
        const float16 other_im = line[2 * other + 1];
        *(__global anywhere16 *)first = re + other_re;
        *(__global anywhere16 *)(first + 16) = im - other_im;
        *(__global anywhere16 *)(first + 32) = im + other_im;
        *(__global anywhere16 *)(first + 48) = other_re - re;
    }
}

__kernel void conv2d_fft_forward(__global const float *x, const long x_offset, __global float *lines,
                                 const long lines_offset, __global const float *packed, const int8 x_view,
                                 const int8 tiles, const int8 work)
{
    const int share = (int)get_global_id(0) % work.s2;
    const int block = (int)get_global_id(0) / work.s2 % work.s0;
    const int tile = (int)get_global_id(0) / work.s2 / work.s0;
    const int picture = tile / (tiles.s0 * tiles.s1);
    const int top = tile / tiles.s1 % tiles.s0 * tiles.s2 - tiles.s4 + tiles.s6;
    const int left = tile % tiles.s1 * tiles.s3 - tiles.s5;
    const int begin = max(0, -left);
    const int end = min(LENGTH, x_view.s1 - left);
    const int channels = x_view.s2 - 16 * block;
    const int row_end = min(tiles.s7, (share + 1) * 2 * work.s1);
    float16 transform[2 * LENGTH];

    x += x_offset + picture * x_view.s3 + left * x_view.s5 + 16 * block;
    lines += lines_offset + (tile * work.s0 + block) * (LENGTH / 2 + 1) * tiles.s7 * 32;
    for (int row = share * 2 * work.s1; row < row_end; row += 2) {
        __global const float *first = x + (top + row) * x_view.s4;
        const bool has_first = top + row >= 0 && top + row < x_view.s0;
        const bool has_second = top + row + 1 >= 0 && top + row + 1 < x_view.s0;
        transform_rows(has_first ? first : 0, has_second ? first + x_view.s4 : 0, begin, end, x_view.s5, channels,
                       transform, packed + work.s3);
        store_pair(transform, lines + row * 32, tiles.s7 * 32);
    }
}
