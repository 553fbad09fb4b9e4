/* SPDX-License-Identifier: MIT */
/* Keras's Attention and AdditiveAttention: attention without projections. */
#include "ops/attention.h"
#include "ops/masks.h"
#include "ops/merge.h"
#include "ops/reshape.h"
#include "shape/shape.h"

#include <plait/attention.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- Nodes ------------------------------------------------------------------------------------------ */

static void infer_seen(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    if (inputs[0].rank != 2 || inputs[0].dims[0] != inputs[1].dims[0]) {
        node_fail(graph, node, "query_mask has %zu values but must have %zu, one for each query",
                  shape_count(inputs[0]), inputs[1].dims[0]);
    }
    node->shape = inputs[1];
}

/* The nodes of a layer, under its own names. */
struct class
{
    struct op attend;
    struct op weigh;
    struct op sum;
    struct op mask;
};

#define CLASS(keras_class)                                      \
    {                                                           \
        .attend = {.name = "attention",                         \
                   .class_name = (keras_class),                 \
                   .infer = attention_infer,                    \
                   .flops = attention_flops,                    \
                   .variants = attention_variants,              \
                   .variant_count = ATTENTION_VARIANTS,         \
                   .takes_activation = true},                   \
        .weigh = {.name = "attention_weights",                  \
                  .class_name = (keras_class),                  \
                  .infer = attention_weights_infer,             \
                  .variants = attention_weights_variants,       \
                  .variant_count = ATTENTION_WEIGHTS_VARIANTS}, \
        .sum = {.name = "attention_sums",                       \
                .class_name = (keras_class),                    \
                .infer = attention_sums_infer,                  \
                .variants = attention_sums_variants,            \
                .variant_count = ATTENTION_WEIGHTS_VARIANTS,    \
                .repeats_inputs = true,                         \
                .takes_activation = true},                      \
        .mask = {.name = "query_mask",                          \
                 .class_name = (keras_class),                   \
                 .infer = infer_seen,                           \
                 .variants = merge_variants,                    \
                 .variant_count = MERGE_VARIANTS,               \
                 .takes_activation = true},                     \
    }

static const struct class attention = CLASS("Attention");
static const struct class additive_attention = CLASS("AdditiveAttention");

/* What is asked of a layer. */
struct asked {
    const char *name;
    plait_node query_mask, value_mask; /* without a graph: none */
    plait_node *scores;                /* NULL: none are asked for */
};

/* Query, value and, if there is a mask, what else the node needs. */
struct inputs {
    plait_node items[4];
    size_t count;
};

/* The inputs with the mask, which stands behind a key. More than there is room for are left as they are, to be told. */
static struct inputs with_mask(plait_nodes x, plait_node mask)
{
    struct inputs inputs = {.count = x.count};

    memcpy(inputs.items, x.items, x.count * sizeof *x.items);
    if (inputs.count == ATTENTION_KEY) {
        inputs.items[inputs.count++] = x.items[ATTENTION_VALUE];
    }
    inputs.items[inputs.count++] = mask;
    return inputs;
}

/* Weights that are a result, and then y. */
static plait_node weigh_and_sum(const struct class *class, plait_nodes x, const struct attention *params,
                                const struct asked *asked)
{
    const plait_node weights = graph_add(&class->weigh, x, asked->name, params, sizeof *params);
    const plait_shape shape = plait_node_shape(weights);
    const struct reshape plane = {.target = {.rank = 2, .dims = {shape.dims[1], shape.dims[2]}}};

    *asked->scores = weights;
    if (shape.rank == 0) {
        return weights;
    }
    *asked->scores = graph_extend(weights, &op_reshape, &plane, sizeof plane);
    return graph_extend_with(*asked->scores, &class->sum, PLAIT_NODES(weights, x.items[ATTENTION_VALUE]), params,
                             sizeof *params);
}

static plait_node make(const struct class *class, plait_nodes x, struct attention params, const struct asked *asked)
{
    const bool masked = asked->value_mask.graph && x.items && x.count >= 2 && x.count <= 3;
    const struct inputs inputs = masked ? with_mask(x, asked->value_mask) : (struct inputs){.count = 0};
    const plait_nodes given = masked ? (plait_nodes){inputs.items, inputs.count} : x;

    params.mask = masked ? ATTENTION_MASK_LOWER : ATTENTION_UNMASKED;
    const plait_node y = asked->scores ? weigh_and_sum(class, given, &params, asked)
                                       : graph_add(&class->attend, given, asked->name, &params, sizeof params);
    if (!asked->query_mask.graph || plait_node_shape(y).rank == 0) {
        return y;
    }
    const struct reshape column = {.target = PLAIT_SHAPE(shape_count(plait_node_shape(asked->query_mask)), 1)};
    const plait_node mask = graph_extend_with(y, &op_reshape, PLAIT_NODES(asked->query_mask), &column, sizeof column);
    return merge_extend(mask, &class->mask, "OPERATION_WHERE", plait_of(mask), plait_of(y));
}

