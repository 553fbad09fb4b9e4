/* SPDX-License-Identifier: MIT */
/* Keras's MultiHeadAttention and GroupedQueryAttention: projections of query, key and value, attention, and a
 * projection of all heads' results together. The projections are Dense layers: a kernel {channels, heads, key_dim}
 * lies in memory as one of {channels, heads * key_dim}, so that heads lie side by side without being moved. */
#include "ops/activation.h"
#include "ops/attention.h"
#include "ops/merge.h"
#include "ops/move.h"
#include "ops/projection.h"
#include "ops/reshape.h"
#include "shape/shape.h"

#include <math.h>

enum { HEADS = 1, DIM = 2 }; /* axes of the kernels of query, key and value */
enum { MASK = ATTENTION_MASK, MOST_MASKS = 4 };

/* Parameters of the node that attends. */
struct multi_head {
    struct attention attention; /* first: its variants read it */
    bool grouped;               /* keys may have fewer heads */
    int given_mask;     /* the option attention_mask */
    int hidden_weights; /* the option */
    size_t value_heads;
    size_t axes;        /* of a sample of the query */
    plait_shape output; /* kernels */
    plait_shape gate;   /* rank 0: none */
};

static bool begins_with_heads(const size_t *dims, const struct multi_head *params, size_t value_dim)
{
    return dims[0] == params->attention.heads && dims[1] == value_dim;
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct multi_head *params = node->params;
    const struct attention *attention = &params->attention;
    const size_t value_dim = inputs[1].dims[inputs[1].rank - 1] / params->value_heads;

    if (params->given_mask < 0 || params->given_mask > 2) {
        node_fail(graph, node, "attention_mask is %d; it must be 0, 1 or 2", params->given_mask);
    } else if (params->hidden_weights < 0 || params->hidden_weights > 2) {
        node_fail(graph, node, "hidden_weights is %d; it must be 0, 1 or 2", params->hidden_weights);
    } else if (attention->key_heads != params->value_heads) {
        node_fail(graph, node, "key_kernel has %zu heads but value_kernel has %zu; they must agree",
                  attention->key_heads, params->value_heads);
    } else if (params->grouped ? attention->heads % attention->key_heads != 0
                               : attention->heads != attention->key_heads) {
        node_fail(graph, node, "query_kernel has %zu heads but key_kernel has %zu; they must %s", attention->heads,
                  attention->key_heads, params->grouped ? "divide those" : "agree");
    } else if (params->output.rank < 3 || !begins_with_heads(params->output.dims, params, value_dim)) {
        node_fail(graph, node, "output_kernel has shape %s but must begin with {%zu,%zu}, the heads and their size",
                  shape_name(params->output).text, attention->heads, value_dim);
    } else if (params->gate.rank > 0 &&
               (params->gate.rank != 3 || !begins_with_heads(params->gate.dims + 1, params, value_dim))) {
        node_fail(graph, node, "gate_kernel has shape %s but must be {channels,%zu,%zu}, with the heads and their size",
                  shape_name(params->gate).text, attention->heads, value_dim);
    } else if (params->axes != 2 &&
               (attention->before != SIZE_MAX || attention->after != SIZE_MAX || attention->mask)) {
        node_fail(graph, node, "query has %zu axes; %s for two, of places and of channels", params->axes,
                  attention->mask ? "a mask is" : "use_causal_mask and sliding_window are");
    } else {
        attention_infer(graph, node, inputs);
    }
}

static void infer_weights(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    infer(graph, node, inputs);
    if (!node->poisoned) {
        node->weight_count = 0; /* once more, with the other shape */
        attention_weights_infer(graph, node, inputs);
    }
}

static void refuse_count(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    (void)inputs;
    node_fail(graph, node, "it takes 2 or 3 inputs, query, value and key, and a mask if it is said to, but got %zu",
              node->input_count);
}

/* A mask of queries, {T, 1}, as one of queries and keys. */
struct widen {
    struct move move;
    size_t keys;
};

static void infer_widen(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct widen *widen = node->params;
    struct move_axis *axes = widen->move.axes;

    (void)graph;
    axes[0] = (struct move_axis){.axis = 0, .step = 1};
    axes[1] = (struct move_axis){.axis = 1, .step = 1};
    axes[2] = (struct move_axis){.repeats = true};
    node->shape = PLAIT_SHAPE(inputs[0].dims[0], widen->keys);
}

