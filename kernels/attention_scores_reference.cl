/* SPDX-License-Identifier: MIT */
/* Scores of attention (attention.clh), y {samples, heads, queries, keys}, a work-item a score; HIDDEN for keys that
 * the query does not see.
 *
 *   steps   of a place in query and key, then of a sample in them; of a query, a head and a sample in y
 * Work-items: {keys, queries, samples * heads}. */
#define REAL float
#include "attention.clh"
#include "cascade.clh"

static bool is_seen(int query, int key, __global const float *mask, int8 extent)
{
    const bool near = !WINDOW || (query - key <= BEFORE_OF(extent) && key - query <= AFTER_OF(extent));

#if MASK
    return near && mask[query * MASK_STEP_OF(extent) + key] != 0.0f;
#else
    return near;
#endif
}

__kernel void attention_scores_reference(__global const float *query, const long query_offset,
                                         __global const float *key, const long key_offset, __global float *y,
                                         const long y_offset, __global const float *packed, __global const float *mask,
                                         const long mask_offset, const int8 extent, const int8 steps)
{
    const int column = (int)get_global_id(0);
    const int row = (int)get_global_id(1);
    const int plane = (int)get_global_id(2);
    const int sample = plane / HEADS_OF(extent);
    const int head = plane - sample * HEADS_OF(extent);
    const float factor = packed[0];
    CASCADE_BEGIN

    if (column >= KEYS_OF(extent)) {
        return;
    }
    mask += mask_offset + sample * MASK_SAMPLE_OF(extent);
    query += query_offset + sample * steps.s2 + row * steps.s0 + head * KEY_DIM;
    key += key_offset + sample * steps.s3 + column * steps.s1 + head / SHARED_OF(extent) * KEY_DIM;
    for (int d = 0; d < KEY_DIM; d++) {
        CASCADE_ADD(ADDITIVE ? packed[1 + d] * tanh(factor * (query[d] + key[d])) : factor * query[d] * key[d])
    }
    const float score = CASCADE_END;
    y[y_offset + sample * steps.s6 + head * steps.s5 + row * steps.s4 + column] =
        is_seen(row, column, mask, extent) ? score : HIDDEN(score);
}
