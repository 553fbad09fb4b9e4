/* SPDX-License-Identifier: MIT */
/* The state before the first step: what was passed, or 0. recurrence.clh says where it goes.
 *
 *   view  {units, strides of samples of h and c, 1 if there is an h, 1 if there is a c, units padded to 16,
 *          planned samples, samples}
 * Work-items: {padded units, samples}. */

__kernel void recurrence_begin(__global const float *h, const long h_offset, __global const float *c,
                               const long c_offset, __global float *state, const long state_offset, const int8 view)
{
    const int unit = (int)get_global_id(0);
    const int sample = (int)get_global_id(1);
    const bool inside = unit < view.s0;
    __global float *to = state + (state_offset + sample * view.s5 + unit);

    if (unit >= view.s5 || sample >= view.s7) {
        return;
    }
    to[0] = inside && view.s3 ? h[h_offset + sample * view.s1 + unit] : 0.0f;
    to[2 * view.s6 * view.s5] = inside && view.s4 ? c[c_offset + sample * view.s2 + unit] : 0.0f;
}
