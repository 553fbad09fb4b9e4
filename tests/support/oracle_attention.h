/* SPDX-License-Identifier: MIT */
/* The oracle's attention. */
#ifndef SUPPORT_ORACLE_ATTENTION_H
#define SUPPORT_ORACLE_ATTENTION_H

#include "oracle.h"

#include <plait/attention.h>

/* Query i sees the keys from i - before to i + after. */
struct oracle_heads {
    size_t heads;
    size_t key_heads;
    double factor;
    size_t before, after;
    bool additive;         /* sum of weight[d] * tanh(factor * (query + key)), else factor * sum of query * key */
    plait_array weight;    /* none: 1 */
    struct reference mask; /* {batch, queries or 1, keys} or {batch, keys}; rank 0: none */
    bool zero;             /* queries that see no key have weights of 0, not the same for all */
    bool lowers;           /* scores of keys that are not seen are lower by 1e9 */
};

/* The weights {batch, heads, queries, keys}. */
struct reference oracle_weights(struct reference query, struct reference key, const struct oracle_heads *heads);

/* Query {batch, places, heads * key_dim}, and so on; to {batch, places, heads * value_dim}. */
struct reference oracle_attend(struct reference query, struct reference value, struct reference key,
                               const struct oracle_heads *heads);

/* What a layer's options say, but for masks. */
struct oracle_heads oracle_heads_of(const plait_attention_opts *opts);

/* Masks of a layer's places, {batch, places}, besides one of its inputs; rank 0: none. */
struct oracle_masks {
    struct reference query, value, key;
};

/* The layers; key is value if x has two, but for a mask. */
struct reference oracle_attention(const struct reference *x, size_t count, const plait_attention_opts *opts);
struct reference oracle_additive_attention(const struct reference *x, size_t count,
                                           const plait_additive_attention_opts *opts);
struct reference oracle_multi_head_attention(const struct reference *x, size_t count,
                                             const plait_multi_head_attention_opts *opts);

/* The same with masks. The weights {batch, heads, queries, keys} go to *scores, unless it is NULL; opts say whether the
 * layer is asked for them. */
struct reference oracle_masked_multi_head_attention(const struct reference *x, size_t count,
                                                    const plait_multi_head_attention_opts *opts,
                                                    const struct oracle_masks *masks, struct reference *scores);
struct reference oracle_einsum_dense(struct reference x, const plait_einsum_dense_opts *opts);

#endif
