/* SPDX-License-Identifier: MIT */
/* The attention within the attention layers: on query, value and, if there are three inputs, key. With a
 * mask there are four. */
#ifndef OPS_ATTENTION_H
#define OPS_ATTENTION_H

#include "graph/op.h"
#include "graph/source.h"

enum { ATTENTION_VARIANTS = 2, ATTENTION_WEIGHTS_VARIANTS = 2 };

enum attention_scores {
    ATTENTION_DOT,      /* factor * scale * sum of query * key */
    ATTENTION_CONCAT,   /* weight * sum of tanh(scale * (query + key)) */
    ATTENTION_ADDITIVE, /* sum of scale[d] * tanh(query + key) */
};

/* A fourth input: query i sees key j only if it is not 0 there. A query that sees none */
enum attention_mask {
    ATTENTION_UNMASKED,
    ATTENTION_MASK_EVEN, /* has the same weight for all keys */
    ATTENTION_MASK_ZERO, /* has weights of 0 */
    ATTENTION_MASK_LOWER /* goes by scores that are lower by 1e9, as float32 rounds them */
};

/* Inputs. With a mask there is a key. */
enum { ATTENTION_QUERY, ATTENTION_VALUE, ATTENTION_KEY, ATTENTION_MASK };

/* Parameters of an attention operator. */
struct attention {
    enum attention_scores scores;
    size_t heads;     /* that the queries' last axis is made of */
    size_t key_heads; /* that those of keys and values are made of; must divide `heads` */
    float factor;
    size_t before; /* query i sees the keys from i - before */
    size_t after;  /* to i + after */
    enum attention_mask mask;
    plait_array scale;  /* none: 1 */
    plait_array weight; /* of ATTENTION_CONCAT */
};

/* Query {T, heads * key_dim}, value {S, key_heads * value_dim}, key {S, key_heads * key_dim}, and perhaps a mask
 * {T, S}, {1, S} or {S}, to {T, heads * value_dim}. */
void attention_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);
double attention_flops(const struct node *node, const plait_shape *inputs);

extern const struct variant *const attention_variants[ATTENTION_VARIANTS];

/* ---- In two operators, for those who want to see the weights */

/* On the same inputs, to w {heads, T, S}. */
void attention_weights_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);
extern const struct variant *const attention_weights_variants[ATTENTION_WEIGHTS_VARIANTS];

/* On w and value, to {T, heads * value_dim}; the parameters are those of attention. */
void attention_sums_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);
extern const struct variant *const attention_sums_variants[ATTENTION_WEIGHTS_VARIANTS];

/* ---- For the variants */

/* The sizes that kernels are compiled for or given. */
struct attention_sizes {
    size_t queries, keys;
    size_t heads, key_heads;
    size_t key_dim, value_dim;
};

extern const struct variant attention_reference;

/* Notes mistakes of the inputs, or adds the node's weights. */
bool attention_check(plait_graph *graph, struct node *node, const plait_shape *inputs);
struct attention_sizes attention_sizes_of(const struct step *step);
const struct operand *attention_key(const struct step *step, const struct run *run);
struct operand attention_mask_of(const struct step *step, const struct run *run); /* anything if there is none */
struct arg attention_extent(const struct step *step, const struct run *run);      /* of kernels/attention.clh */
void attention_score_options(const struct step *step, struct text *options);
size_t attention_packed_floats(const struct step *step);
void attention_pack(const struct step *step, float *packed);

/* ---- Files */

/* Where an argument of a layer's call is in a file. */
struct argument_path {
    char text[64];
};

/* The path of the argument `name`, which may stand as number `place`. */
const char *attention_argument(struct source *source, const char *name, size_t place, struct argument_path *path);

/* Such an argument that is False if it is not there. */
bool attention_flag(struct source *source, const char *name, size_t place);

#endif