/* ---- The layers ------------------------------------------------------------------------------------- */

static struct attention params_of(int use_causal_mask)
{
    return (struct attention){
        .heads = 1,
        .key_heads = 1,
        .factor = 1,
        .before = SIZE_MAX,
        .after = use_causal_mask ? 0 : SIZE_MAX,
    };
}

plait_node plait_attention(plait_nodes x, const plait_attention_opts *opts)
{
    const plait_attention_opts given = opts ? *opts : (plait_attention_opts){0};
    const bool concat = given.concat_score_weight.data || given.concat_score_weight.shape.rank > 0;
    const struct asked asked = {given.name, given.query_mask, given.value_mask, given.attention_scores};
    struct attention params = params_of(given.use_causal_mask);

    params.scores = concat ? ATTENTION_CONCAT : ATTENTION_DOT;
    params.scale = given.scale;
    params.weight = given.concat_score_weight;
    return make(&attention, x, params, &asked);
}

plait_node plait_additive_attention(plait_nodes x, const plait_additive_attention_opts *opts)
{
    const plait_additive_attention_opts given = opts ? *opts : (plait_additive_attention_opts){0};
    const struct asked asked = {given.name, given.query_mask, given.value_mask, given.attention_scores};
    struct attention params = params_of(given.use_causal_mask);

    params.scores = ATTENTION_ADDITIVE;
    params.scale = given.scale;
    return make(&additive_attention, x, params, &asked);
}

/* ---- Files ------------------------------------------------------------------------------------------ */

const char *attention_argument(struct source *source, const char *name, size_t place, struct argument_path *path)
{
    (void)snprintf(path->text, sizeof path->text, "args[%zu]", place);
    if (source->calls->kind(source, path->text) == SOURCE_MISSING) {
        (void)snprintf(path->text, sizeof path->text, "kwargs.%s", name);
    }
    return path->text;
}

bool attention_flag(struct source *source, const char *name, size_t place)
{
    struct argument_path path;

    return source_flag(source, attention_argument(source, name, place, &path), false);
}

/* What both layers' calls may have: call(inputs, mask, training, return_attention_scores, use_causal_mask). */
enum { MASK_PLACE = 1, SCORES_PLACE = 3, CAUSAL_PLACE = 4 };

static plait_node read(struct source *source, plait_nodes x)
{
    plait_node scores = {0};
    plait_attention_opts opts = {
        .name = source->name,
        .use_causal_mask = attention_flag(source, "use_causal_mask", CAUSAL_PLACE),
        .query_mask = source->calls->mask(source, 0),
        .value_mask = source->calls->mask(source, 1),
        .attention_scores = attention_flag(source, "return_attention_scores", SCORES_PLACE) ? &scores : NULL,
    };
    const char *mode = source_text(source, "score_mode", "dot");
    size_t index = 0;

    if (strcmp(mode, "dot") != 0 && strcmp(mode, "concat") != 0) {
        source_refuse(source, "score_mode is \"%.64s\"; \"dot\" and \"concat\" are possible", mode);
    }
    opts.scale = source_next_weight(source, source_flag(source, "use_scale", false), &index);
    opts.concat_score_weight = source_next_weight(source, strcmp(mode, "concat") == 0, &index);
    const plait_node y = plait_attention(x, &opts);
    if (opts.attention_scores) {
        source->calls->output(source, scores);
    }
    source->calls->carry(source, y, opts.query_mask);
    return y;
}

static plait_node read_additive(struct source *source, plait_nodes x)
{
    plait_node scores = {0};
    plait_additive_attention_opts opts = {
        .name = source->name,
        .use_causal_mask = attention_flag(source, "use_causal_mask", CAUSAL_PLACE),
        .query_mask = source->calls->mask(source, 0),
        .value_mask = source->calls->mask(source, 1),
        .attention_scores = attention_flag(source, "return_attention_scores", SCORES_PLACE) ? &scores : NULL,
    };
    size_t index = 0;

    opts.scale = source_next_weight(source, source_flag(source, "use_scale", true), &index);
    const plait_node y = plait_additive_attention(x, &opts);
    if (opts.attention_scores) {
        source->calls->output(source, scores);
    }
    source->calls->carry(source, y, opts.query_mask);
    return y;
}

const struct layer_reader attention_layers_readers[] = {
    {"Attention", read, MASKS_END, MASK_PLACE},
    {"AdditiveAttention", read_additive, MASKS_END, MASK_PLACE},
    {0},
};
