/* SPDX-License-Identifier: MIT */
/* MultiHeadAttention and GroupedQueryAttention in files. */
#include "ops/attention.h"
#include "ops/masks.h"
#include "shape/shape.h"

#include <plait/attention.h>
#include <stdio.h>

enum { HEADS = 1, DIM = 2 }; /* axes of the kernels of query, key and value */

/* What a call may have that are tensors. */
enum { QUERY, VALUE, KEY, EVERY_MASK, QUERY_MASK, VALUE_MASK, KEY_MASK, TENSORS };

/* Where they may stand, in the order of the tensors that the layer is called on: those of args come first, then those
 * of kwargs by their names. */
static const struct place {
    const char *path;
    size_t tensor;
} places[] = {
    {"args[0]", QUERY},      {"args[1]", VALUE},
    {"args[2]", KEY},        {"args[3]", QUERY_MASK},
    {"args[4]", VALUE_MASK}, {"args[5]", KEY_MASK},
    {"args[6]", EVERY_MASK}, {"kwargs.attention_mask", EVERY_MASK},
    {"kwargs.key", KEY},     {"kwargs.key_mask", KEY_MASK},
    {"kwargs.query", QUERY}, {"kwargs.query_mask", QUERY_MASK},
    {"kwargs.value", VALUE}, {"kwargs.value_mask", VALUE_MASK},
};

/* Those of a call; without a graph: none. */
struct call {
    plait_node tensors[TENSORS];
};

static void check_mask(struct source *source, const struct place *place, plait_node mask)
{
    const plait_shape shape = plait_node_shape(mask);
    const size_t rank = place->tensor == EVERY_MASK ? 2 : 1;

    if (source->calls->kind(source, place->path) != SOURCE_TENSOR) {
        source_unsupported(source, "it is called with a mask, %s, that is no tensor", place->path);
    } else if (shape.rank != rank) {
        source_unsupported(source, "it is called with a mask, %s, of shape %s; plait takes those of %zu axes",
                           place->path, shape_name(shape).text, rank);
    }
}

/* False, with a note, if the tensors are not query, value and perhaps key and masks. */
static bool find_tensors(struct source *source, plait_nodes x, struct call *call)
{
    size_t used = 0;
    bool twice = false;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const enum source_kind kind = source->calls->kind(source, places[i].path);
        const size_t tensor = places[i].tensor;
        const bool is_tensor = kind >= SOURCE_OBJECT && used < x.count; /* only tensors are objects here */
        if (is_tensor) {
            twice = twice || call->tensors[tensor].graph;
            call->tensors[tensor] = x.items[used++];
        }
        if (tensor > KEY && kind != SOURCE_MISSING) {
            check_mask(source, &places[i], call->tensors[tensor]);
        }
    }
    if (used != x.count || twice || !call->tensors[QUERY].graph || !call->tensors[VALUE].graph) {
        source_refuse(source, "it is called on %zu tensors that are not query, value and perhaps key and masks",
                      x.count);
        return false;
    }
    return true;
}

/* Masks that were not passed are those that query, value and key carry. A multi-head layer goes by the query's own in
 * any case, and takes masks away from all three. */
static void find_masks(struct source *source, struct call *call, bool takes_away)
{
    for (size_t i = QUERY; i <= KEY; i++) {
        plait_node *mask = &call->tensors[QUERY_MASK + i];
        if (call->tensors[i].graph && (!mask->graph || (takes_away && i == QUERY))) {
            source->any_inputs = source->any_inputs || mask->graph;
            *mask = source->calls->carried(source, call->tensors[i]);
        }
    }
    for (size_t i = QUERY; takes_away && i <= KEY; i++) {
        if (call->tensors[i].graph) {
            source->calls->carry(source, call->tensors[i], (plait_node){0});
        }
    }
}

/* Attention along some axes alone is refused; what Keras saves for None are all axes but the last. */
static void check_attention_axes(struct source *source, size_t rank)
{
    double axes[PLAIT_MAX_RANK] = {0};
    const size_t count = source_numbers(source, "attention_axes", axes, PLAIT_MAX_RANK);
    bool all = count == 0 || count + 1 == rank;

    for (size_t i = 0; all && i < count; i++) {
        all = axes[i] == (double)(i + 1);
    }
    if (!all) {
        source_unsupported(source, "its attention_axes are not all axes between the batch and the channels");
    }
}

/* Weights of a part; in files that Keras 2 wrote in Keras 3's format its name begins with "_". */
static plait_projection read_projection(struct source *source, const char *part, bool use_bias)
{
    struct part_name name;

    (void)snprintf(name.text, sizeof name.text, "_%s", part);
    const char *from = source->keras2 && !source->calls->weight(source, part, 0).data ? name.text : part;
    const plait_projection weights = {
        .kernel = source->calls->weight(source, from, 0),
        .bias = use_bias ? source->calls->weight(source, from, 1) : (plait_array){0},
    };

    if (!weights.kernel.data || (use_bias && !weights.bias.data)) {
        source_refuse(source, "the file lacks weight number %d of its %s, counted from 0", weights.kernel.data ? 1 : 0,
                      part);
    }
    return weights;
}

