/* SPDX-License-Identifier: MIT */
/* Keras's MultiHeadAttention and GroupedQueryAttention: projections of query, key and value, attention, and a
 * projection of all heads' results together. The projections are Dense layers: a kernel {channels, heads, key_dim}
 * lies in memory as one of {channels, heads * key_dim}, so that heads lie side by side without being moved. */
#include "ops/activation.h"
#include "ops/attention.h"
#include "ops/merge.h"
#include "ops/projection.h"
#include "ops/reshape.h"
#include "shape/shape.h"

#include <math.h>

enum { HEADS = 1, DIM = 2 }; /* axes of the kernels of query, key and value */
enum { MASK = 3 };           /* input of the node that attends; before it are query, value and key */

/* Parameters of the node that attends. */
struct multi_head {
    struct attention attention; /* first: its variants read it */
    bool grouped;               /* keys may have fewer heads */
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

    if (attention->mask > ATTENTION_MASK_ZERO) {
        node_fail(graph, node, "attention_mask is %d; it must be 0, 1 or 2", (int)attention->mask);
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
                  attention->mask ? "attention_mask is" : "use_causal_mask and sliding_window are");
    } else {
        attention_infer(graph, node, inputs);
    }
}

static void refuse_count(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    (void)inputs;
    node_fail(graph, node, "it takes 2 or 3 inputs, query, value and key, and a mask if it is said to, but got %zu",
              node->input_count);
}

/* The nodes of a layer, under its own names. */
struct class
{
    struct op miscounted;
    struct op project;
    struct op project_again; /* an input that another node of the layer has, too */
    struct op attend;
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
        .attend = {                                                                           \
            .name = "attention",                                                              \
            .class_name = keras_class,                                                        \
            .infer = infer,                                                                   \
            .flops = attention_flops,                                                         \
            .variants = attention_variants,                                                   \
            .variant_count = ATTENTION_VARIANTS,                                              \
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

/* `projected` is query, value, key and, if params->attention.mask, a mask. */
static plait_node attend(struct making *making, const plait_node projected[4], const struct multi_head *params)
{
    const plait_shape query = plait_node_shape(projected[0]);
    plait_node flat[4];

    for (size_t i = 0; i < 3; i++) {
        flat[i] = flatten_places(making, projected[i]);
    }
    flat[MASK] = projected[MASK];
    const plait_nodes given = {flat, params->attention.mask ? 4 : 3};
    const plait_node y = graph_extend_with(making->last, &making->class->attend, given, params, sizeof *params);
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
                .mask = (enum attention_mask)opts->attention_mask,
            },
        .grouped = grouped,
        .value_heads = size_of(opts->value, HEADS),
        .output = opts->output.kernel.shape,
        .gate = opts->gate.kernel.shape,
    };
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
    making.last = graph_add(&class->project, (plait_nodes){x.items, 1}, opts->name, &query, sizeof query);
    projected[0] = making.last;
    projected[1] = project(&making, x.items[1], &value, false);
    projected[2] = project(&making, x.items[has_key ? 2 : 1], &key, !has_key);
    projected[MASK] = x.items[x.count - 1];
    plait_node y = attend(&making, projected, &attention);
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

/* ---- Files ------------------------------------------------------------------------------------------ */

/* Where query, value, key and mask may stand in a call, in the order of the tensors that it is called on: those of args
 * come first, then those of kwargs by their names. */
struct place {
    const char *path;
    size_t input;
    size_t rank; /* of a sample of the mask; 0: a mask that plait does not have, or no mask */
};

static const struct place places[] = {
    {"args[0]", 0, 0},      {"args[1]", 1, 0},
    {"args[2]", 2, 0},      {"args[3]", MASK, 0},
    {"args[4]", MASK, 1},   {"args[5]", MASK, 1},
    {"args[6]", MASK, 2},   {"kwargs.attention_mask", MASK, 2},
    {"kwargs.key", 2, 0},   {"kwargs.key_mask", MASK, 1},
    {"kwargs.query", 0, 0}, {"kwargs.query_mask", MASK, 0},
    {"kwargs.value", 1, 0}, {"kwargs.value_mask", MASK, 1},
};

/* The tensors that a layer is called on, those that are there side by side. */
struct call {
    plait_node inputs[4];
    size_t count;
    bool masked;
};

/* Notes masks that plait does not have. What Keras makes of a query's mask has changed from version to version. */
static void check_mask(struct source *source, const struct place *place, plait_node mask, bool another)
{
    const plait_shape shape = plait_node_shape(mask);

    if (place->rank == 0 || another) {
        source_unsupported(source, "it is called with query_mask, or with several masks; plait takes one of "
                                   "attention_mask, value_mask and key_mask");
    } else if (source->calls->kind(source, place->path) != SOURCE_TENSOR) {
        source_unsupported(source, "it is called with a mask, %s, that is no tensor", place->path);
    } else if (shape.rank != place->rank) {
        source_unsupported(source, "it is called with a mask, %s, of shape %s; plait takes those of %zu axes",
                           place->path, shape_name(shape).text, place->rank);
    }
}

/* False, with a note, if the tensors are not query, value and perhaps key and mask. */
static bool find_inputs(struct source *source, plait_nodes x, struct call *call)
{
    plait_node found[4] = {{0}};
    bool there[4] = {false};
    size_t used = 0;
    size_t more_masks = 0;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const enum source_kind kind = source->calls->kind(source, places[i].path);
        const size_t input = places[i].input;
        const bool is_tensor = kind >= SOURCE_OBJECT && used < x.count; /* only tensors are objects here */
        const bool another = is_tensor && there[input];
        if (is_tensor) {
            found[input] = x.items[used++];
            there[input] = true;
        }
        if (input == MASK && kind != SOURCE_MISSING) {
            check_mask(source, &places[i], found[MASK], another);
            more_masks += another;
        }
    }
    if (attention_flag(source, "return_attention_scores", 7)) {
        source_unsupported(source, "it is called with return_attention_scores=True; plait gives the result alone");
    }
    for (size_t i = 0; i < 4; i++) {
        if (there[i]) {
            call->inputs[call->count++] = found[i];
        }
    }
    call->masked = there[MASK];
    if (call->count + more_masks != x.count || !there[0] || !there[1]) {
        source_refuse(source, "it is called on %zu tensors that are not query, value and perhaps key and a mask",
                      x.count);
        return false;
    }
    return true;
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

static plait_projection read_projection(struct source *source, const char *part, bool use_bias)
{
    const plait_projection weights = {
        .kernel = source->calls->weight(source, part, 0),
        .bias = use_bias ? source->calls->weight(source, part, 1) : (plait_array){0},
    };

    if (!weights.kernel.data || (use_bias && !weights.bias.data)) {
        source_refuse(source, "the file lacks weight number %d of its %s, counted from 0", weights.kernel.data ? 1 : 0,
                      part);
    }
    return weights;
}

/* With dropout, Keras multiplies the softmax by the mask. */
static int mask_kind(struct source *source)
{
    return source_number(source, "dropout", 0) > 0 ? ATTENTION_MASK_ZERO : ATTENTION_MASK_EVEN;
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
    };