/* The nodes of a layer, under its own names. */
struct class
{
    struct op miscounted;
    struct op project;
    struct op project_again; /* an input that another node of the layer has, too */
    struct op attend;
    struct op weigh;
    struct op sum;
    struct op combine; /* masks */
    struct op widen;
};

#define PROJECTION(keras_name, keras_class, again)                                                                  \
    {                                                                                                               \
        .name = keras_name, .class_name = keras_class, .infer = projection_infer, .flops = dense_flops,             \
        .variants = dense_variants, .variant_count = DENSE_VARIANTS, .repeats_inputs = again, .takes_affine = true, \
        .takes_activation = true, .takes_residual = true,                                                           \
    }
#define CLASS(keras_name, keras_class)                                                        \
    {                                                                                         \
        .miscounted = {.name = keras_name, .class_name = keras_class, .infer = refuse_count}, \
        .project = PROJECTION(keras_name, keras_class, false),                                \
        .project_again = PROJECTION(keras_name, keras_class, true),                           \
        .attend =                                                                             \
            {                                                                                 \
                .name = "attention",                                                          \
                .class_name = keras_class,                                                    \
                .infer = infer,                                                               \
                .flops = attention_flops,                                                     \
                .variants = attention_variants,                                               \
                .variant_count = ATTENTION_VARIANTS,                                          \
            },                                                                                \
        .weigh =                                                                              \
            {                                                                                 \
                .name = "attention_weights",                                                  \
                .class_name = keras_class,                                                    \
                .infer = infer_weights,                                                       \
                .variants = attention_weights_variants,                                       \
                .variant_count = ATTENTION_WEIGHTS_VARIANTS,                                  \
            },                                                                                \
        .sum =                                                                                \
            {                                                                                 \
                .name = "attention_sums",                                                     \
                .class_name = keras_class,                                                    \
                .infer = attention_sums_infer,                                                \
                .variants = attention_sums_variants,                                          \
                .variant_count = ATTENTION_WEIGHTS_VARIANTS,                                  \
            },                                                                                \
        .combine =                                                                            \
            {                                                                                 \
                .name = "logical_and",                                                        \
                .class_name = keras_class,                                                    \
                .infer = merge_infer,                                                         \
                .variants = merge_variants,                                                   \
                .variant_count = MERGE_VARIANTS,                                              \
            },                                                                                \
        .widen = {                                                                            \
            .name = "repeat",                                                                 \
            .class_name = keras_class,                                                        \
            .infer = infer_widen,                                                             \
            .variants = move_variants,                                                        \
            .variant_count = MOVE_VARIANTS,                                                   \
        },                                                                                    \
    }

static const struct class multi_head = CLASS("multi_head_attention", "MultiHeadAttention");
static const struct class grouped_query = CLASS("grouped_query_attention", "GroupedQueryAttention");

static const struct op op_gate = {
    .name = "multiply",
    .class_name = "Multiply",
    .infer = merge_infer,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
};

/* A layer that is being made: its last node. */
struct making {
    const struct class *class;
    plait_node last;
};

static plait_node project(struct making *making, plait_node x, const struct projection *projection, bool again)
{
    const struct op *op = again ? &making->class->project_again : &making->class->project;

    making->last = graph_extend_with(making->last, op, PLAIT_NODES(x), projection, sizeof *projection);
    return making->last;
}

static plait_node reshape(struct making *making, plait_node x, plait_shape target)
{
    const struct reshape params = {.target = target};

    if (shape_equal(plait_node_shape(x), target)) {
        return x;
    }
    making->last = graph_extend_with(making->last, &op_reshape, PLAIT_NODES(x), &params, sizeof params);
    return making->last;
}

/* {..., channels} as {places, channels}. */
static plait_node flatten_places(struct making *making, plait_node x)
{
    const plait_shape shape = plait_node_shape(x);
    plait_shape places = shape;

    if (shape.rank < 2) {
        return x; /* what is wrong is said where it is used */
    }
    places.rank--;
    return reshape(making, x, PLAIT_SHAPE(shape_count(places), shape.dims[shape.rank - 1]));
}

