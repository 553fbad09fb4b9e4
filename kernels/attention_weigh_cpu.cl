/* SPDX-License-Identifier: MIT */
/* Turns scores of attention (attention.clh), y {samples, heads, queries, keys}, that lack their factor into weights, in
 * place, for CPUs: a work-item has the keys of a query, 16 at a time.
 *
 *   steps   of a query, a head and a sample in y
 * Work-items: {queries, heads, samples}. */
#define REAL float16
#include "attention.clh"
#include "exp.clh"
#include "lanes.clh"
#include "part.clh"
#include "vector.clh"

/* Scores of keys from `key` on, those behind the last key -Inf. */
static float16 hide(float16 score, int query, int key, __global const float *mask, int8 extent)
{
    int16 seen = (int16)(-1);

#if MASK
    seen &= load_first(mask + key, KEYS_OF(extent) - key) != 0.0f;
#endif
#if WINDOW
    const int16 distance = query - key - LANES;
    seen &= (distance <= BEFORE_OF(extent)) & (-distance <= AFTER_OF(extent));
#endif
    const float16 shown = seen ? score : HIDDEN(score);
    return key + LANES < KEYS_OF(extent) ? shown : (float16)(-INFINITY);
}

__kernel void attention_weigh_cpu(__global float *y, const long y_offset, __global const float *packed,
                                  __global const float *mask, const long mask_offset, const int8 extent,
                                  const int8 steps)
{
    const int query = (int)get_global_id(0);
    const int sample = (int)get_global_id(2);
    const int keys = KEYS_OF(extent);
    __global float *row = y + y_offset + sample * steps.s2 + (int)get_global_id(1) * steps.s1 + query * steps.s0;
    __global const float *masked = mask + mask_offset + sample * MASK_SAMPLE_OF(extent) + query * MASK_STEP_OF(extent);
    float16 largests = (float16)(-INFINITY);
    float16 sums = 0.0f;

    for (int i = 0; i < keys; i += 16) {
        const float16 score = hide(load_first(row + i, keys - i) * packed[0], query, i, masked, extent);
        largests = score > largests ? score : largests;
        store_first(score, row + i, keys - i);
    }
    const float largest = largest_of(largests);
    const float base = MASK == 2 && largest == -INFINITY ? 0.0f : largest;
    for (int i = 0; i < keys; i += 16) {
        const float16 score = i + LANES < keys ? load_first(row + i, keys - i) : (float16)(-INFINITY);
        const float16 weight = exp_down(score - base);
        sums += weight;
        store_first(weight, row + i, keys - i);
    }
    const float sum = sum_of(sums);
    const float factor = MASK == 2 && sum == 0.0f ? 0.0f : 1.0f / sum;
    for (int i = 0; i < keys; i += 16) {
        store_first(load_first(row + i, keys - i) * factor, row + i, keys - i);
    }
}
