/* SPDX-License-Identifier: MIT */
/* Scale and shift of each channel from the moments of group_moments_cpu.cl, for CPUs: with the mean m and the
 * variance v of all elements of the channel's group in sample n,
 *     factors[n][0][c] = gamma[c] / sqrt(v + epsilon)
 *     factors[n][1][c] = beta[c] - m * factors[n][0][c]
 *
 *   packed             gamma, then beta
 *   extent             {samples, pixels of a sample, channels, channels of a group}
 *   moments_stride     of samples; that of factors is 2 * channels
 *
 *   -D PIXELS=...      of a part
 * Work-items: {groups, samples}. */

#define BLOCK 32 /* parts that are summed apart, against rounding errors */

/* The sum over the elements of a group of x - center, or of its square, by the moments of the parts. */
static float sum_group(__global const float *moments, int8 extent, float center, bool squared)
{
    const int channels = extent.s2;
    float sum = 0.0f;
    float block = 0.0f;
    int pending = 0;

    for (int first = 0; first < extent.s1; first += PIXELS, moments += 2 * channels) {
        const float count = (float)min(PIXELS, extent.s1 - first);
        for (int c = 0; c < extent.s3; c++) {
            const float difference = moments[c] - center;
            block += squared ? moments[channels + c] + count * difference * difference : count * difference;
        }
        if (++pending == BLOCK) {
            sum += block;
            block = 0.0f;
            pending = 0;
        }
    }
    return sum + block;
}

__kernel void group_factors_cpu(__global const float *moments, const long moments_offset, __global float *factors,
                                const long factors_offset, __global const float *packed, const long packed_offset,
                                const int8 extent, const int moments_stride, const float epsilon)
{
    const int channels = extent.s2;
    const int first = (int)get_global_id(0) * extent.s3;
    const int sample = (int)get_global_id(1);
    const float size = (float)extent.s1 * (float)extent.s3;
    __global const float *from = moments + moments_offset + sample * moments_stride + first;
    __global float *to = factors + factors_offset + sample * 2 * channels;
    const float mean = sum_group(from, extent, 0.0f, false) / size;
    const float variance = sum_group(from, extent, mean, true) / size;
    const float scale = 1.0f / sqrt(variance + epsilon);

    for (int c = first; c < first + extent.s3; c++) {
        const float factor = scale * packed[packed_offset + c];
        to[c] = factor;
        to[channels + c] = packed[packed_offset + channels + c] - mean * factor;
    }
}