/* A mask of places as one of queries, {T, 1}, or keys, {1, S}, to be broadcast; one of more axes stays as it is. */
static plait_node stand(struct making *making, plait_node mask, bool of_queries)
{
    const plait_shape shape = plait_node_shape(mask);
    const size_t count = shape_count(shape);

    return shape.rank == 1 ? reshape(making, mask, of_queries ? PLAIT_SHAPE(count, 1) : PLAIT_SHAPE(1, count)) : mask;
}

/* A mask of queries alone for each of the keys. */
static plait_node widen(struct making *making, plait_node mask, plait_node key)
{
    const plait_shape places = plait_node_shape(key);
    const struct widen params = {.keys = places.rank > 0 ? places.dims[0] : 0};

    if (plait_node_shape(mask).rank != 2 || places.rank != 2 || plait_node_shape(mask).dims[1] != 1) {
        return mask;
    }
    making->last = graph_extend_with(making->last, &making->class->widen, PLAIT_NODES(mask), &params, sizeof params);
    return making->last;
}

/* One mask of all that are there; one without a graph if there are none. A single one of keys stays as it is. */
static plait_node combine(struct making *making, plait_node given, plait_node key,
                          const plait_multi_head_attention_opts *opts)
{
    const plait_node masks[MOST_MASKS] = {given, opts->value_mask, opts->key_mask, opts->query_mask};
    plait_node all = {0};

    for (size_t i = 0; i < MOST_MASKS; i++) {
        const bool of_queries = i == MOST_MASKS - 1;
        if (!masks[i].graph) {
            continue;
        }
        if (!all.graph) {
            all = of_queries ? widen(making, stand(making, masks[i], true), key) : masks[i];
            continue;
        }
        const plait_node pair[] = {stand(making, all, false), stand(making, masks[i], of_queries)};
        making->last =
            merge_extend(making->last, &making->class->combine, "OPERATION_AND", plait_of(pair[0]), plait_of(pair[1]));
        all = making->last;
    }
    return all;
}

/* The weights, with the axes that query and key have, to *scores; returns the sums. */
static plait_node weigh(struct making *making, const plait_node projected[4], plait_nodes flat,
                        const struct multi_head *params, plait_node *scores)
{
    const struct class *class = making->class;
    const plait_node weights = graph_extend_with(making->last, &class->weigh, flat, params, sizeof *params);
    const plait_shape query = plait_node_shape(projected[ATTENTION_QUERY]);
    const plait_shape key = plait_node_shape(projected[ATTENTION_KEY]);
    plait_shape shape = {.rank = 1, .dims = {params->attention.heads}};

    making->last = weights;
    *scores = weights;
    if (plait_node_shape(weights).rank == 0) {
        return weights;
    }
    for (size_t i = 0; i + 1 < query.rank && shape.rank < PLAIT_MAX_RANK; i++) {
        shape.dims[shape.rank++] = query.dims[i];
    }
    for (size_t i = 0; i + 1 < key.rank && shape.rank < PLAIT_MAX_RANK; i++) {
        shape.dims[shape.rank++] = key.dims[i];
    }
    *scores = reshape(making, weights, shape);
    return graph_extend_with(making->last, &class->sum, PLAIT_NODES(weights, flat.items[ATTENTION_VALUE]), params,
                             sizeof *params);
}

/* `projected` is query, value, key and, if params->attention.mask, a mask. */
static plait_node attend(struct making *making, const plait_node projected[4], const struct multi_head *params,
                         plait_node *scores)
{
    const plait_shape query = plait_node_shape(projected[0]);
    plait_node flat[4];

    for (size_t i = 0; i < 3; i++) {
        flat[i] = flatten_places(making, projected[i]);
    }
    flat[MASK] = projected[MASK];
    const plait_nodes given = {flat, params->attention.mask ? 4 : 3};
    const plait_node y = scores
                             ? weigh(making, projected, given, params, scores)
                             : graph_extend_with(making->last, &making->class->attend, given, params, sizeof *params);
    plait_shape shape = plait_node_shape(y);
    making->last = y;
    if (shape.rank == 0) {
        return y;
    }
    const size_t channels = shape.dims[1];
    shape = query;
    shape.dims[shape.rank - 1] = channels;
    return reshape(making, y, shape);
}

