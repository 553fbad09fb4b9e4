/* SPDX-License-Identifier: MIT */
/* Attention, and EinsumDense, of which it is made. The rules of layers.h hold.
 *
 * A query attends to keys: for each query i of {T, dim}, with scores that compare it with each key j of {S, dim},
 *   w[j] = exp(score[i][j]) / sum over j of exp(score[i][j]),   y[i] = sum over j of w[j] * value[j]
 * The weights are kept only where they are asked for: else memory does not grow with T * S.
 * With use_causal_mask, query i sees the keys 0 to i alone; a sliding_window n, if not 0, leaves those that are
 * fewer than n places from i. What a query does not see has the weight 0, so that only a value that is infinite or
 * NaN may spoil its result. */
#ifndef PLAIT_ATTENTION_H
#define PLAIT_ATTENTION_H

#include <plait/layers.h>

PLAIT_EXTERN_C_BEGIN

/* The weights of a dense layer within another. */
typedef struct plait_projection {
    plait_array kernel;
    plait_array bias; /* none: no bias */
} plait_projection;

typedef struct plait_multi_head_attention_opts {
    const char *name;
    plait_projection query;  /* {channels, heads, key_dim}, bias {heads, key_dim} */
    plait_projection key;    /* {channels of the key, heads of the key, key_dim}, likewise */
    plait_projection value;  /* {channels of the value, heads of the key, value_dim} */
    plait_projection output; /* {heads, value_dim, sizes of the output}, bias {sizes of the output} */
    plait_projection gate;   /* {channels, heads, value_dim}; none: use_gate=False */
    int use_causal_mask;     /* 1: keys after a query's place are not seen */
    size_t sliding_window;   /* 0: None */
    int attention_mask;      /* 1 or 2: the last input is a mask */
    int hidden_weights;      /* of a query that sees no key; see below */
    plait_node query_mask;   /* {T}: a query where it is 0 sees no key; all 0 (no node): none */
    plait_node value_mask;   /* {S}: a key where it is 0 is not seen; likewise */
    plait_node key_mask;     /* the same */
    plait_node *attention_scores; /* gets w, {heads, T, S}, Keras's return_attention_scores; NULL: not */
} plait_multi_head_attention_opts;

/* Keras's MultiHeadAttention on query {..., channels}, value {..., channels} and, if there are three inputs, key;
 * without one the value is the key. All but their last axis is attended over together. For each head
 *   scores = (query . query kernel + bias) . (key . key kernel + bias) / sqrt(key_dim)
 * and the weighted sums of value . value kernel + bias, of all heads together, go through the output's kernel; with
 * a gate, they are multiplied by sigmoid(query . gate kernel + bias) before.
 * A mask is {T, S}, or {1, S} or {S} for all queries: where it is 0, and where the options above hide a key, it is not
 * seen; masks go together. A query that sees no key at all has the same weight for all of them, as in Keras if the
 * layer's dropout is 0, but weights of 0 with hidden_weights 1 or attention_mask 2, as with dropout, and where the
 * scores are asked for. With hidden_weights 2, scores of keys that are not seen are lower by 1e9, as in Keras 2.
 * Of queries with more axes, the scores have those axes in place of T, and likewise for S. */
PLAIT_API plait_node plait_multi_head_attention(plait_nodes x, const plait_multi_head_attention_opts *opts);

/* Keras's GroupedQueryAttention (GroupQueryAttention): the same, where key and value have fewer heads, of which
 * each serves as many neighbouring heads of the query. */
PLAIT_API plait_node plait_grouped_query_attention(plait_nodes x, const plait_multi_head_attention_opts *opts);

typedef struct plait_attention_opts {
    const char *name;
    plait_array scale;               /* {}; none: use_scale=False, 1 */
    plait_array concat_score_weight; /* {}; none: score_mode "dot", else "concat" */
    int use_causal_mask;
    plait_node query_mask;        /* {T}: y of a query where it is 0 is 0; all 0 (no node): none */
    plait_node value_mask;        /* {S}: keys where it is 0 are not seen; all 0 (no node): none */
    plait_node *attention_scores; /* gets w, {T, S}, Keras's return_attention_scores; NULL: not */
    uint64_t reserved[3];         /* 0 */
} plait_attention_opts;

/* Keras's Attention on query {T, dim}, value {S, value dim} and, if there are three inputs, key {S, dim}; without
 * one the value is the key. To {T, value dim}, with
 *   score[i][j] = scale * sum over d of query[i][d] * key[j][d], or "concat":
 *   score[i][j] = concat_score_weight * sum over d of tanh(scale * (query[i][d] + key[j][d]))
 * With a value_mask, scores of keys that are not seen are lower by 1e9, as in Keras: a query that sees none has about
 * the same weight for all. */
PLAIT_API plait_node plait_attention(plait_nodes x, const plait_attention_opts *opts);

typedef struct plait_additive_attention_opts {
    const char *name;
    plait_array scale;            /* {dim}; none: use_scale=False, 1 */
    int use_causal_mask;
    plait_node query_mask;        /* these three as plait_attention's */
    plait_node value_mask;
    plait_node *attention_scores;
    uint64_t reserved[3];         /* 0 */
} plait_additive_attention_opts;

/* Keras's AdditiveAttention, on inputs as plait_attention's, with
 *   score[i][j] = sum over d of scale[d] * tanh(query[i][d] + key[j][d]) */
PLAIT_API plait_node plait_additive_attention(plait_nodes x, const plait_additive_attention_opts *opts);

typedef struct plait_einsum_dense_opts {
    const char *name;
    plait_array kernel; /* {summed sizes, new sizes}; required */
    plait_array bias;   /* {new sizes}; none: no bias */
    size_t summed;      /* axes of the kernel that are summed over; 0: 1 */
    plait_activation activation;
    uint64_t reserved[8]; /* 0 */
} plait_einsum_dense_opts;

/* Keras's EinsumDense with an equation such as "abc,cd->abd", "abc,cde->abde" (summed 1) or "abcd,cde->abe"
 * (summed 2): the last axes of x, which are the kernel's first, are summed over, and its others take their place. */
PLAIT_API plait_node plait_einsum_dense(plait_node x, const plait_einsum_dense_opts *opts);

PLAIT_EXTERN_C_END
#endif