/* How Keras calls the parts of a layer in its file. */
struct parts {
    const char *query, *key, *value, *gate, *output;
};

static plait_multi_head_attention_opts read_options(struct source *source, const struct parts *parts)
{
    const bool use_bias = source_flag(source, "use_bias", true);
    const enum source_kind window = source->calls->kind(source, "sliding_window");
    plait_multi_head_attention_opts opts = {
        .name = source->name,
        .query = read_projection(source, parts->query, use_bias),
        .key = read_projection(source, parts->key, use_bias),
        .value = read_projection(source, parts->value, use_bias),
        .output = read_projection(source, parts->output, use_bias),
        .use_causal_mask = attention_flag(source, "use_causal_mask", 9),
        .sliding_window = source_size(source, "sliding_window", 0),
        .hidden_weights = source->keras2 ? 2
                          : source_number(source, "dropout", 0) > 0
                              ? 1 /* then Keras multiplies the softmax by the mask */
                              : 0,
    };

    if (source_flag(source, "use_gate", false)) {
        opts.gate = read_projection(source, parts->gate, use_bias);
    }
    if (window == SOURCE_NUMBER && opts.sliding_window == 0) {
        source_refuse(source, "option sliding_window must be a whole number of at least 1");
    }
    return opts;
}

typedef plait_node attention_layer(plait_nodes x, const plait_multi_head_attention_opts *opts);

/* Makes the layer as the call asks for it. */
static plait_node call_layer(struct source *source, struct call *call, plait_multi_head_attention_opts *opts,
                             attention_layer *layer)
{
    const plait_node *tensors = call->tensors;
    const plait_node carried = source->calls->carried(source, tensors[QUERY]);
    plait_node inputs[4] = {tensors[QUERY], tensors[VALUE]};
    plait_node scores = {0};
    size_t count = 2;

    find_masks(source, call, layer == plait_multi_head_attention && !source->keras2);
    if (tensors[KEY].graph) {
        inputs[count++] = tensors[KEY];
    }
    if (tensors[EVERY_MASK].graph) {
        inputs[count++] = tensors[EVERY_MASK];
        opts->attention_mask = 1;
    }
    opts->query_mask = tensors[QUERY_MASK];
    opts->value_mask = tensors[VALUE_MASK];
    opts->key_mask = tensors[KEY_MASK];
    opts->attention_scores = attention_flag(source, "return_attention_scores", 7) ? &scores : NULL;
    const plait_node y = layer((plait_nodes){inputs, count}, opts);
    if (opts->attention_scores) {
        source->calls->output(source, scores);
    }
    source->calls->carry(source, y, carried);
    return y;
}

static plait_node read(struct source *source, plait_nodes x)
{
    static const struct parts parts = {"query_dense", "key_dense", "value_dense", "_gate_dense", "output_dense"};
    plait_multi_head_attention_opts opts = read_options(source, &parts);
    const plait_shape output = opts.output.kernel.shape;
    struct call call = {0};

    source_check_axes(source, "num_heads", opts.query.kernel, HEADS, 1);
    source_check_axes(source, "key_dim", opts.query.kernel, DIM, 1);
    source_check_axes(source, "value_dim", opts.value.kernel, DIM, 1);
    source_check_axes(source, "output_shape", opts.output.kernel, 2, output.rank > 2 ? output.rank - 2 : 1);
    if (!find_tensors(source, x, &call)) {
        return x.items[0];
    }
    check_attention_axes(source, plait_node_shape(call.tensors[QUERY]).rank);
    return call_layer(source, &call, &opts, plait_multi_head_attention);
}

static plait_node read_grouped(struct source *source, plait_nodes x)
{
    static const struct parts parts = {"_query_dense", "_key_dense", "_value_dense", "_gate_dense", "_output_dense"};
    plait_multi_head_attention_opts opts = read_options(source, &parts);
    struct call call = {0};

    source_check_axes(source, "num_query_heads", opts.query.kernel, HEADS, 1);
    source_check_axes(source, "num_key_value_heads", opts.key.kernel, HEADS, 1);
    source_check_axes(source, "head_dim", opts.query.kernel, DIM, 1);
    if (!find_tensors(source, x, &call)) {
        return x.items[0];
    }
    return call_layer(source, &call, &opts, plait_grouped_query_attention);
}

const struct layer_reader read_attention_readers[] = {
    {"MultiHeadAttention", read},
    {"GroupQueryAttention", read_grouped}, /* as Keras exports it, and as its class is called */
    {"GroupedQueryAttention", read_grouped},
    {0},
};