static plait_node gate(struct making *making, plait_node y, plait_node query, plait_projection weights)
{
    const struct projection projection = projection_of(weights, "gate_", 1, 3);
    const struct merge product = {.operation = "OPERATION_MULTIPLY"};

    if (!weights.kernel.data && weights.kernel.shape.rank == 0) {
        return y;
    }
    (void)project(making, query, &projection, true);
    making->last = layer_activation(making->last, PLAIT_SIGMOID);
    making->last = graph_extend_with(making->last, &op_gate, PLAIT_NODES(y, making->last), &product, sizeof product);
    return making->last;
}

/* A size of a kernel that projection_infer has accepted before it counts; 1 in place of 0. */
static size_t size_of(plait_projection weights, size_t axis)
{
    const size_t size = weights.kernel.shape.rank > axis ? weights.kernel.shape.dims[axis] : 0;

    return size > 0 ? size : 1;
}

static struct multi_head attention_of(const plait_multi_head_attention_opts *opts, bool grouped)
{
    const size_t window = opts->sliding_window;

    return (struct multi_head){
        .attention =
            {
                .heads = size_of(opts->query, HEADS),
                .key_heads = size_of(opts->key, HEADS),
                .factor = (float)(1 / sqrt((double)size_of(opts->query, DIM))),
                .before = window > 0 ? window - 1 : SIZE_MAX,
                .after = opts->use_causal_mask ? 0
                         : window > 0          ? window - 1
                                               : SIZE_MAX,
            },
        .given_mask = opts->attention_mask,
        .hidden_weights = opts->hidden_weights,
        .grouped = grouped,
        .value_heads = size_of(opts->value, HEADS),
        .output = opts->output.kernel.shape,
        .gate = opts->gate.kernel.shape,
    };
}

/* Where Keras shows the scores, it makes them otherwise than where it does not. */
static enum attention_mask mask_kind_of(const plait_multi_head_attention_opts *opts, plait_node mask)
{
    const bool zero = opts->attention_mask == 2 || opts->hidden_weights == 1 || opts->attention_scores;

    if (!mask.graph) {
        return ATTENTION_UNMASKED;
    }
    return opts->hidden_weights == 2 ? ATTENTION_MASK_LOWER : zero ? ATTENTION_MASK_ZERO : ATTENTION_MASK_EVEN;
}

static plait_node make(const struct class *class, plait_nodes x, const plait_multi_head_attention_opts *opts)
{
    const struct projection query = projection_of(opts->query, "query_", 1, 3);
    const struct projection value = projection_of(opts->value, "value_", 1, 3);
    const struct projection key = projection_of(opts->key, "key_", 1, 3);
    const struct projection output = projection_of(opts->output, "output_", 2, 0);
    struct multi_head attention = attention_of(opts, class == &grouped_query);
    const size_t count = x.count - (opts->attention_mask && x.count > 0);
    const bool has_key = count > 2;
    struct making making = {.class = class};
    plait_node projected[4] = {0};

    if (!x.items || count < 2 || count > 3) {
        return graph_add(&class->miscounted, x, opts->name, NULL, 0);
    }
    attention.axes = plait_node_shape(x.items[0]).rank;
    if (opts->attention_scores) {
        *opts->attention_scores = x.items[0]; /* if nothing better comes */
    }
    making.last = graph_add(&class->project, (plait_nodes){x.items, 1}, opts->name, &query, sizeof query);
    projected[0] = making.last;
    projected[1] = project(&making, x.items[1], &value, false);
    projected[2] = project(&making, x.items[has_key ? 2 : 1], &key, !has_key);
    projected[MASK] =
        combine(&making, opts->attention_mask ? x.items[x.count - 1] : (plait_node){0}, projected[2], opts);
    attention.attention.mask = mask_kind_of(opts, projected[MASK]);
    plait_node y = attend(&making, projected, &attention, opts->attention_scores);
    y = gate(&making, y, x.items[0], opts->gate);
    return projection_unfold(project(&making, y, &output, false), &output);
}

static const plait_multi_head_attention_opts defaults;

plait_node plait_multi_head_attention(plait_nodes x, const plait_multi_head_attention_opts *opts)
{
    return make(&multi_head, x, opts ? opts : &defaults);
}

plait_node plait_grouped_query_attention(plait_nodes x, const plait_multi_head_attention_opts *opts)
{
    return make(&grouped_query, x, opts ? opts : &defaults);
}