    if (source_flag(source, "use_gate", false)) {
        opts.gate = read_projection(source, parts->gate, use_bias);
    }
    if (window == SOURCE_NUMBER && opts.sliding_window == 0) {
        source_refuse(source, "option sliding_window must be a whole number of at least 1");
    }
    return opts;
}

static plait_node read(struct source *source, plait_nodes x)
{
    static const struct parts parts = {"query_dense", "key_dense", "value_dense", "_gate_dense", "output_dense"};
    plait_multi_head_attention_opts opts = read_options(source, &parts);
    const plait_shape output = opts.output.kernel.shape;
    struct call call = {.count = 0};

    source_check_axes(source, "num_heads", opts.query.kernel, HEADS, 1);
    source_check_axes(source, "key_dim", opts.query.kernel, DIM, 1);
    source_check_axes(source, "value_dim", opts.value.kernel, DIM, 1);
    source_check_axes(source, "output_shape", opts.output.kernel, 2, output.rank > 2 ? output.rank - 2 : 1);
    if (!find_inputs(source, x, &call)) {
        return x.items[0];
    }
    check_attention_axes(source, plait_node_shape(call.inputs[0]).rank);
    opts.attention_mask = call.masked ? mask_kind(source) : ATTENTION_UNMASKED;
    return plait_multi_head_attention((plait_nodes){call.inputs, call.count}, &opts);
}

static plait_node read_grouped(struct source *source, plait_nodes x)
{
    static const struct parts parts = {"_query_dense", "_key_dense", "_value_dense", "_gate_dense", "_output_dense"};
    plait_multi_head_attention_opts opts = read_options(source, &parts);
    struct call call = {.count = 0};

    source_check_axes(source, "num_query_heads", opts.query.kernel, HEADS, 1);
    source_check_axes(source, "num_key_value_heads", opts.key.kernel, HEADS, 1);
    source_check_axes(source, "head_dim", opts.query.kernel, DIM, 1);
    if (!find_inputs(source, x, &call)) {
        return x.items[0];
    }
    opts.attention_mask = call.masked ? mask_kind(source) : ATTENTION_UNMASKED;
    return plait_grouped_query_attention((plait_nodes){call.inputs, call.count}, &opts);
}

const struct layer_reader multi_head_attention_readers[] = {
    {"MultiHeadAttention", read},
    {"GroupQueryAttention", read_grouped}, /* as Keras exports it, and as its class is called */
    {"GroupedQueryAttention", read_grouped},
    {0},
};
